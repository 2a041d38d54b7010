#!/usr/bin/env python
"""Take the two pictures of the README: Create with a filled feed, and the mask editor with a painted mask.

    uv run scripts/readme_pictures.py

Starts a studio with the sandbox on a free port and a temporary data folder, signs in through the printed link, makes a
few pictures and photographs the pages with the Chromium of this machine. Nothing is charged, and nothing of the studio
in `var` is touched.
"""

import io
import sys
import tempfile
import time
import uuid
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser.browser import launch  # noqa: E402
from tests.browser.editor import Editor  # noqa: E402
from tests.browser.process import Studio  # noqa: E402

FOLDER = ROOT / "docs" / "pictures"
MOST_BYTES = 150_000  # of one file
VIEWPORT = {"width": 1440, "height": 900}
PATIENCE = 120.0  # seconds until every picture is there

HILLS = "Rolling hills at sunset with a few dark pines, warm light, gouache"
PICTURES = [  # the last one is at the top of the feed
    {"prompt": HILLS, "size": "1536x1024"},
    {"prompt": "A night city seen from a rooftop, long exposure, deep blue", "size": "1536x864", "n": "2"},
    {"prompt": "Garden flowers after rain, botanical poster, warm red and orange", "size": "1152x1536", "n": "4"},
    {"prompt": "A sailing boat on a calm sea at sunrise, paper-cut layers", "size": "1536x656", "n": "2"},
]
NEXT = "Snow-covered mountains under the northern lights, wide angle, film grain"
CHANGE = "A small stone cottage with lit windows and a thin column of smoke"


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        browser, studio = launch(playwright), Studio(Path(data))
        with studio:
            context = signed_in(browser, studio)
            page = context.new_page()
            make_pictures(page)
            save("create", create(page))
            save("mask-editor", mask_editor(page))
            context.close()
        browser.close()


def signed_in(browser: Browser, studio: Studio) -> BrowserContext:
    context = browser.new_context(
        base_url=studio.address, viewport=VIEWPORT, color_scheme="dark", reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(studio.sign_in_link())
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{studio.address}/")
    page.close()
    return context


def make_pictures(page: Page) -> None:
    """Submit the composer's form for each picture, and wait without a live feed until all of them are there."""
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    usual = {
        "model": "gpt-image-2",
        "quality": "medium",
        "output_format": "png",
        "background": "auto",
        "moderation": "auto",
        "partial_images": "0",
        "n": "1",
    }
    for picture in PICTURES:
        fields = usual | picture | {"token": str(uuid.uuid4()), "csrfmiddlewaretoken": cookies["csrftoken"]}
        answer = page.request.post("/generations/", form=fields, max_redirects=0)
        if answer.status != 302:
            raise RuntimeError(f"The studio did not take a form: {answer.status}\n{answer.text()[:2000]}")
    deadline = time.monotonic() + PATIENCE
    while 'data-busy="true"' in page.request.get("/settings/").text():
        if time.monotonic() > deadline:
            raise RuntimeError("Some pictures were not finished in time.")
        time.sleep(0.2)


def create(page: Page) -> bytes:
    """The feed with its finished pictures, and the next prompt in the composer with its price."""
    page.goto("/")
    tray = page.get_by_role("region", name="Finished while you were away")
    if tray.count():
        tray.get_by_role("button", name="Got it").click()
        expect(tray).to_have_count(0)
    page.get_by_role("textbox", name="Prompt").fill(NEXT)
    expect(page.get_by_role("button", name="Generate")).to_contain_text("about")
    page.mouse.move(0, 0)
    return photographed(page)


def mask_editor(page: Page) -> bytes:
    """A mask painted with the brush, and what is to be there instead."""
    page.goto("/")
    card = page.locator("article").filter(has_text=HILLS).first
    address = card.locator("a[href^='/pictures/']").first.get_attribute("href") or ""
    editor = Editor(page).open(int(address.strip("/").split("/")[1]))
    at = editor.place.on_screen
    editor.size(120)
    editor.drag([at(880, 640), at(960, 560), at(1060, 590), at(1120, 680)])
    editor.drag([at(900, 690), at(1000, 640), at(1100, 700)])
    editor.prompt.fill(CHANGE)
    expect(page.get_by_text("Paint first")).to_be_hidden()  # the painted part has its size and price
    expect(editor.button).to_contain_text("about")
    page.mouse.move(*at(1080, 660))
    return photographed(page)


def photographed(page: Page) -> bytes:
    """A screenshot once every picture in view is decoded."""
    page.evaluate("""() => Promise.all([...document.images]
      .filter(image => image.checkVisibility() && image.getBoundingClientRect().top < innerHeight)
      .map(image => image.decode().catch(() => {})))""")
    return page.screenshot()


def save(name: str, png: bytes) -> None:
    """Write WebP at the best quality that keeps the file small enough."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for quality in range(90, 20, -5):
        packed = io.BytesIO()
        picture.save(packed, "webp", quality=quality, method=6)
        if packed.tell() <= MOST_BYTES:
            break
    path = FOLDER / f"{name}.webp"
    path.write_bytes(packed.getvalue())
    sys.stdout.write(f"{path.relative_to(ROOT)}: {packed.tell() / 1000:.0f} kB\n")


if __name__ == "__main__":
    main()
