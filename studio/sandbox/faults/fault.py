"""The description of one fault."""

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field

from studio.sandbox.drawing_spec import DrawingSpec
from studio.sandbox.error_responses import ErrorResponse
from studio.sandbox.faults.event_formats import EventFormat
from studio.sandbox.picture_urls import PictureUrls
from studio.sandbox.reply_format import Body

DRAWINGS, RESPONSES, MODERATIONS, TASKS = "drawings", "responses", "moderations", "tasks"
"""The kinds of call that a fault can apply to."""


@dataclass(frozen=True)
class Fault:
    """One way to fail, or, where `is_quirk`, an unusual way to deliver the picture.

    - `error` is returned instead of the picture: at once or, where `is_billed`, after the drawing.
    - `applies_to` is the kind of call, `matches` selects among the drawings of that kind.
    - `change_spec`, `change_picture` and `change_body` change what is drawn, its file and the JSON of the reply.
    - `delivery` names how the reply is sent, `format_event` rewrites each event, `headers` are added to the reply.
    - `reports_cost` adds the cost as a header; `response_variant` names a variant of a response's items or ending.
    - `time_factor` multiplies the time of the drawing, which takes `min_seconds` at least.
    """

    name: str
    description: str
    _: KW_ONLY
    is_billed: bool = True
    error: ErrorResponse | None = None
    applies_to: str = DRAWINGS
    matches: Callable[[DrawingSpec], bool] = lambda _: True
    change_spec: Callable[[DrawingSpec], DrawingSpec] = lambda spec: spec
    change_picture: Callable[[bytes], bytes] = lambda picture: picture
    change_body: Callable[[Body, PictureUrls], Body] = lambda body, _: body
    delivery: str = "plain"
    format_event: EventFormat = bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    reports_cost: bool = False
    response_variant: str = ""
    is_quirk: bool = False
    time_factor: float = 1.0
    min_seconds: float = 0.0

    @property
    def status(self) -> int | None:
        """The HTTP status of the reply; None when there is never one."""
        if self.delivery == "never":
            return None
        return self.error.status if self.error else 200


NO_FAULT = Fault("", "Nothing goes wrong.")
