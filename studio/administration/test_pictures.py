"""Test pictures: a small low-quality picture at one upstream only, paid by the admin who requests it."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext

from studio.accounts.models import User
from studio.generations import error_catalogue
from studio.generations.models import Generation, Job, TestPictureSpec
from studio.generations.tariffs import tariff_of
from studio.images import MODELS, ImageRequest, Size
from studio.ledger import prices
from studio.library.models import Picture
from studio.upstreams.models import Upstream

PROMPT = "A paper boat on calm water, soft morning light"
SMALLEST = Size(1024, 640)  # the smallest size the model accepts


@dataclass(frozen=True)
class TestPicture:
    """The job of a test picture, with its picture or the reason of its failure."""

    job: Job

    @property
    def picture(self) -> Picture | None:
        return next((picture for picture in self.job.pictures.all() if picture.trashed_at is None), None)

    @property
    def sentence(self) -> str:
        """Why it failed."""
        return gettext(error_catalogue.row_for(self.job, self.job.attempts.last()).message)


def request_for(upstream: Upstream) -> ImageRequest:
    known = [model.id for model in MODELS]
    offered = [name for name in upstream.image_models if name in known] or known
    return ImageRequest(prompt=PROMPT, model=offered[0], size=SMALLEST, quality="low", output_format="jpeg")


def price(upstream: Upstream, *, now: datetime) -> Decimal:
    """What a test picture will probably cost at this upstream, in USD."""
    request = request_for(upstream)
    tariff = tariff_of(upstream, rates=prices.rates(model=request.model, at=now), at=now)
    return tariff.estimate(request).expected


def submit(upstream: Upstream, *, owner: User, token: uuid.UUID, now: datetime) -> Job:
    """Submit a test picture; raise Refusal when the admin's budget or a rule of the studio refuses it."""
    generation = Generation.objects.submit(
        owner=owner,
        request=request_for(upstream),
        token=token,
        now=now,
        spec=TestPictureSpec(upstream=upstream),
        fallback=User.Fallback.NEVER,
    )
    return generation.jobs.get()


def latest(upstream: Upstream) -> TestPicture | None:
    """The upstream's latest test picture, if there is one."""
    job = upstream.test_jobs.select_related("generation", "owner").prefetch_related("pictures", "attempts").last()
    return TestPicture(job) if job else None
