"""What to do next with an edit's result that could not be put back onto its source: one click each, with its price."""

import uuid
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from studio.generations import quotes
from studio.generations.models import Job, Kind, job_of
from studio.generations.repetition import repeated_request
from studio.library.models import Picture

from .composer import new_token
from .failure_actions import usable_upstreams

WHOLE, ELSEWHERE = "whole", "elsewhere"
LABELS: dict[str, Promise] = {
    WHOLE: gettext_lazy("Send the whole picture"),
    ELSEWHERE: gettext_lazy("Try another upstream"),
}


@dataclass(frozen=True)
class Offer:
    """A button that submits the edit once more; `price` is what it will probably cost, in USD."""

    name: str
    label: str
    price: Decimal
    token: uuid.UUID


def repetition_offers(picture: Picture) -> list[Offer]:
    """The ways to repeat the edit of an unlocked result; none for any other picture."""
    job = job_of(picture) if is_unlocked(picture) else None
    if job is None or job.generation.kind != Kind.EDIT or job.generation.mask is None:
        return []
    names = [WHOLE] if job.generation.is_precise else []
    tried = {attempt.upstream_id for attempt in job.attempts.all()}
    if any(pk not in tried for pk in usable_upstreams()):
        names.append(ELSEWHERE)
    return [offer(name, job) for name in names]


def offer(name: str, job: Job) -> Offer:
    request = repeated_request(job.generation, is_whole=name == WHOLE)
    price = quotes.expected_price(job.pricing_inputs, request, now=timezone.now())
    return Offer(name=name, label=str(LABELS[name]), price=price, token=new_token())


def is_unlocked(picture: Picture) -> bool:
    """Whether it was to be put back onto its source and was not."""
    return picture.lock_verdict not in ("", Picture.Lock.LOCKED)
