"""Two upstreams, one of which becomes unreachable while 20 pictures are running."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.test import Client

from studio.accounts.models import User
from studio.generations.models import Attempt, Job
from studio.images import Size
from studio.ledger.models import Entry
from studio.library.models import Picture
from studio.upstreams.models import Upstream
from studio.worker.runner import Runner
from tests.running import Submit, wait_until
from tests.sandbox.conftest import Running, running

pytestmark = pytest.mark.usefixtures("transactional_db")

SMALL = {"size": Size(1024, 640), "output_format": "jpeg"}


class Proxy:
    """A proxy to a gateway that can stop taking connections while those that are open go on."""

    def __init__(self, url: str) -> None:
        self.target = urlsplit(url)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/v1"
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.server = self.on_loop(asyncio.start_server(self.join, sock=self.socket))

    def on_loop(self, work):  # type: ignore[no-untyped-def]
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    async def join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(self.target.hostname, self.target.port)
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))

    def close_listener(self) -> None:
        self.on_loop(self.close())

    async def close(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:  # connections that are accepted by the kernel but not by the server yet
                guest, _address = self.socket.accept()
                reader, writer = await asyncio.open_connection(sock=guest)
                self.late = asyncio.create_task(self.join(reader, writer))
        self.server.close()

    def stop(self) -> None:
        self.server.close()
        self.loop.call_soon_threadsafe(self.loop.stop)


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.close()


@pytest.fixture
def sandboxes(tmp_path: Path) -> Iterator[list[Running]]:
    """Two gateways that need a moment for each picture."""
    with (
        running(tmp_path / "a", SANDBOX_SPEED="0.02") as first,
        running(tmp_path / "b", SANDBOX_SPEED="0.02") as second,
    ):
        yield [first, second]


@pytest.fixture
def proxy(sandboxes: list[Running]) -> Iterator[Proxy]:
    proxy = Proxy(sandboxes[1].url)
    yield proxy
    proxy.stop()


@pytest.fixture
def upstream(sandboxes: list[Running], proxy: Proxy, transactional_db: None) -> Upstream:
    facts = {"api_key": "sk-test-0123456789abcdef", "is_private_allowed": True, "standard_slots": 5}
    Upstream.objects.declare(name="Unplugged", base_url=proxy.url, **facts)
    return Upstream.objects.declare(name="Steady", base_url=sandboxes[0].url, **facts)


def wait_for_all(jobs: "list[Job]") -> list[Job]:
    pks = [job.pk for job in jobs]
    wait_until(lambda: not Job.objects.filter(pk__in=pks).live().exists(), timeout=60)
    return list(Job.objects.filter(pk__in=pks).prefetch_related("attempts"))


def billed(sandboxes: list[Running]) -> list[str]:
    """The calls both gateways charge for, by the client request id."""
    return [line["client_id"] for sandbox in sandboxes for line in sandbox.lines(billed=True)]


def calls_of(jobs: list[Job]) -> list[str]:
    return [str(attempt.client_request_id) for job in jobs for attempt in job.attempts.all() if attempt.sent_at]


def test_an_upstream_that_takes_no_more_calls_costs_no_picture_and_no_card(
    runner: Runner,
    sandboxes: list[Running],
    proxy: Proxy,
    ben: User,
    cleo: User,
    submit: Submit,
    client_of: Callable[[User], Client],
) -> None:
    generations = [submit(person, n=10, **SMALL) for person in (ben, cleo)]
    wait_until(lambda: sandboxes[1].lines(billed=True))
    proxy.close_listener()
    jobs = wait_for_all([job for generation in generations for job in generation.jobs.all()])

    assert [job.state for job in jobs] == ["succeeded"] * 20
    assert Picture.objects.count() == 20
    assert sorted(billed(sandboxes)) == sorted(calls_of(jobs))
    assert Entry.objects.filter(verb="settle", certainty="exact").count() == len(billed(sandboxes)) == 20
    moved = [job for job in jobs if job.attempts.count() > 1]
    assert moved
    for job in moved:
        card = client_of(job.owner).get("/").content.decode()
        tile = card[card.index(f'id="job-{job.pk}"') :].partition("</li>")[0]
        assert "Unplugged → Steady" in tile


def test_a_gateway_that_dies_costs_only_what_it_was_drawing_and_that_is_asked_about(
    runner: Runner, sandboxes: list[Running], ben: User, cleo: User, submit: Submit
) -> None:
    generations = [submit(person, n=6, **SMALL) for person in (ben, cleo)]
    drawing = Attempt.objects.unfinished().filter(upstream__name="Unplugged").exclude(sent_at=None)
    wait_until(lambda: sandboxes[1].lines(billed=True) and drawing.exists())
    sandboxes[1].process.kill()
    jobs = wait_for_all([job for generation in generations for job in generation.jobs.all()])

    asked_about = [job for job in jobs if job.state == "failed"]
    assert {job.charge for job in asked_about} <= {"maybe"}
    assert len(asked_about) <= 5
    assert [job.state for job in jobs].count("succeeded") == 12 - len(asked_about)
    assert all(job.attempts.filter(outcome="unknown").count() == 1 for job in asked_about)
    assert len(set(billed(sandboxes))) == len(billed(sandboxes))
    bill = billed(sandboxes)
    assert [job for job in jobs if sum(str(each.client_request_id) in bill for each in job.attempts.all()) > 1] == []
