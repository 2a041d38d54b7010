"""The live feed of many tabs: 20 people with some tabs each submit at the same moment; how soon each tab hears of it.

`uv run python -m tests.benchmarks.live [--people 20] [--tabs 150]`: tabs in all, as many for each person.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import httpx

from tests.browser.process import ROOT, Studio
from tests.server.visitor import GENERATION_FORM, Visitor

from .measure import middle, milliseconds, p95, work

PASSWORD = "five green lanterns"
MAKE = """
import sys
from studio.accounts.models import User
for number in range(int(sys.argv[1])):
    User.objects.create_user(f"person{number}@example.com", sys.argv[2], name=f"Person {number}")
"""


class Tab:
    """One open event stream, and when it first heard of a new generation."""

    def __init__(self) -> None:
        self.heard = asyncio.Event()
        self.heard_at = 0.0

    async def open(self, port: int, cookie: str) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        head = f"GET /live/ HTTP/1.1\r\nHost: localhost:{port}\r\nCookie: {cookie}\r\n\r\n"
        self.writer.write(head.encode())
        await self.reader.readuntil(b"event: counts")
        self.task = asyncio.create_task(self.listen())

    async def listen(self) -> None:
        heard = b""
        while data := await self.reader.read(1 << 16):
            heard = heard[-20:] + data  # a word may come in two pieces, however small each is
            if b"event: generation" in heard and not self.heard_at:
                self.heard_at = time.perf_counter()
                self.heard.set()
        raise ConnectionError("the studio ended a tab's stream")

    async def hear(self) -> None:
        """Wait for the new generation; raise where the stream ends first."""
        heard = asyncio.create_task(self.heard.wait())
        await asyncio.wait({heard, self.task}, return_when=asyncio.FIRST_COMPLETED)
        if not heard.done():
            self.task.result()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--tabs", type=int, default=150)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="easel-benchmark-") as folder, Studio(Path(folder) / "data") as studio:
        command = [sys.executable, "-c", "import django; django.setup()" + MAKE, str(given.people), PASSWORD]
        environ = studio.environ | {"DJANGO_SETTINGS_MODULE": "studio.settings"}
        subprocess.run(command, cwd=ROOT, env=environ, check=True)
        people = [signed_in(studio, f"person{number}@example.com") for number in range(given.people)]
        asyncio.run(measure(studio, people, given.tabs))


def signed_in(studio: Studio, email: str) -> Visitor:
    visitor = Visitor(studio)
    assert visitor.sign_in(email, PASSWORD).status_code == 302
    visitor.csrf = visitor.csrf_of("/")
    return visitor


async def measure(studio: Studio, people: list[Visitor], count: int) -> None:
    tabs: list[tuple[int, Tab]] = []
    for number in range(count):
        tab, owner = Tab(), number % len(people)
        cookie = "; ".join(f"{name}={value}" for name, value in people[owner].http.cookies.items())
        await tab.open(studio.port, cookie)
        tabs.append((owner, tab))
    worked = work(studio.process.pid)
    answered = await asyncio.gather(*(submit(studio, person) for person in people))
    await asyncio.wait_for(asyncio.gather(*(tab.hear() for _owner, tab in tabs)), 120)
    worked = work(studio.process.pid) - worked
    waits = [max(0.0, tab.heard_at - answered[owner]) for owner, tab in tabs]
    print(
        f"{len(people)} people, {count} tabs: first event {milliseconds(middle(waits))} in the middle, "
        f"{milliseconds(p95(waits))} at p95 after the answer to the submit; {worked:.2f} s of processor time"
    )
    print(json.dumps({"p50": middle(waits), "p95": p95(waits), "work": worked}))
    for _owner, tab in tabs:
        tab.task.cancel()
        tab.writer.close()


async def submit(studio: Studio, person: Visitor) -> float:
    form = GENERATION_FORM | {"prompt": "A boat", "token": str(uuid.uuid4()), "csrfmiddlewaretoken": person.csrf}
    async with httpx.AsyncClient(
        base_url=studio.address, cookies=dict(person.http.cookies), timeout=60, trust_env=False
    ) as http:
        answer = await http.post("/generations/", data=form)
        assert answer.status_code == 302, answer.text
    return time.perf_counter()


if __name__ == "__main__":
    main()
