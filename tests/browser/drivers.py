"""What a journey does, the same in every browser: Playwright drives Chromium and Firefox, WebDriver drives WebKit."""

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from playwright.sync_api import Error, Page
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.actions.mouse_button import MouseButton
from selenium.webdriver.remote.webdriver import WebDriver

from .editor import Point

PATIENCE = 120.0  # seconds; waiting ends with what is waited for, so a long limit costs nothing
# The first element in sight that a selector matches and whose name is, or else begins with, some words.
FIND = """(selector, name) => {
  const isShown = element => element.checkVisibility({ visibilityProperty: true })
  const shown = [...document.querySelectorAll(selector)].filter(isShown)
  const labels = element => [...(element.labels ?? [])].map(label => label.textContent)
  const texts = element => [element.ariaLabel, ...labels(element), element.textContent]
  const names = element => texts(element).map(words => words?.trim() ?? "")
  return shown.find(element => names(element).includes(name))
    ?? shown.find(element => names(element).some(words => words.startsWith(name)))
}"""


class Driver(ABC):
    """A browser with one page of the studio. Names are what a person reads; functions are run in the page."""

    @abstractmethod
    def open(self, address: str) -> None: ...

    @abstractmethod
    def click(self, selector: str, name: str) -> None: ...

    @abstractmethod
    def fill(self, selector: str, name: str, text: str) -> None:
        """Type a text into an empty field."""

    @abstractmethod
    def drag(self, points: Sequence[Point], *, button: str = "left") -> None:
        """Press at the first of some points of the page, go through the others, let go."""

    @abstractmethod
    def call(self, function: str, *given: Any) -> Any:
        """What a function gives or promises; nothing where the page went away meanwhile."""

    def wait_for(self, function: str, *given: Any) -> Any:
        """Call a function until it gives something; that."""
        deadline = time.monotonic() + PATIENCE
        while not (value := self.call(function, *given)):
            assert time.monotonic() < deadline, f"in vain: {given}, {function}"
            time.sleep(0.1)
        return value


class PlaywrightDriver(Driver):
    """A page of Chromium or Firefox."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, address: str) -> None:
        self.page.goto(address, wait_until="domcontentloaded")

    def click(self, selector: str, name: str) -> None:
        self.wait_for(FIND, selector, name).click()

    def fill(self, selector: str, name: str, text: str) -> None:
        self.wait_for(FIND, selector, name).fill(text)

    def drag(self, points: Sequence[Point], *, button: Any = "left") -> None:
        mouse = self.page.mouse
        mouse.move(*points[0])
        mouse.down(button=button)
        for point in points[1:]:
            mouse.move(*point)
        mouse.up(button=button)

    def call(self, function: str, *given: Any) -> Any:
        try:
            value = self.page.evaluate_handle(f"given => ({function})(...given)", list(given))
            return value.as_element() or value.json_value()
        except Error:
            return None


class WebDriverDriver(Driver):
    """A window of a browser that speaks WebDriver."""

    def __init__(self, browser: WebDriver, address: str) -> None:
        self.browser, self.address = browser, address

    def open(self, address: str) -> None:
        self.browser.get(self.address + address)

    def click(self, selector: str, name: str) -> None:
        self.wait_for(FIND, selector, name).click()

    def fill(self, selector: str, name: str, text: str) -> None:
        self.wait_for(FIND, selector, name).send_keys(text)

    def drag(self, points: Sequence[Point], *, button: str = "left") -> None:
        actions = ActionBuilder(self.browser, duration=0)
        mouse, pressed = actions.pointer_action, MouseButton.RIGHT if button == "right" else MouseButton.LEFT
        (x, y), *others = [(round(x), round(y)) for x, y in points]
        mouse.move_to_location(x, y).pointer_down(button=pressed)
        for x, y in others:
            mouse.move_to_location(x, y)
        mouse.pointer_up(button=pressed)
        actions.perform()

    def call(self, function: str, *given: Any) -> Any:
        try:
            return self.browser.execute_script(f"return ({function})(...arguments)", *given)
        except WebDriverException:
            return None
