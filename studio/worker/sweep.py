"""The sweep: finishes the attempts of dead workers, with the reply in the inbox or else as an unknown outcome."""

import logging
import time
from datetime import datetime, timedelta
from enum import Enum, auto

from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from studio.core import key_fingerprints
from studio.gateway.errors import ConnectionCut, GatewayError
from studio.gateway.studio_errors import NoRoom, ServerAway, WorkerDied
from studio.generations import claims, kept_replies
from studio.generations.claims import Call
from studio.generations.models import Attempt, AttemptQuerySet, Worker
from studio.library import files, inbox, outbox

from . import outcomes

log = logging.getLogger(__name__)

INTERVAL = 5.0  # seconds
LEFTOVER_BATCH = 4
ABANDONED_AFTER = timedelta(seconds=60)  # an attempt of this worker this old without a running call is abandoned


def database_now() -> datetime:
    """The time shared by all workers: the database's, where the database is a server."""
    if connection.vendor == "sqlite":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        return cursor.fetchone()[0]


def register(*, home: str) -> Worker:
    """Write the row of a new worker. Earlier workers of the same home are dead, since it holds their lock now."""
    Worker.objects.filter(home=home, stopped_at=None).update(stopped_at=Now())
    for attempt_id, task_id in Attempt.objects.unfinished().filter(worker__home=home).values_list("pk", "task_id"):
        if task_id:  # half a word about a task is no reply: the task is asked again
            inbox.remove_part(attempt_id)
        else:
            inbox.adopt_part(attempt_id)
        outbox.clear(attempt_id)
    return Worker.objects.create(
        home=home,
        secret_key=key_fingerprints.of_secret_key(),
        encryption_key=key_fingerprints.of_encryption_keys()[0],
    )


def differing_keys(*, home: str) -> list[str]:
    """The variables whose keys are others in workers of the studio that are alive."""
    return Worker.objects.alive(now=database_now()).exclude(home=home).differing_keys()


def beat(*, worker: Worker) -> None:
    Worker.objects.filter(pk=worker.pk).update(beat_at=Now())


def sign_off(*, worker: Worker) -> None:
    Worker.objects.filter(pk=worker.pk).update(stopped_at=Now())


def is_sweeper(worker: Worker, *, now: datetime) -> bool:
    """Whether this worker sweeps for all: the oldest one alive does."""
    oldest = Worker.objects.alive(now=now).order_by("started_at", "pk").first()
    return oldest is None or oldest.pk == worker.pk


class Others(Enum):
    """Whether attempts of other workers are looked at as well."""

    JUDGED = auto()
    LEFT_ALONE = auto()


def abandoned_attempts(*, worker: Worker, own_calls: frozenset[int], others: Others, now: datetime) -> AttemptQuerySet:
    """Unfinished attempts without a running call at a living worker."""
    unfinished = Attempt.objects.unfinished()
    lost = unfinished.filter(worker=worker, started_at__lt=now - ABANDONED_AFTER).exclude(pk__in=own_calls)
    if others is Others.LEFT_ALONE or not is_sweeper(worker, now=now):
        return lost
    return lost | Attempt.objects.orphaned(now=now).exclude(worker=worker)


def adopt_tasks(*, worker: Worker, own_calls: frozenset[int], others: Others = Others.JUDGED) -> list[Call]:
    """Take over image tasks that no worker waits for any more; return the calls that wait for them."""
    now = database_now()
    abandoned = abandoned_attempts(worker=worker, own_calls=own_calls, others=others, now=now).with_task(now=now)
    return [
        call
        for attempt in abandoned.select_related("upstream", "job__generation")
        if (call := take_over(attempt, worker))
    ]


def can_adopt(attempt: Attempt) -> bool:
    """Whether its task can be fetched; not needed where its reply is in the inbox already."""
    return bool(attempt.upstream and attempt.upstream.has_readable_key and not inbox.find(attempt.pk))


def release_claims(*, worker: Worker, started: frozenset[int]) -> None:
    """Give back the jobs whose claim was written and whose call was never begun: the answer to the claim was lost."""
    lost = Attempt.objects.unfinished().filter(worker=worker, task_id="").exclude(pk__in=started)
    for attempt_id in lost.values_list("pk", flat=True):
        outcomes.fail(attempt_id, error=ServerAway(), now=timezone.now(), jitter=0.0)


def take_over(attempt: Attempt, worker: Worker) -> Call | None:
    """The call that waits for an attempt's task; None if it has none or another worker was faster."""
    if not can_adopt(attempt):
        return None
    row = Attempt.objects.filter(pk=attempt.pk, worker=attempt.worker_id).unfinished()
    return claims.build_call(attempt) if row.update(worker=worker) else None


def sweep(*, worker: Worker, own_calls: frozenset[int], others: Others = Others.JUDGED) -> int:
    """Finish abandoned attempts and leftover replies; return how many. `adopt_tasks` handles those with a task."""
    begun = time.monotonic()
    now = database_now()
    if time.monotonic() - begun > Worker.BEAT:
        others = Others.LEFT_ALONE  # the database was silent, and so nobody could write a heartbeat
    abandoned = abandoned_attempts(worker=worker, own_calls=own_calls, others=others, now=now)
    adoptable = {attempt.pk for attempt in abandoned.with_task(now=now) if can_adopt(attempt)}
    attempt_ids = [pk for pk in abandoned.values_list("pk", flat=True) if pk not in adoptable]
    if is_sweeper(worker, now=now):
        attempt_ids += leftovers()
        outcomes.expire_consent_requests(now=now)
        outcomes.end_long_waits(now=now)
    return sum(finish_safely(attempt_id, now=now) for attempt_id in attempt_ids)


def finish_safely(attempt_id: int, *, now: datetime) -> bool:
    """Finish one attempt; an error is logged, does not stop the others, and the attempt is tried again."""
    try:
        return finish_attempt(attempt_id, now=now)
    except Exception:
        log.exception("attempt %s could not be swept", attempt_id)
        return False


def leftovers() -> list[int]:
    """Up to LEFTOVER_BATCH replies in the inbox of failed attempts: they waited for storage space, or came late."""
    given_up = Attempt.objects.filter(pk__in=inbox.complete_replies())
    for attempt_id in given_up.filter(outcome=Attempt.Outcome.SUCCEEDED).values_list("pk", flat=True):
        inbox.remove(attempt_id)
    return list(given_up.filter(outcome=Attempt.Outcome.UNKNOWN).values_list("pk", flat=True)[:LEFTOVER_BATCH])


def finish_attempt(attempt_id: int, *, now: datetime) -> bool:
    """Finish one abandoned attempt, or read a reply that was left; True when that changed something."""
    try:
        if inbox.find(attempt_id):
            outcomes.complete(attempt_id, received=None, now=now)
            return True
        return outcomes.fail(attempt_id, error=WorkerDied(), now=now, jitter=0.0)
    except files.StorageFull as error:
        return outcomes.fail(attempt_id, error=NoRoom(str(error)), now=now, jitter=0.0)
    except GatewayError as error:
        has_failed = outcomes.fail(attempt_id, error=reason_of(error), now=now, jitter=0.0)
        kept_replies.keep(attempt_id, error=error, now=now)
        return has_failed


def reason_of(error: GatewayError) -> GatewayError:
    """Why an abandoned attempt failed: a reply that breaks off does so because its worker died."""
    if not isinstance(error, ConnectionCut):
        return error
    died = WorkerDied()
    died.add_bill(usage=error.usage, text_usage=error.text_usage, reported_cost=error.reported_cost)
    return died
