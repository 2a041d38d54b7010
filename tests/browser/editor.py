"""The mask editor as a person uses it: upload, paint, read back what was sent."""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from PIL import Image
from playwright.sync_api import CDPSession, Page, expect

Point = tuple[float, float]

READY = "() => document.querySelector('mask-stage').style.getPropertyValue('--scale')"
EXPORT = """async () => {
  const file = await document.querySelector("edit-form").exportMask()
  const bytes = new Uint8Array(await file.arrayBuffer())
  return btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(""))
}"""


@dataclass(frozen=True)
class Place:
    """Where the picture stands on the screen, in CSS pixels."""

    left: float
    top: float
    scale: float

    def on_picture(self, point: Point) -> Point:
        return (point[0] - self.left) / self.scale, (point[1] - self.top) / self.scale

    def on_screen(self, x: float, y: float) -> Point:
        """The whole CSS pixel nearest to a place in the picture."""
        return float(round(self.left + x * self.scale)), float(round(self.top + y * self.scale))


class Editor:
    """What is done in the editor, in the words of what is seen there."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.canvas = page.get_by_label("Mask", exact=True)
        self.prompt = page.get_by_role("textbox", name="Prompt")
        self.button = page.get_by_role("button", name=re.compile("^Apply edit"))
        self.share = page.locator("[data-share]")
        self.zoom = page.get_by_label("Zoom level")
        self.draft = page.locator("mask-draft output")

    def open(self, picture_id: int) -> Self:
        self.picture_id = picture_id
        self.page.goto(f"/pictures/{picture_id}/mask/")
        return self.ready()

    def ready(self) -> Self:
        self.page.wait_for_function(READY)
        return self

    @property
    def place(self) -> Place:
        picture = self.page.locator(".mask-picture")
        box = picture.bounding_box()
        assert box
        return Place(box["x"], box["y"], box["width"] / int(picture.get_attribute("width") or 0))

    def choose(self, tool: str) -> None:
        self.page.get_by_role("button", name=tool, exact=True).click()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def size(self, pixels: int) -> None:
        self.page.get_by_role("slider", name="Brush size").fill(str(pixels))

    def drag(self, points: Sequence[Point], *, button: Any = "left") -> None:
        """Press at the first of some points of the screen, go through the others, let go."""
        mouse = self.page.mouse
        mouse.move(*points[0])
        mouse.down(button=button)
        for point in points[1:]:
            mouse.move(*point)
        mouse.up(button=button)

    def exported(self) -> str:
        """The file the editor would send now, as base64."""
        return str(self.page.evaluate(EXPORT))

    def apply(self, prompt: str) -> Image.Image:
        """Send the edit; the alpha of the mask that reached the studio."""
        opener = self.page.get_by_role("button", name="Describe the change")
        if opener.is_visible():
            opener.click()
        self.prompt.fill(prompt)
        self.button.click()
        self.page.wait_for_url("**/candidates/")
        return self.sent()

    def sent(self) -> Image.Image:
        """The alpha of the newest mask, as the studio keeps it."""
        page = self.page.request.get(f"/pictures/{self.picture_id}/mask/").text()
        return opened(self.page, re.findall(r"/media/masks/\d+\.png", page)[0]).getchannel("A")

    def accept(self) -> None:
        """Wait for the candidate, accept it, and open its page."""
        candidate = self.page.get_by_role("group", name="Candidate 1", exact=True)
        button = candidate.get_by_role("button", name="Accept")
        button.click(timeout=60_000)
        expect(button).to_have_attribute("aria-pressed", "true")
        candidate.get_by_role("link", name="Picture").click()
        expect(self.page.get_by_role("link", name="Download")).to_be_visible()


class Fingers:
    """Touches on a phone's screen; each is where one finger is."""

    def __init__(self, page: Page) -> None:
        self.session: CDPSession = page.context.new_cdp_session(page)

    def send(self, kind: str, *fingers: Point) -> None:
        points = [{"x": x, "y": y, "id": at} for at, (x, y) in enumerate(fingers)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def stroke(self, points: Sequence[Point]) -> None:
        self.send("touchStart", points[0])
        for point in points[1:]:
            self.send("touchMove", point)
        self.send("touchEnd")


class Pen:
    """A pen on the screen, through the browser's own input."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.session: CDPSession = page.context.new_cdp_session(page)

    def send(self, kind: str, point: Point) -> None:
        facts = {"button": "left", "buttons": 0 if kind == "mouseReleased" else 1, "clickCount": 1, "force": 0.5}
        self.session.send(
            "Input.dispatchMouseEvent", {"type": kind, "x": point[0], "y": point[1], "pointerType": "pen"} | facts
        )

    def down(self, points: Sequence[Point]) -> None:
        """Put the pen down at the first of some points and lead it through the others."""
        self.send("mousePressed", points[0])
        for point in points[1:]:
            self.send("mouseMoved", point)

    def lift(self, point: Point) -> None:
        self.send("mouseReleased", point)


def upload(page: Page, data: bytes, kind: str = "png") -> int:
    """Upload a file with the page's cookies; the new picture's number."""
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    file: Any = {"name": f"photo.{kind}", "mimeType": f"image/{kind}", "buffer": data}
    answer = page.request.post(
        "/pictures/",
        multipart={"file": file, "csrfmiddlewaretoken": cookies["csrftoken"]},
        headers={"Accept": "application/json"},
    )
    assert answer.status == 201, answer.text()[:2000]
    return int(answer.json()["id"])


def opened(page: Page, address: str) -> Image.Image:
    """A picture of the studio, decoded by Pillow."""
    answer = page.request.get(address)
    assert answer.ok, (address, answer.status)
    return Image.open(io.BytesIO(answer.body()))
