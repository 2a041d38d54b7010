"""The second check of a prompt: the moderation endpoint of an upstream, called before any job of the generation runs.

A generation submitted while an upstream has a moderation endpoint waits for it: its jobs are `is_unchecked`, which only
this module resets, so that no other reason to wait can end before the check. `claim_checks` gives a worker generations
for CLAIMED_FOR, `finish_check` writes the result. Checking twice does no harm and costs nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from studio.accounts.models import StudioSettings
from studio.core.encryption import Undecryptable
from studio.core.wakeups import wake_on_commit
from studio.gateway import BadEndpoint, Endpoint, Timeouts
from studio.gateway.errors import GatewayError
from studio.gateway.studio_errors import CheckOutOfReach, PromptRefused
from studio.generations.models import Generation, Job
from studio.safety.models import SafetyNote
from studio.safety.moderation import refused_category
from studio.threads.context import prompt_texts
from studio.upstreams.models import Upstream

BATCH = 4  # generations a worker claims at once
CLAIMED_FOR = timedelta(seconds=60)  # after which another worker may check them
TIMEOUTS = Timeouts(connect=4, deadline=8, silence=8)  # seconds a check may take before it counts as out of reach


@dataclass(frozen=True)
class PromptCheck:
    """One call of a moderation endpoint with all texts of a generation."""

    generation_id: int
    text: str
    endpoint: Endpoint


def claim_checks(*, now: datetime) -> list[PromptCheck]:
    """Claim up to BATCH unchecked generations; where no upstream has a moderation any more, let them all pass."""
    unclaimed = Job.objects.unchecked().filter(Q(check_until=None) | Q(check_until__lte=now))
    generation_ids = list(unclaimed.order_by().values_list("generation", flat=True).distinct()[:BATCH])
    if not generation_ids:
        return []
    upstream = Upstream.objects.ready(now=now).can_moderate().first() or Upstream.objects.can_moderate().first()
    if upstream is None:
        for generation_id in generation_ids:
            pass_generation(generation_id)
        return []
    try:
        endpoint = upstream.endpoint
    except (BadEndpoint, Undecryptable):
        for generation_id in generation_ids:
            finish_check(generation_id, scores=None, now=now)
        return []
    until = now + CLAIMED_FOR
    claimed = [each for each in generation_ids if unclaimed.filter(generation=each).update(check_until=until)]
    generations = Generation.objects.in_bulk(claimed)
    return [PromptCheck(each, "\n\n".join(prompt_texts(generations[each])), endpoint) for each in claimed]


def finish_check(generation_id: int, *, scores: dict[str, float] | None, now: datetime) -> None:
    """Pass or fail a generation by its scores; without scores, by the studio's setting for an unreachable check."""
    settings = StudioSettings.load()
    if scores is None:
        if settings.moderation_fails_open:
            log_verdict(generation_id, verdict=SafetyNote.Verdict.UNCHECKED, category="", now=now)
            pass_generation(generation_id)
        else:
            log_verdict(generation_id, verdict=SafetyNote.Verdict.UNREACHED, category="", now=now)
            fail_generation(generation_id, error=CheckOutOfReach, now=now)
    elif category := refused_category(scores, settings.moderation_thresholds):
        log_verdict(generation_id, verdict=SafetyNote.Verdict.REFUSED, category=category, now=now)
        fail_generation(generation_id, error=PromptRefused, now=now)
    else:
        pass_generation(generation_id)


def log_verdict(generation_id: int, *, verdict: str, category: str, now: datetime) -> None:
    jobs = list(Job.objects.unchecked().filter(generation=generation_id).select_related("generation__owner")[:1])
    for job in jobs:  # none if it was canceled or checked meanwhile
        SafetyNote.objects.record(
            person=job.generation.owner,
            source=SafetyNote.Source.MODERATION,
            verdict=verdict,
            category=category,
            text="\n\n".join(prompt_texts(job.generation)),
            job_id=job.pk,
            now=now,
        )


@transaction.atomic
def pass_generation(generation_id: int) -> None:
    jobs = Job.objects.filter(generation=generation_id)
    jobs.unchecked().filter(waiting_for=Job.WaitingFor.MODERATION).touch(waiting_for=Job.WaitingFor.SLOT)
    jobs.filter(is_unchecked=True).update(is_unchecked=False, check_until=None)
    wake_on_commit()


@transaction.atomic
def fail_generation(generation_id: int, *, error: type[GatewayError], now: datetime) -> None:
    """Fail all its jobs with nothing charged; a retry is checked again."""
    failed = {"state": Job.State.FAILED, "charge": Job.Charge.NO, "error_kind": error.kind, "finished_at": now}
    for job in Job.objects.unchecked().filter(generation=generation_id):
        if job.row.unchecked().touch(check_until=None, **failed):
            job.release(now=now)
