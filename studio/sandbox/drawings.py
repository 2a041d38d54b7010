"""Drawings in progress: each takes a realistic time, is billed when done, and goes on when its caller leaves."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from studio.images import LIST_IMAGE_RATES, LIST_RATES, TextUsage, Usage, cost, size_tier, text_tokens
from studio.sandbox import timing
from studio.sandbox.billing_log import BillingLog
from studio.sandbox.call_context import CallContext
from studio.sandbox.drawing_spec import DrawingSpec
from studio.sandbox.faults import Fault
from studio.sandbox.rendering import render, render_stages

MAX_PARALLEL = 2
"""Pictures painted at the same time; more would only slow each other down."""

TOKENS_PER_PARTIAL = 100

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TextCharge:
    """What a main model's text costs: tokens read and written, and USD at its list price."""

    usage: TextUsage
    cost: Decimal


class Drawing:
    """A drawing in progress: `partials` yields files and then None, `wait` returns the finished ones."""

    def __init__(
        self, spec: DrawingSpec, call: CallContext, fault: Fault, *, text_charge: TextCharge | None = None
    ) -> None:
        """`text_charge` is the text of the main model that requested the drawing, if one did."""
        self.spec, self.call, self.fault, self.text_charge = spec, call, fault, text_charge
        self.partials: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.delivered = 0
        self.pictures: list[bytes] = []
        self.has_failed = False
        self.task: asyncio.Task[None] | None = None

    async def wait(self) -> list[bytes]:
        """The files once drawn and billed, none if that failed; cancelling does not stop the drawing."""
        assert self.task
        await asyncio.shield(self.task)
        return self.pictures

    def usage(self) -> Usage:
        """Its tokens: for prompt, images sent, each picture by the formula, and 100 for each partial picture."""
        source = self.spec.source
        return Usage(
            input_text_tokens=text_tokens(self.spec.prompt),
            input_image_tokens=source.tokens() if source else 0,
            output_image_tokens=self.spec.output_tokens() + TOKENS_PER_PARTIAL * self.delivered,
        )

    def cost(self) -> Decimal:
        """Its cost in USD, by tokens or, for keys that are billed so, by the picture."""
        if not self.call.is_per_picture:
            return cost(self.usage(), LIST_RATES)
        return self.spec.n * LIST_IMAGE_RATES.of(size_tier(f"{self.spec.width}x{self.spec.height}"))

    def log_line(self) -> dict[str, Any]:
        """Its line for the billing log."""
        is_billed = self.fault.is_billed and not self.has_failed
        money = {"usage": self.usage().to_wire(), "cost": str(self.cost())} if is_billed and self.spec.n else {}
        if is_billed and self.text_charge:
            money |= {"text_usage": self.text_charge.usage.to_wire(), "text_cost": str(self.text_charge.cost)}
        status = 500 if self.has_failed else self.fault.status
        return self.call.log_line(status=status, billed=is_billed, partials=self.delivered, **money)


class DrawingPool:
    """Runs drawings side by side, independent of the calls that requested them."""

    def __init__(self, log: BillingLog, *, speed: float) -> None:
        """`speed` multiplies the time a drawing takes: 1 is realistic, 0 is immediate."""
        self._billing, self._speed = log, speed
        self._threads = ThreadPoolExecutor(MAX_PARALLEL, "painter")
        self._drawings: set[Drawing] = set()

    def start(
        self, spec: DrawingSpec, call: CallContext, fault: Fault, *, text_charge: TextCharge | None = None
    ) -> Drawing:
        """Start a drawing; one of no pictures only waits as long as a main model takes to answer in text."""
        drawing = Drawing(spec, call, fault, text_charge=text_charge)
        self._drawings.add(drawing)
        drawing.task = asyncio.get_running_loop().create_task(self._finish(drawing))
        return drawing

    def close(self) -> None:
        """Bill what is still being drawn, as a real upstream would finish it, and stop drawing."""
        while self._drawings:
            drawing = self._drawings.pop()
            self._billing.append(drawing.log_line())
            assert drawing.task
            drawing.task.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _finish(self, drawing: Drawing) -> None:
        try:
            await self._draw(drawing)
        except Exception:
            _log.exception("A picture could not be painted.")
            drawing.has_failed, drawing.pictures = True, []
        await self._bill(drawing)
        drawing.partials.put_nowait(None)

    async def _draw(self, drawing: Drawing) -> None:
        """Paint when the time has passed; with partials everything is painted and encoded when the first is due."""
        spec, began, whole = drawing.spec, asyncio.get_running_loop().time(), self._duration(drawing)
        files: list[bytes] = []
        for index in range(spec.partials):
            await _until(began + whole * (index + 1) / (spec.partials + 1))
            files = files or await self._in_thread(render_stages, spec)
            drawing.delivered += 1
            drawing.partials.put_nowait(files[index])
        await _until(began + whole)
        paintings = (self._in_thread(render, spec, index) for index in range(spec.n))
        pictures = files[-1:] or await asyncio.gather(*paintings)
        drawing.pictures = [drawing.fault.change_picture(picture) for picture in pictures]

    def _duration(self, drawing: Drawing) -> float:
        spec, fault = drawing.spec, drawing.fault
        seed = spec.prompt + spec.picture_seed(0)
        if not spec.n:
            return max(fault.min_seconds, timing.TEXT_ONLY_SECONDS * self._speed * fault.time_factor)
        whole = timing.drawing_seconds(
            width=spec.width, height=spec.height, quality=spec.quality, count=spec.n, seed=seed
        )
        return max(fault.min_seconds, whole * self._speed * fault.time_factor)

    async def _in_thread[T](self, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)

    async def _bill(self, drawing: Drawing) -> None:
        """Write the line, unless `close` has already done so."""
        if drawing in self._drawings:
            self._drawings.discard(drawing)
            await asyncio.to_thread(self._billing.append, drawing.log_line())


async def _until(when: float) -> None:
    await asyncio.sleep(max(0.0, when - asyncio.get_running_loop().time()))
