"""How much work painting is: the mask editor beside a plain canvas that keeps whole bitmaps for undo, in one run.

`uv run python -m tests.benchmarks.editor`
"""

import math
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, FloatRect, Page, StorageState, ViewportSize, sync_playwright

from tests.browser.browser import launch
from tests.browser.drawing import photo
from tests.browser.editor import Editor, upload
from tests.browser.process import Studio

from .measure import middle

WIDTH, HEIGHT, BRUSH = 3840, 2160, 200
SCREEN: ViewportSize = {"width": 1440, "height": 900}
ROUNDS = 5

# Adds up what pointer listeners and frame callbacks take, frame by frame; an init script, so that it comes first.
CLOCK = """
(() => {
  const frames = new Map()
  const timed = (run, self, details) => {
    const start = performance.now()
    run.apply(self, details)
    const frame = document.timeline.currentTime
    if (globalThis.isMeasuring) frames.set(frame, (frames.get(frame) ?? 0) + performance.now() - start)
  }
  const frame = globalThis.requestAnimationFrame
  globalThis.requestAnimationFrame = run => frame(now => timed(run, null, [now]))
  const listen = EventTarget.prototype.addEventListener
  EventTarget.prototype.addEventListener = function (type, run, options) {
    const isPointer = type.startsWith("pointer") && typeof run === "function"
    listen.call(this, type, isPointer ? function (event) { timed(run, this, [event]) } : run, options)
  }
  globalThis.frameWork = () => [...frames.values()]
})()
"""

PLAIN = """
<canvas width="{width}" height="{height}" style="width: 960px; opacity: .5"></canvas>
<script>
  const canvas = document.querySelector("canvas")
  const context = canvas.getContext("2d")
  const scale = {width} / 960
  const undo = []
  let [last, frame, queue] = [null, 0, []]
  const at = event => [event.offsetX * scale, event.offsetY * scale]
  const draw = () => {{
    frame = 0
    Object.assign(context, {{ lineWidth: {brush}, lineCap: "round" }})
    for (const point of queue.splice(0)) {{
      context.beginPath()
      context.moveTo(...last)
      context.lineTo(...point)
      context.stroke()
      last = point
    }}
  }}
  canvas.addEventListener("pointerdown", event => {{
    undo.push(context.getImageData(0, 0, {width}, {height}))
    last = at(event)
  }})
  canvas.addEventListener("pointermove", event => {{
    if (last) queue.push(...(event.getCoalescedEvents?.() ?? [event]).map(at)) // missing where the page is not secure
    frame ||= requestAnimationFrame(draw)
  }})
  canvas.addEventListener("pointerup", () => {{ last = null }})
</script>
"""

EXPORT = """async () => {
  const start = performance.now()
  const file = await document.querySelector("edit-form").exportMask()
  return [performance.now() - start, file.size]
}"""


PLAIN_EXPORT = """async () => {
  const start = performance.now()
  const file = await new Promise(done => document.querySelector("canvas").toBlob(done))
  return [performance.now() - start, file.size]
}"""

# From the click on a link to a picture that is decoded and a stage that shows the mask over it.
OPENED = """async () => {
  const stage = document.querySelector("mask-stage")
  while (!stage.view) await new Promise(requestAnimationFrame)
  await document.querySelector(".mask-picture").decode()
  return performance.now()
}"""
DECODED = """async address => {
  const start = performance.now()
  const picture = new Image()
  picture.src = address
  await picture.decode()
  return performance.now() - start
}"""


@dataclass(frozen=True)
class Work:
    """What the page's own scripts took in each frame, in ms."""

    frames: tuple[float, ...]

    def at(self, share: float) -> float:
        return sorted(self.frames)[min(len(self.frames) - 1, int(share * len(self.frames)))]


def stroke(page: Page, box: FloatRect, *, seconds: float = 3) -> Work:
    """One fast stroke around a box; the page must have been opened with CLOCK as its init script."""
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.evaluate("isMeasuring = true")
    page.mouse.down()
    start = time.monotonic()
    while (passed := time.monotonic() - start) < seconds:
        reach = 0.45 * math.sin(2.6 * passed)
        across, down = reach * math.cos(7 * passed), reach * math.sin(9 * passed)
        page.mouse.move(x + box["width"] * across, y + box["height"] * down, steps=4)
    page.mouse.up()
    page.evaluate("isMeasuring = false")
    return Work(tuple(page.evaluate("frameWork()")))


def paint(page: Page, *, brush: int = BRUSH) -> Work:
    """The work of a stroke in the open editor, at the view it is in."""
    page.get_by_role("slider", name="Brush size").fill(str(brush))
    box = page.locator(".mask-picture").bounding_box()
    assert box
    return stroke(page, box)


def paint_plainly(page: Page, *, width: int, height: int, brush: int = BRUSH) -> Work:
    """The work of the same stroke on a plain canvas of the picture's size."""
    page.goto("about:blank")
    page.set_content(PLAIN.format(width=width, height=height, brush=brush))
    box = page.locator("canvas").bounding_box()
    assert box
    return stroke(page, box)


def export(page: Page, script: str = EXPORT) -> tuple[float, int]:
    """How long the open page takes to write its mask, in ms, and the file's size in bytes."""
    took, size = page.evaluate(script)
    return took, size


class Bench:
    """A studio with one 4K picture; every measurement has a browser context, and so a cache, of its own."""

    def __init__(self, browser: Browser, studio: Studio) -> None:
        self.browser, self.studio = browser, studio
        self.admin: StorageState | None = None
        with self.page() as page:
            page.goto(studio.sign_in_link())
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url(f"{studio.address}/")
            self.picture_id = upload(page, photo(WIDTH, HEIGHT))
            self.small_id = upload(page, photo(640, 480))
            self.admin = page.context.storage_state()

    @contextmanager
    def page(self, script: str = "") -> Iterator[Page]:
        context = self.browser.new_context(base_url=self.studio.address, storage_state=self.admin, viewport=SCREEN)
        if script:
            context.add_init_script(script)
        yield context.new_page()
        context.close()

    def painting(self) -> tuple[Work, float]:
        """The work of a stroke in the editor, and the ms of the export that follows it, the best of three."""
        with self.page(CLOCK) as page:
            Editor(page).open(self.picture_id)
            work = paint(page)
            took, size = min(export(page) for _ in range(3))
            print(f"editor: {told(work)}; export {took:.0f} ms, {size / 1000:.0f} kB")
            return work, took

    def plain_painting(self) -> tuple[Work, float]:
        with self.page(CLOCK) as page:
            work = paint_plainly(page, width=WIDTH, height=HEIGHT)
            took, size = min(export(page, PLAIN_EXPORT) for _ in range(3))
            print(f"plain canvas: {told(work)}; export {took:.0f} ms, {size / 1000:.0f} kB")
            return work, took

    def opening(self, *, is_first: bool) -> float:
        """From the click to the picture under its mask, in ms; its files are cached unless it is the first."""
        with self.page() as page:
            if not is_first:
                Editor(page).open(self.small_id)
            Editor(page).open(self.picture_id)
            return float(page.evaluate(OPENED))

    def decoding(self) -> float:
        with self.page() as page:
            page.goto("/healthz")
            return float(page.evaluate(DECODED, f"/media/{self.picture_id}/original.png"))


def told(work: Work) -> str:
    return (
        f"{len(work.frames)} frames, p50 {work.at(0.5):.1f} ms, p95 {work.at(0.95):.1f} ms, at most {work.at(1):.1f} ms"
    )


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="easel-benchmark-") as folder, sync_playwright() as playwright:
        browser = launch(playwright)
        with Studio(Path(folder)) as studio:
            bench = Bench(browser, studio)
            work, took = bench.painting()
            plain, plainly = bench.plain_painting()
            rounds = [
                (bench.opening(is_first=True), bench.opening(is_first=False), bench.decoding()) for _ in range(ROUNDS)
            ]
        browser.close()
    print(
        f"p95 {work.at(0.95) / plain.at(0.95):.2f} ×, longest frame {work.at(1) / plain.at(1):.2f} ×, "
        f"export {took / plainly:.2f} × the plain canvas"
    )
    first, opening, decoding = (middle(times) for times in zip(*rounds, strict=True))
    print(
        f"opening {opening:.0f} ms, for the first time {first:.0f} ms, fetching and decoding the picture alone "
        f"{decoding:.0f} ms: {opening / decoding:.2f} × and {first / decoding:.2f} × (limit 1.5)"
    )


if __name__ == "__main__":
    main()
