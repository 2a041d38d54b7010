"""Small questions to a gateway, whose answer is a little JSON that is held in memory."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from .complaint import MAX_COMPLAINT_BYTES, loads, read_complaint
from .endpoint import Timeouts
from .errors import GatewayError, NoPicture, ReplyTooLarge, ReplyUnreadable
from .exchange import Exchange
from .intake import Intake
from .sse import Event

QUICK = Timeouts(connect=5, deadline=15, silence=10)
MAX_ANSWER_BYTES = 4 * MAX_COMPLAINT_BYTES
MAX_CATEGORIES = 100


class Sheet:
    """A body in memory, 1 MiB at most."""

    def __init__(self) -> None:
        self.content = bytearray()
        self.is_paid_for = False

    @property
    def byte_count(self) -> int:
        return len(self.content)

    def write(self, chunk: bytes) -> None:
        """Append bytes; raises ReplyTooLarge beyond the cap."""
        if len(self.content) + len(chunk) > MAX_ANSWER_BYTES:
            raise ReplyTooLarge("the answer passed the cap")
        self.content += chunk


class SheetIntake(Intake):
    """An answer that is read once it is whole."""

    def __init__(self, sheet: Sheet) -> None:
        super().__init__(sheet)
        self.sheet = sheet

    @property
    def has_picture(self) -> bool:
        return False

    def missing(self) -> GatewayError:
        return NoPicture()

    async def _take_event(self, event: Event) -> None:
        """Events are no answer to a small question."""


async def ask(
    client: httpx.AsyncClient,
    call: httpx.Request,
    *,
    timeouts: Timeouts = QUICK,
    secret: str = "",
    on_sent: Callable[[], None] | None = None,
    is_upload: bool = False,
    is_free: bool = True,
) -> tuple[Mapping[str, Any], Exchange]:
    """The JSON object that a gateway answers, and how; raises GatewayError, which says money went only if not free."""
    intake = SheetIntake(Sheet())
    exchange = Exchange(intake, timeouts=timeouts, secret=secret, on_sent=on_sent, is_upload=is_upload)
    try:
        if failure := await exchange.run(client, call):
            raise failure
        await exchange.end()
        value = loads(intake.sheet.content.decode("utf-8", "replace"))
        if not isinstance(value, Mapping):
            is_json = intake.nature == "json"
            raise (None if is_json else exchange.shortfall(None)) or ReplyUnreadable("the answer is no JSON object")
        if value.get("error"):
            raise exchange.judge(read_complaint(value))
    except GatewayError as error:
        error.maybe_billed = error.maybe_billed and not is_free
        exchange.sign(error)
        raise
    return value, exchange


def read_scores(answer: Mapping[str, Any]) -> dict[str, float]:
    """How strongly a text belongs to each category, from 0 to 1; raises ReplyUnreadable where no score can be read.

    Of several results the strongest counts; a category that is only said to apply has 1, one that does not 0.
    """
    scores: dict[str, float] = {}
    results = answer.get("results")
    for result in results[:MAX_CATEGORIES] if isinstance(results, list) else [results]:
        for category, score in _scores_of(result).items():
            scores[category] = max(score, scores.get(category, 0.0))
    if not scores:
        raise ReplyUnreadable("the moderation gave no scores", maybe_billed=False)
    return scores


def _scores_of(result: Any) -> dict[str, float]:
    if not isinstance(result, Mapping):
        return {}
    found: dict[str, float] = {}
    for name in ("categories", "category_scores"):  # the scores last: they say more
        values = result.get(name)
        for category, value in list(values.items())[:MAX_CATEGORIES] if isinstance(values, Mapping) else ():
            score = _score(value)
            if isinstance(category, str) and score is not None:
                found[category[:100]] = score
    return found


def _score(value: Any) -> float | None:
    if not isinstance(value, bool | int | float):
        return None
    return float(value) if math.isfinite(value) and 0 <= value <= 1 else None
