"""Fixtures for conversations: turns written as rows, as a runner would have left them."""

import io
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image

from studio.accounts.models import User
from studio.generations.models import Generation, Job, Result
from studio.images import ImageRequest, Size
from studio.library import files
from studio.library.models import Mask, Picture
from studio.threads.models import Thread, Turn
from studio.threads.specs import RefineSpec
from studio.upstreams.models import Upstream
from tests.composer_form import FORM

TURN_FORM = {name: value for name, value in FORM.items() if name != "n"} | {
    "prompt": "A red boat",
    "main_model": "gpt-5.5",
    "way": "open",
    "parent": "",
    "base": "",
    "mask": "",
}


def turn_form(**fields: Any) -> dict[str, Any]:
    """The POST data of a thread's composer."""
    return TURN_FORM | {"token": str(uuid.uuid4())} | {name: str(value) for name, value in fields.items()}


@pytest.fixture
def gateway(db: None) -> Upstream:
    """An upstream without a runner: jobs stay queued."""
    return Upstream.objects.declare(
        name="environment", base_url="http://127.0.0.1:9", api_key="sk-test-0123456789abcdef", standard_slots=4
    )


def store_picture(size: tuple[int, int] = (64, 64), colour: str = "#884422") -> files.Stored:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return files.store(out.getvalue())


AddTurn = Callable[..., Turn]


@pytest.fixture
def add_turn(gateway: Upstream) -> AddTurn:
    """Add a turn and its reply: `add_turn(ben, "warmer", after=turn, draws=1)`."""
    file = store_picture()

    def add_turn(
        owner: User,
        words: str = "A red boat",
        *,
        after: Turn | None = None,
        base: Picture | None = None,
        mask: Mask | None = None,
        answer: str = "Here it is.",
        draws: int = 1,
        file: files.Stored = file,
        references: Sequence[Picture] = (),
        is_forced: bool = False,
        is_answered: bool = True,
        size: Size = Size(1024, 1024),  # noqa: B008
    ) -> Turn:
        request = ImageRequest(prompt=words, size=size, quality="low")
        spec = RefineSpec(
            thread=after.thread if after else None,
            parent=after,
            base=base or (last_of(after) if after else None),
            mask=mask,
            main_model="gpt-5.5",
            is_forced=is_forced,
        )
        generation = Generation.objects.submit(
            owner=owner, request=request, token=uuid.uuid4(), now=timezone.now(), spec=spec, references=references
        )
        if is_answered:
            complete_turn(generation, answer=answer, draws=draws, file=file)
        return Turn.objects.get(generation=generation)

    return add_turn


def complete_turn(generation: Generation, *, answer: str, draws: int, file: files.Stored) -> None:
    job = generation.jobs.get()
    Job.objects.filter(pk=job.pk).update(state=Job.State.SUCCEEDED, charge=Job.Charge.YES, finished_at=timezone.now())
    Turn.objects.filter(generation=generation).update(answer=answer, text_price=Decimal("0.004"))
    for _number in range(draws):
        picture = Picture.objects.create(
            owner=generation.owner,
            prompt=generation.prompt,
            price=Decimal("0.006"),
            source=generation.source,
            **file.fields(),
        )
        Result.objects.create(job=job, picture=picture)


def last_of(turn: Turn) -> Picture | None:
    """The newest picture of a turn."""
    return Picture.objects.filter(result__job__generation=turn.generation_id).order_by("-pk").first()


def thread_count(owner: User) -> int:
    return Thread.objects.filter(owner=owner).count()
