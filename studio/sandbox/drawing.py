"""Drawings on their way: each takes its time, is billed when it is done, and never stops because a caller left."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from PIL import Image

from studio.images import LIST_IMAGE_RATES, LIST_RATES, TextUsage, Usage, cost, size_tier, text_tokens
from studio.sandbox import pace
from studio.sandbox.billing import BillingLog
from studio.sandbox.call import Call
from studio.sandbox.fault import Fault
from studio.sandbox.order import Order, without_name
from studio.sandbox.painter import coarsen, encode, paint, repaint

PAINTERS = 2
"""Pictures painted at the same time; more would only slow one another down."""

KEPT, KEPT_PIXELS = 8, 1_100_000
"""Paintings that are kept, and pixels that such a one has at most."""

TOKENS_PER_PARTIAL = 100

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Words:
    """What a main model reads and says: in tokens, and in USD at its list price."""

    usage: TextUsage
    cost: Decimal


class Drawing:
    """One order being drawn: `partials` yields encoded pictures and then None, `wait` answers the finished ones."""

    def __init__(self, order: Order, call: Call, fault: Fault, *, words: Words | None = None) -> None:
        """`words` is what a main model reads and says for it, if one leads to it."""
        self.order, self.call, self.fault, self.words = order, call, fault, words
        self.partials: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.delivered = 0
        self.pictures: list[bytes] = []
        self.has_failed = False
        self.task: asyncio.Task[None] | None = None

    async def wait(self) -> list[bytes]:
        """The encoded pictures once they are drawn and billed, none if that failed; who gives up stops nothing."""
        assert self.task
        await asyncio.shield(self.task)
        return self.pictures

    def usage(self) -> Usage:
        """What it takes in tokens: the formula for each picture, 100 for each partial one sent, and what came in."""
        original = self.order.original
        return Usage(
            input_text_tokens=text_tokens(self.order.prompt),
            input_image_tokens=original.tokens() if original else 0,
            output_image_tokens=self.order.output_tokens() + TOKENS_PER_PARTIAL * self.delivered,
        )

    def cost(self) -> Decimal:
        """What the gateway takes for it, in USD: by its tokens, or by its pictures where the key is billed so."""
        if not self.call.is_per_picture:
            return cost(self.usage(), LIST_RATES)
        return self.order.n * LIST_IMAGE_RATES.of(size_tier(f"{self.order.width}x{self.order.height}"))

    def line(self) -> dict[str, Any]:
        """The drawing's line for the billing log."""
        is_billed = self.fault.bills and not self.has_failed
        money = {"usage": self.usage().to_wire(), "cost": str(self.cost())} if is_billed and self.order.n else {}
        if is_billed and self.words:
            money |= {"text_usage": self.words.usage.to_wire(), "text_cost": str(self.words.cost)}
        status = 500 if self.has_failed else self.fault.status
        return self.call.line(status=status, billed=is_billed, partials=self.delivered, **money)


class Easel:
    """Draws orders beside one another, detached from whoever asked."""

    def __init__(self, log: BillingLog, *, speed: float) -> None:
        """`speed` multiplies the time a drawing takes: 1 as in life, 0 at once."""
        self._billing, self._speed = log, speed
        self._painters = ThreadPoolExecutor(PAINTERS, "painter")
        self._drawings: set[Drawing] = set()

    def draw(self, order: Order, call: Call, fault: Fault, *, words: Words | None = None) -> Drawing:
        """Begin a drawing, or what takes its time where nothing is drawn but words are said."""
        drawing = Drawing(order, call, fault, words=words)
        self._drawings.add(drawing)
        drawing.task = asyncio.get_running_loop().create_task(self._finish(drawing))
        return drawing

    def close(self) -> None:
        """Bill at once what is still being drawn, for a real upstream would finish it unseen, and stop drawing."""
        while self._drawings:
            drawing = self._drawings.pop()
            self._billing.append(drawing.line())
            assert drawing.task
            drawing.task.cancel()
        self._painters.shutdown(wait=False, cancel_futures=True)

    async def _finish(self, drawing: Drawing) -> None:
        try:
            await self._draw(drawing)
        except Exception:
            _log.exception("A picture could not be painted.")
            drawing.has_failed, drawing.pictures = True, []
        await self._bill(drawing)
        drawing.partials.put_nowait(None)

    async def _draw(self, drawing: Drawing) -> None:
        """Paint when the time has come; with partials all is painted when the first is due, and kept encoded."""
        order, began, whole = drawing.order, asyncio.get_running_loop().time(), self._seconds(drawing)
        steps: list[bytes] = []
        for index in range(order.partials):
            await _until(began + whole * (index + 1) / (order.partials + 1))
            steps = steps or await self._in_thread(_stages, order)
            drawing.delivered += 1
            drawing.partials.put_nowait(steps[index])
        await _until(began + whole)
        paintings = (self._in_thread(_picture, order, index) for index in range(order.n))
        pictures = steps[-1:] or await asyncio.gather(*paintings)
        drawing.pictures = [drawing.fault.picture(picture) for picture in pictures]

    def _seconds(self, drawing: Drawing) -> float:
        order, fault = drawing.order, drawing.fault
        seed = order.prompt + order.seed_of(0)
        if not order.n:
            return max(fault.at_least, pace.THINKING_SECONDS * self._speed * fault.slowness)
        whole = pace.seconds(width=order.width, height=order.height, quality=order.quality, count=order.n, seed=seed)
        return max(fault.at_least, whole * self._speed * fault.slowness)

    async def _in_thread[T](self, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._painters, work, *arguments)

    async def _bill(self, drawing: Drawing) -> None:
        """Write the line, unless closing has already done so."""
        if drawing in self._drawings:
            self._drawings.discard(drawing)
            await asyncio.to_thread(self._billing.append, drawing.line())


async def _until(when: float) -> None:
    await asyncio.sleep(max(0.0, when - asyncio.get_running_loop().time()))


def _painted(order: Order, index: int) -> Image.Image:
    words, edges = (without_name(order.prompt), order.seed_of(index)), (order.width, order.height)
    if order.original is None:
        painter = _painted_again if order.width * order.height <= KEPT_PIXELS else _painted_again.__wrapped__
        return painter(*words, *edges, order.quality)
    picture, region = order.original.picture, order.original.region
    return repaint(
        picture, region, prompt=words[0], seed=words[1], size=edges, quality=order.quality, offset=order.offset
    )


@lru_cache(KEPT)
def _painted_again(prompt: str, seed: str, width: int, height: int, quality: str) -> Image.Image:
    """The same words and seed paint the same picture, so the last ones are kept; nobody paints over them."""
    return paint(prompt=prompt, seed=seed, width=width, height=height, quality=quality)


def _picture(order: Order, index: int) -> bytes:
    return encode(_painted(order, index), output_format=order.output_format, compression=order.compression)


def _stages(order: Order) -> list[bytes]:
    """The partial pictures from coarse to fine, then the finished one, each a complete file at full size."""
    image = _painted(order, 0)
    stages = [coarsen(image, step, order.partials) for step in range(order.partials)]
    return [
        encode(stage, output_format=order.output_format, compression=order.compression) for stage in [*stages, image]
    ]
