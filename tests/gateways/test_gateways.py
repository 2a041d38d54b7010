"""Gateways that teams run between the studio and the model: everything works, or fails in a plain and true sentence.

`uv run pytest tests/gateways` installs LiteLLM and aimock where it can, each into an environment of its own. However
often such a gateway repeats a call by itself, a click is billed twice at most.
"""

import io
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image, ImageDraw

from studio.accounts.models import User
from studio.create.tiles import Tile
from studio.generations.models import Generation, Job
from studio.images import ImageRequest, Size
from studio.library.models import Picture
from studio.threads.specs import RefineSpec
from studio.upstreams.models import Alert, Upstream
from studio.worker.runner import Runner
from tests.running import Submit, wait_until
from tests.sandbox.conftest import Running
from tests.sandbox.conftest import running as running_sandbox

from .installed import GATEWAYS, KEY

pytestmark = pytest.mark.usefixtures("transactional_db")

SECONDS = 240  # for one picture; gateways on a busy machine are slow
MOST_BILLED = 2  # calls a click
# What no sentence on a card may hold.
INTERNAL = ("127.0.0.1", "Traceback", "{", "sk-")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_sandbox(tmp_path_factory.mktemp("behind")) as process:
        yield process


@pytest.fixture(scope="module", params=sorted(GATEWAYS))
def gateway_url(request: pytest.FixtureRequest, sandbox: Running, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp(request.param)
    with GATEWAYS[request.param](sandbox.url, folder) as url:
        yield url


@pytest.fixture
def upstream(gateway_url: str, transactional_db: None) -> Upstream:
    return Upstream.objects.declare(name="environment", base_url=gateway_url, api_key=KEY, is_private_allowed=True)


class Clicks:
    """What one click led to: its jobs, and the calls that were billed for it."""

    def __init__(self, sandbox: Running) -> None:
        self.sandbox = sandbox
        self.before = len(sandbox.lines(billed=True))

    def finish(self, generation: Generation) -> Job:
        jobs = Job.objects.filter(generation=generation)
        wait_until(lambda: not jobs.live().exists(), timeout=SECONDS)
        job = jobs.get()
        assert len(self.sandbox.lines(billed=True)) - self.before <= MOST_BILLED
        if job.state == Job.State.FAILED:
            says_what_happened(job)
        return job


def says_what_happened(job: Job) -> None:
    """A failed card has a plain sentence, and never calls free what may have been billed."""
    failure = Tile(job).failure
    assert failure is not None
    assert failure.sentence.endswith(".")
    assert not [word for word in INTERNAL if word in failure.sentence]
    assert "127.0.0.1" not in failure.detail


@pytest.fixture
def click(sandbox: Running, ben: User, submit: Submit) -> Callable[..., Job]:
    def click(prompt: str = "A harbour at dawn", **fields: Any) -> Job:
        clicks = Clicks(sandbox)
        return clicks.finish(submit(ben, prompt, **fields))

    return click


def came_or_may_have_been_charged(job: Job) -> None:
    assert job.state == Job.State.SUCCEEDED or (job.state, job.charge) == (Job.State.FAILED, Job.Charge.MAYBE)


def test_a_picture_comes(runner: Runner, click: Callable[..., Job]) -> None:
    assert click().state == Job.State.SUCCEEDED


@pytest.mark.parametrize(
    "fields",
    [
        {"stream": True, "partial_images": 2},
        {"quality": "high"},
        {"quality": "high", "size": Size(3840, 2160)},
    ],
    ids=["previews", "high", "4K"],
)
def test_a_streamed_picture_comes_at_the_second_click_at_the_latest(
    runner: Runner, click: Callable[..., Job], fields: dict[str, Any]
) -> None:
    first = click(**fields)
    came_or_may_have_been_charged(first)
    if first.state == Job.State.FAILED:
        assert click(f"A pier {uuid.uuid4()}", **fields).state == Job.State.SUCCEEDED
        assert not Upstream.objects.get().streams


def test_an_edit_with_a_mask_comes_or_says_why_not(
    runner: Runner, sandbox: Running, ben: User, client_of: Callable[[User], Client]
) -> None:
    client, clicks = client_of(ben), Clicks(sandbox)
    client.post("/pictures/", {"file": SimpleUploadedFile("photo.png", png((90, 120, 160)), "image/png")})
    picture = Picture.objects.latest("pk")
    fields = {"token": str(uuid.uuid4()), "prompt": "A glass button", "model": "gpt-image-2", "quality": "low"}
    mask = SimpleUploadedFile("mask.png", png((0, 0, 0, 255), hole=(300, 200, 600, 500)), "image/png")
    client.post(f"/pictures/{picture.pk}/mask/", {**fields, "n": "1", "lock": "on", "mask": mask})
    job = clicks.finish(Generation.objects.latest("pk"))
    assert job.state in (Job.State.SUCCEEDED, Job.State.FAILED)


def png(colour: tuple[int, ...], *, hole: tuple[int, int, int, int] | None = None) -> bytes:
    image = Image.new("RGBA" if hole else "RGB", (1024, 768), colour)
    if hole:
        ImageDraw.Draw(image).rectangle(hole, fill=(0, 0, 0, 0))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def test_a_turn_of_a_thread_comes_or_says_why_not(runner: Runner, sandbox: Running, ben: User) -> None:
    clicks = Clicks(sandbox)
    request = ImageRequest(prompt="A chair by a window", size=Size(1024, 1024), quality="low")
    spec = RefineSpec(thread=None, parent=None, base=None, mask=None, main_model="gpt-5.5", is_forced=True)
    submitted = Generation.objects.submit(owner=ben, request=request, token=uuid.uuid4(), now=timezone.now(), spec=spec)
    job = clicks.finish(submitted)
    assert job.state in (Job.State.SUCCEEDED, Job.State.FAILED)


def test_a_prompt_that_the_safety_system_refuses_is_not_sent_again(
    runner: Runner, sandbox: Running, click: Callable[..., Job]
) -> None:
    before = len(sandbox.lines())
    job = click("A harbour sandbox:refused")
    assert job.state == Job.State.FAILED
    assert len(sandbox.lines()) - before <= MOST_BILLED + 1
    assert not sandbox.lines(billed=True, fault="refused")


def test_a_limit_is_waited_for_and_nothing_is_charged(
    runner: Runner, sandbox: Running, ben: User, submit: Submit
) -> None:
    generation = submit(ben, "A harbour sandbox:429")
    attempts = Job.objects.filter(generation=generation, attempts__finished_at__isnull=False)
    wait_until(attempts.exists, timeout=SECONDS)
    job = generation.jobs.get()
    assert job.charge in ("", Job.Charge.NO)
    assert not sandbox.lines(billed=True, fault="429")
    job.cancel(now=timezone.now())


def test_a_wrong_key_is_said_to_admins_and_is_not_the_prompts_fault(
    runner: Runner, upstream: Upstream, gateway_url: str, ben: User, submit: Submit, sandbox: Running
) -> None:
    Upstream.objects.declare(name="environment", base_url=gateway_url, api_key="sk-invalid-0123456789abcdef")
    Upstream.objects.update(is_private_allowed=True)
    generation = submit(ben)
    wait_until(lambda: generation.jobs.get().attempts.exclude(finished_at=None).exists(), timeout=SECONDS)
    job = generation.jobs.get()
    if job.state == Job.State.FAILED:
        says_what_happened(job)
        assert job.error_kind != "request_refused"
        assert Alert.objects.open().exists() or job.charge == Job.Charge.NO
