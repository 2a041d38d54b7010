"""The second check of a wish's words: the moderation of an upstream, asked by the runner before anything is drawn.

A wish filed while an upstream has a moderation waits for it: its jobs are `is_unchecked`, which nothing but this module
changes, so that no other reason to wait can end sooner than the check. `take` gives a worker the wishes to check for a
while, `conclude` writes what came of it. Asking twice harms nothing and costs nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from studio.accounts.models import StudioSettings
from studio.gateway import BadEndpoint, Endpoint, Timeouts
from studio.gateway.errors import GatewayError
from studio.seal import Unsealable
from studio.upstreams.models import Upstream

from .claims import endpoint_of
from .errors import CheckOutOfReach, PromptRefused
from .models import Generation, Job, SafetyNote
from .wakeups import wake_on_commit

# From which score on a category is refused, where the studio has not said otherwise. 1 lets everything pass.
THRESHOLDS = {
    "sexual/minors": 0.2,
    "sexual": 0.85,
    "harassment": 0.95,
    "harassment/threatening": 0.8,
    "hate": 0.75,
    "hate/threatening": 0.5,
    "illicit": 0.85,
    "illicit/violent": 0.6,
    "self-harm": 0.8,
    "self-harm/intent": 0.6,
    "self-harm/instructions": 0.5,
    "violence": 0.97,
    "violence/graphic": 0.85,
}
AT_ONCE = 4  # wishes a worker takes
TAKEN_FOR = timedelta(seconds=60)  # after which another worker may check them
PATIENCE = Timeouts(connect=4, deadline=8, silence=8)  # seconds a check may take before it counts as out of reach


@dataclass(frozen=True)
class Check:
    """One question to a moderation: all that a wish sends in words."""

    generation_id: int
    text: str
    endpoint: Endpoint


def take(*, now: datetime) -> list[Check]:
    """Some wishes that nobody is checking; none is left waiting where no upstream has a moderation any more."""
    free = Job.objects.unchecked().filter(Q(check_until=None) | Q(check_until__lte=now))
    wishes = list(free.order_by().values_list("generation", flat=True).distinct()[:AT_ONCE])
    if not wishes:
        return []
    upstream = Upstream.objects.ready(now=now).can_moderate().first() or Upstream.objects.can_moderate().first()
    if upstream is None:
        for wish in wishes:
            let_pass(wish)
        return []
    try:
        endpoint = endpoint_of(upstream)
    except (BadEndpoint, Unsealable):
        for wish in wishes:
            conclude(wish, scores=None, now=now)
        return []
    mine = [wish for wish in wishes if free.filter(generation=wish).update(check_until=now + TAKEN_FOR)]
    found = Generation.objects.in_bulk(mine)
    return [Check(wish, "\n\n".join(found[wish].words_sent()), endpoint) for wish in mine]


def conclude(generation_id: int, *, scores: dict[str, float] | None, now: datetime) -> None:
    """Let a wish go on or end it, by what the moderation said, or by the studio's word where it said nothing."""
    settings = StudioSettings.load()
    if scores is None:
        if settings.moderation_fails_open:
            note(generation_id, verdict=SafetyNote.Verdict.UNCHECKED, category="", now=now)
            let_pass(generation_id)
        else:
            note(generation_id, verdict=SafetyNote.Verdict.UNREACHED, category="", now=now)
            end(generation_id, error=CheckOutOfReach, now=now)
    elif category := refused_category(scores, settings.moderation_thresholds):
        note(generation_id, verdict=SafetyNote.Verdict.REFUSED, category=category, now=now)
        end(generation_id, error=PromptRefused, now=now)
    else:
        let_pass(generation_id)


def refused_category(scores: dict[str, float], chosen: dict[str, float]) -> str:
    """The category whose score lies furthest above its threshold; "" where none does."""
    limits = THRESHOLDS | chosen
    over = {name: score - limits[name] for name, score in scores.items() if name in limits and limits[name] < 1}
    worst = max(over, key=lambda name: over[name], default="")
    return worst if worst and over[worst] >= 0 else ""


def note(generation_id: int, *, verdict: str, category: str, now: datetime) -> None:
    jobs = list(Job.objects.unchecked().filter(generation=generation_id).select_related("generation__owner")[:1])
    for job in jobs:  # none where it was canceled or checked meanwhile
        SafetyNote.objects.note(
            person=job.generation.owner,
            source=SafetyNote.Source.MODERATION,
            verdict=verdict,
            category=category,
            text="\n\n".join(job.generation.words_sent()),
            job=job,
            now=now,
        )


@transaction.atomic
def let_pass(generation_id: int) -> None:
    jobs = Job.objects.filter(generation=generation_id)
    jobs.unchecked().filter(waiting_for=Job.WaitingFor.MODERATION).touch(waiting_for=Job.WaitingFor.SLOT)
    jobs.filter(is_unchecked=True).update(is_unchecked=False, check_until=None)
    wake_on_commit()


@transaction.atomic
def end(generation_id: int, *, error: type[GatewayError], now: datetime) -> None:
    """Nothing was sent to be drawn, so nothing is charged; a retry asks again."""
    over = {"state": Job.State.FAILED, "charge": Job.Charge.NO, "error_kind": error.kind, "finished_at": now}
    for job in Job.objects.unchecked().filter(generation=generation_id):
        if job.row.unchecked().touch(check_until=None, **over):
            job.release(now=now)
