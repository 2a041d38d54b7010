"""Fixtures for tests with a real runner (in a thread) and a real sandbox (in a process)."""

import asyncio
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from studio.accounts.models import User
from studio.generations import claims
from studio.generations.models import Attempt, Generation, Job
from studio.images import ImageRequest, Size
from studio.server import wakeup_delivery
from studio.upstreams.models import Upstream
from studio.worker.runner import Runner
from tests.sandbox.conftest import Running, running

TIMEOUT = 60.0  # seconds; far more than any step takes, also on a busy machine


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("sandbox"), SANDBOX_SPEED="0") as process:
        yield process


def upstream_at(base_url: str, *, name: str = "environment") -> Upstream:
    return Upstream.objects.declare(
        name=name,
        base_url=base_url,
        api_key="sk-test-0123456789abcdef",
        is_private_allowed=True,
        standard_slots=4,
        large_slots=1,
    )


@pytest.fixture
def upstream(sandbox: Running, transactional_db: None) -> Upstream:
    return upstream_at(sandbox.url)


@pytest.fixture
def never_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer comes late: what the sandbox says at once may take a busy machine as long as a drawing."""
    monkeypatch.setattr(claims, "SOONEST", claims.LATEST)


@pytest.fixture
def runner(upstream: Upstream, never_late: None) -> Iterator[Runner]:
    """A running Runner; drained when the test ends."""
    holder: dict[str, Runner] = {}
    is_up = threading.Event()

    async def run() -> None:
        async with wakeup_delivery.deliveries():
            holder["runner"] = Runner(home="tests")
            asyncio.get_running_loop().call_soon(is_up.set)
            await holder["runner"].run()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    is_up.wait(TIMEOUT)
    yield holder["runner"]
    holder["runner"].drain()
    thread.join(TIMEOUT)
    assert not thread.is_alive()


Submit = Callable[..., Generation]


@pytest.fixture
def submit() -> Submit:
    def submit(
        owner: User, prompt: str = "A harbour at dawn", *, token: uuid.UUID | None = None, **fields: Any
    ) -> Generation:
        fields = {"size": Size(1024, 1024), "quality": "low", **fields}
        request = ImageRequest(prompt=prompt, **fields)
        return Generation.objects.submit(owner=owner, request=request, token=token or uuid.uuid4(), now=timezone.now())

    return submit


def wait_until(condition: Callable[[], Any], *, timeout: float = TIMEOUT) -> Any:
    """Wait until a condition is true, and return its value."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"did not become true within {timeout} s")


def wait_for_jobs(generation: Generation) -> list[Job]:
    """Wait until every job of a generation has ended, and return them."""
    jobs = Job.objects.filter(generation=generation)
    wait_until(lambda: not jobs.live().exists() and not Attempt.objects.filter(job__in=jobs).unfinished().exists())
    return list(jobs)
