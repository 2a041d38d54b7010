"""One way to fail: what is answered instead of a picture, or what becomes of the picture and its reply."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from studio.sandbox.bodies import Body, Site
from studio.sandbox.order import Order
from studio.sandbox.refusal import Refusal
from studio.sandbox.spellings import Spell

DRAWINGS, RESPONSES, MODERATIONS, TASKS = "drawings", "responses", "moderations", "tasks"
"""The calls that faults befall."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One way to fail.

    A `refusal` is answered instead of the picture: at once, or, when the fault bills, after the drawing.
    `befalls` says which calls it is for, `concerns` which of their orders. `order`, `picture` and `body` change what is
    drawn, its file and the reply; `delivery` how the reply travels, `spell` how its events are written, `headers` what
    it says besides, `tells_cost` that one says what it took, `twist` what becomes of a response's items and end. A
    quirk brings what was asked for, oddly said.
    """

    name: str
    does: str
    bills: bool = True
    refusal: Refusal | None = None
    befalls: str = DRAWINGS
    concerns: Callable[[Order], bool] = lambda _: True
    order: Callable[[Order], Order] = lambda order: order
    picture: Callable[[bytes], bytes] = lambda picture: picture
    body: Callable[[Body, Site], Body] = lambda body, site: body
    delivery: str = "plain"
    spell: Spell = bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    tells_cost: bool = False
    twist: str = ""
    is_quirk: bool = False
    slowness: float = 1.0
    at_least: float = 0.0

    @property
    def status(self) -> int | None:
        """The status the caller gets; None when there is never an answer."""
        if self.delivery == "never":
            return None
        return self.refusal.status if self.refusal else 200


NO_FAULT = Fault(name="", does="Nothing goes wrong.")


def alone(order: Order) -> Order:
    return replace(order, n=1)


def is_several(order: Order) -> bool:
    return order.n > 1


def is_webp(order: Order) -> bool:
    return order.output_format == "webp"


def wordless(order: Order) -> Order:
    return replace(order, n=0, partials=0)


def doubled(order: Order) -> Order:
    return replace(order, n=2 * order.n, partials=0)


def lacks_partials(order: Order) -> bool:
    return order.stream and not order.partials


def lacking(param: str, how: str, refusal: Refusal) -> Fault:
    """A gateway that does not take one optional parameter, and draws without it."""
    return Fault(name="lacks-" + param.replace("_", "-"), does=f"{how}: `{param}`, wherever it is sent.", bills=False,
                 concerns=lambda order: param in order.sent, refusal=refusal)  # fmt: skip


def twist(name: str, does: str, **more: Any) -> Fault:
    return Fault(name=name, does=does, befalls=RESPONSES, twist=name, **more)


def downgraded(order: Order) -> Order:
    return replace(order, width=1254, height=1254, quality="low", told_size="auto", told_quality="auto",
                   told_model="gpt-image-2-codex")  # fmt: skip


def mislabelled(order: Order) -> Order:
    return replace(order, output_format="png", compression=None, told_format="webp")


def rescaled(order: Order) -> Order:
    width, height = order.width * 3 // 4, order.height * 3 // 4
    return replace(order, width=width, height=height, told_size=f"{width}x{height}")


def shifted(order: Order) -> Order:
    return replace(order, offset=(6, -4))


def is_bracketed(order: Order) -> bool:
    return order.original is not None and order.original.image_field == "image[]"


def halved(picture: bytes) -> bytes:
    return picture[: len(picture) // 2]


def prose(_: bytes) -> bytes:
    return b"I am sorry, but here is a description of the picture instead of the picture."
