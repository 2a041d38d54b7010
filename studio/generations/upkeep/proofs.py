"""The paid proof: a small low picture, drawn at one upstream or not at all, like any other picture of the admin."""

import uuid
from datetime import datetime
from decimal import Decimal

from studio.accounts.models import User
from studio.images import MODELS, ImageRequest, Size
from studio.ledger import prices
from studio.upstreams.models import Upstream

from ..models import Generation, Job
from ..models.generation import Proof
from ..tariffs import tariff_of

PROMPT = "A paper boat on calm water, soft morning light"
SMALLEST = Size(1024, 640)  # the fewest pixels the model draws


def request_for(upstream: Upstream) -> ImageRequest:
    known = [model.id for model in MODELS]
    offered = [name for name in upstream.image_models if name in known] or known
    return ImageRequest(prompt=PROMPT, model=offered[0], size=SMALLEST, quality="low", output_format="jpeg")


def price(upstream: Upstream, *, now: datetime) -> Decimal:
    """About what a proof costs there, in USD."""
    request = request_for(upstream)
    tariff = tariff_of(upstream, rates=prices.rates(model=request.model, at=now), at=now)
    return tariff.estimate(request).expected


def submit(upstream: Upstream, *, owner: User, token: uuid.UUID, now: datetime) -> Job:
    """File a proof; raise NotFiled when the admin's budget or a rule of the studio refuses it."""
    generation = Generation.objects.submit(
        owner=owner,
        request=request_for(upstream),
        token=token,
        now=now,
        edit=Proof(upstream=upstream),
        fallback=User.Fallback.NEVER,
    )
    return generation.jobs.get()


def latest(upstream: Upstream) -> Job | None:
    """The last proof that was asked for, with all that is shown of it."""
    proofs = upstream.proofs.select_related("generation", "owner")
    return proofs.prefetch_related("pictures", "attempts").order_by("-pk").first()
