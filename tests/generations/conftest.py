"""A runner on a loop of its own and a sandbox in a process of its own: what the studio runs on, without its pages."""

import asyncio
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from studio.accounts.models import User
from studio.generations import engine
from studio.generations.models import Attempt, Generation, Job
from studio.generations.runner import Runner
from studio.images import ImageRequest, Size
from studio.upstreams.models import Upstream
from tests.sandbox.conftest import Running, running

PATIENCE = 20.0  # seconds; far more than anything here takes


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("sandbox"), SANDBOX_SPEED="0") as process:
        yield process


@pytest.fixture
def upstream(sandbox: Running, transactional_db: None) -> Upstream:
    return Upstream.objects.declare(
        name="environment",
        base_url=sandbox.url,
        api_key="sk-test-0123456789abcdef",
        is_private_allowed=True,
        standard_slots=4,
        large_slots=1,
    )


@pytest.fixture
def runner(upstream: Upstream) -> Iterator[Runner]:
    """A live runner; drained when the test is over."""
    holder: dict[str, Runner] = {}
    is_up = threading.Event()

    async def run() -> None:
        async with engine.deliveries():
            holder["runner"] = Runner(home="tests")
            asyncio.get_running_loop().call_soon(is_up.set)
            await holder["runner"].run()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    is_up.wait(PATIENCE)
    yield holder["runner"]
    holder["runner"].drain()
    thread.join(PATIENCE)
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


def eventually(condition: Callable[[], Any], *, patience: float = PATIENCE) -> Any:
    """Wait until something is true and return it."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"did not become true within {patience} s")


def over(generation: Generation) -> list[Job]:
    """Wait until every job of a generation is over and return them."""
    jobs = Job.objects.filter(generation=generation)
    eventually(lambda: not jobs.live().exists() and not Attempt.objects.filter(job__in=jobs).unfinished().exists())
    return list(jobs)
