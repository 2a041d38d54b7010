"""Conversations written as rows, as a runner would have left them."""

import io
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image

from studio.accounts.models import User
from studio.generations.models import Generation, Job, Thread, Turn
from studio.generations.threads.filing import Refinement
from studio.images import ImageRequest, Size
from studio.library import files
from studio.library.models import Mask, Picture
from studio.upstreams.models import Upstream
from tests.wish import FORM

WISH = {name: value for name, value in FORM.items() if name != "n"} | {
    "prompt": "A red boat",
    "main_model": "gpt-5.5",
    "way": "open",
    "parent": "",
    "base": "",
    "mask": "",
}


def posted(**fields: Any) -> dict[str, Any]:
    """What the thread's composer posts."""
    return WISH | {"token": str(uuid.uuid4())} | {name: str(value) for name, value in fields.items()}


@pytest.fixture
def gateway(db: None) -> Upstream:
    """A gateway that nothing is sent to: jobs stay queued."""
    return Upstream.objects.declare(
        name="environment", base_url="http://127.0.0.1:9", api_key="sk-test-0123456789abcdef", standard_slots=4
    )


def stored(size: tuple[int, int] = (64, 64), colour: str = "#884422") -> files.Stored:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return files.store(out.getvalue())


Say = Callable[..., Turn]


@pytest.fixture
def say(gateway: Upstream) -> Say:
    """Say something and have it answered: `say(ben, "warmer", after=turn, draws=1)`."""
    file = stored()

    def say(
        owner: User,
        words: str = "A red boat",
        *,
        after: Turn | None = None,
        base: Picture | None = None,
        mask: Mask | None = None,
        answer: str = "Here it is.",
        draws: int = 1,
        kept: files.Stored = file,
        references: Sequence[Picture] = (),
        is_forced: bool = False,
        is_answered: bool = True,
        size: Size = Size(1024, 1024),  # noqa: B008
    ) -> Turn:
        request = ImageRequest(prompt=words, size=size, quality="low")
        refinement = Refinement(
            thread=after.thread if after else None,
            parent=after,
            base=base or (last_of(after) if after else None),
            mask=mask,
            main_model="gpt-5.5",
            is_forced=is_forced,
        )
        generation = Generation.objects.submit(
            owner=owner, request=request, token=uuid.uuid4(), now=timezone.now(), edit=refinement, references=references
        )
        if is_answered:
            answered(generation, answer=answer, draws=draws, kept=kept)
        return Turn.objects.get(generation=generation)

    return say


def answered(generation: Generation, *, answer: str, draws: int, kept: files.Stored) -> None:
    job = generation.jobs.get()
    Job.objects.filter(pk=job.pk).update(state=Job.State.SUCCEEDED, charge=Job.Charge.YES, finished_at=timezone.now())
    Turn.objects.filter(generation=generation).update(answer=answer, text_price=Decimal("0.004"))
    for _number in range(draws):
        Picture.objects.create(
            owner=generation.owner,
            job=job,
            prompt=generation.prompt,
            price=Decimal("0.006"),
            source=generation.source,
            **kept.fields(),
        )


def last_of(turn: Turn) -> Picture | None:
    """The newest picture that came of a turn."""
    return Picture.objects.filter(job__generation=turn.generation_id).order_by("-pk").first()


def number_of_threads(owner: User) -> int:
    return Thread.objects.filter(owner=owner).count()
