"""Starts the browsers that are not Chromium: the system's Firefox, and WebKitGTK's browser on a screen of its own."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Playwright
from selenium.webdriver import WebKitGTK, WebKitGTKOptions, WebKitGTKService
from selenium.webdriver.remote.webdriver import WebDriver

from .browser import NoBrowser

NO_FIREFOX = "Firefox was not found; on Debian, install firefox-esr."
NO_WEBKIT = "WebKit was not found; on Debian, install webkit2gtk-driver and xvfb."


def launch_firefox(playwright: Playwright) -> Browser:
    """Start the system's Firefox, to which Playwright speaks WebDriver BiDi; the one it would install is patched."""
    path = shutil.which("firefox-esr") or shutil.which("firefox")
    if not path:
        raise NoBrowser(NO_FIREFOX)
    return playwright.firefox.launch(channel="moz-firefox", executable_path=path)


@contextmanager
def webkit(log: Path) -> Iterator[WebDriver]:
    """WebKitGTK's MiniBrowser; what pages say in its console is written to the log."""
    if not shutil.which("WebKitWebDriver") or not shutil.which("Xvfb"):
        raise NoBrowser(NO_WEBKIT)
    options = WebKitGTKOptions()
    options.add_argument("--automation")
    options.add_argument("--enable-write-console-messages-to-stdout=true")
    with virtual_screen() as display:
        service = WebKitGTKService(log_output=str(log), env=os.environ | {"DISPLAY": display})
        browser = WebKitGTK(options, service)
        try:
            yield browser
        finally:
            browser.quit()


@contextmanager
def virtual_screen() -> Iterator[str]:
    """A screen that nobody sees, by its name for DISPLAY; the server takes the first number that is free."""
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1440x900x24"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            yield f":{server.stdout.readline().strip()}"
        finally:
            server.terminate()
