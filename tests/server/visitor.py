"""A person at a running studio, without a browser: real HTTP, real forms, and a look at the rows beside it."""

import json
import re
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from tests.browser.process import Studio
from tests.composer_form import FORM

PATIENCE = 240.0  # seconds; far more than anything here takes
GENERATION_FORM = FORM | {"output_format": "jpeg"}
CSRF = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


class Visitor:
    """The first admin, who comes in through the printed link or with a password."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.http = httpx.Client(base_url=studio.address, timeout=30, trust_env=False)
        self.csrf = ""

    def come_in(self) -> "Visitor":
        link = self.studio.sign_in_link()
        answer = self.http.post(link, data={"csrfmiddlewaretoken": self.csrf_of(link)})
        assert answer.status_code == 302, answer.text
        self.csrf = self.csrf_of("/")
        return self

    def sign_in(self, email: str, password: str) -> httpx.Response:
        form = {"csrfmiddlewaretoken": self.csrf_of("/accounts/login/"), "login": email, "password": password}
        return self.http.post("/accounts/login/", data=form)

    def csrf_of(self, address: str) -> str:
        found = CSRF.search(self.http.get(address).raise_for_status().text)
        assert found, f"no form at {address}"
        return found[1]

    def submit(self, prompt: str, **fields: str) -> None:
        """Submit a request, as a browser without JavaScript would."""
        form = (
            GENERATION_FORM | {"prompt": prompt, "token": str(uuid.uuid4()), "csrfmiddlewaretoken": self.csrf} | fields
        )
        answer = self.http.post("/generations/", data=form)
        assert answer.status_code == 302, answer.text

    def tiles(self) -> Iterator[dict[str, Any]]:
        """What the live feed says of tiles, from now on."""
        with self.http.stream("GET", "/live/", timeout=PATIENCE) as events:
            name = ""
            for line in events.iter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: ") and name == "tile":
                    yield json.loads(line.removeprefix("data: "))


class Rows:
    """The studio's SQLite database, read only."""

    def __init__(self, data: Path) -> None:
        self.path = data / "easel.sqlite3"

    def __call__(self, query: str, *values: Any) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=20)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, values)]

    def one(self, query: str, *values: Any) -> Any:
        """The first column of the first row."""
        return next(iter(self(query, *values)[0].values()))


def eventually(condition: Callable[[], Any], what: str, *, patience: float = PATIENCE) -> Any:
    """Wait until something is true and return it."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {patience:.0f} s")
