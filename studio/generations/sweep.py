"""The sweep: finishes what dead workers left, from the inbox where there is a reply, else as an unknown outcome."""

import logging
import shutil
from datetime import datetime, timedelta

from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from studio.gateway.errors import GatewayError
from studio.library import files, inbox

from . import claims, edits, outcomes
from .claims import Call
from .errors import NoRoom, WorkerDied
from .models import Attempt, Worker
from .models.attempt import AttemptQuerySet

log = logging.getLogger(__name__)

INTERVAL = 5.0  # seconds
LEFTOVERS_AT_ONCE = 4
UNWATCHED = timedelta(seconds=60)  # an own attempt this old without a call behind it has lost its end


def database_now() -> datetime:
    """The time all workers share: the database's, where it is another machine's."""
    if connection.vendor == "sqlite":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        return cursor.fetchone()[0]


def register(*, home: str) -> Worker:
    """Begin a worker's life. Its predecessors at the same home are dead: the lock on the data folder says so."""
    Worker.objects.filter(home=home, stopped_at=None).update(stopped_at=Now())
    for attempt_id in Attempt.objects.unfinished().filter(worker__home=home).values_list("pk", flat=True):
        inbox.remove_part(attempt_id)
        shutil.rmtree(edits.folder_of(attempt_id), ignore_errors=True)
    return Worker.objects.create(home=home)


def beat(*, worker: Worker) -> None:
    Worker.objects.filter(pk=worker.pk).update(beat_at=Now())


def sign_off(*, worker: Worker) -> None:
    Worker.objects.filter(pk=worker.pk).update(stopped_at=Now())


def is_sweeper(worker: Worker, *, now: datetime) -> bool:
    """One worker sweeps at a time: the oldest that is alive."""
    oldest = Worker.objects.alive(now=now).order_by("started_at", "pk").first()
    return oldest is None or oldest.pk == worker.pk


def unwatched(*, worker: Worker, own_calls: frozenset[int], now: datetime) -> AttemptQuerySet:
    """Unfinished attempts that no living worker has a call for."""
    unfinished = Attempt.objects.unfinished()
    lost = unfinished.filter(worker=worker, started_at__lt=now - UNWATCHED).exclude(pk__in=own_calls)
    if not is_sweeper(worker, now=now):
        return lost
    return lost | Attempt.objects.orphaned(now=now).exclude(worker=worker)


def adopt(*, worker: Worker, own_calls: frozenset[int]) -> list[Call]:
    """Take over the tasks that nobody waits for any more; return the calls that wait for them."""
    now = database_now()
    found = unwatched(worker=worker, own_calls=own_calls, now=now).with_task(now=now)
    return [
        call for attempt in found.select_related("upstream", "job__generation") if (call := taken_over(attempt, worker))
    ]


def is_to_be_adopted(attempt: Attempt) -> bool:
    """Whether its task is worth asking about, and can be; where its reply is here it is not."""
    return bool(attempt.upstream and attempt.upstream.has_readable_key and not inbox.find(attempt.pk))


def taken_over(attempt: Attempt, worker: Worker) -> Call | None:
    """The call that waits for an attempt's task; None where there is none, or where somebody else was quicker."""
    if not is_to_be_adopted(attempt):
        return None
    mine = Attempt.objects.filter(pk=attempt.pk, worker=attempt.worker_id).unfinished()
    return claims.call_of(attempt) if mine.update(worker=worker) else None


def sweep(*, worker: Worker, own_calls: frozenset[int]) -> int:
    """Finish orphaned attempts and leftover replies; return how many. Those with a task are `adopt`'s."""
    now = database_now()
    found = unwatched(worker=worker, own_calls=own_calls, now=now)
    waited_for = {attempt.pk for attempt in found.with_task(now=now) if is_to_be_adopted(attempt)}
    swept = [pk for pk in found.values_list("pk", flat=True) if pk not in waited_for]
    if is_sweeper(worker, now=now):
        swept += leftovers()
        outcomes.lapse_questions(now=now)
    return sum(finish_safely(attempt_id, now=now) for attempt_id in swept)


def finish_safely(attempt_id: int, *, now: datetime) -> bool:
    """Finish one attempt; whatever is wrong with it never keeps the others waiting, and it is tried again."""
    try:
        return finish(attempt_id, now=now)
    except Exception:
        log.exception("attempt %s could not be swept", attempt_id)
        return False


def leftovers() -> list[int]:
    """Replies in the inbox whose attempt was given up: they waited for room, or came late. A few at a time."""
    over = Attempt.objects.filter(pk__in=inbox.leftovers())
    for attempt_id in over.filter(outcome=Attempt.Outcome.SUCCEEDED).values_list("pk", flat=True):
        inbox.remove(attempt_id)
    return list(over.filter(outcome=Attempt.Outcome.UNKNOWN).values_list("pk", flat=True)[:LEFTOVERS_AT_ONCE])


def finish(attempt_id: int, *, now: datetime) -> bool:
    """Finish one attempt nobody watches; True when that changed something."""
    try:
        if inbox.find(attempt_id):
            outcomes.deliver(attempt_id, received=None, now=now)
            return True
        return outcomes.fail(attempt_id, error=WorkerDied(), now=now, jitter=0.0)
    except files.StorageFull as error:
        return outcomes.fail(attempt_id, error=NoRoom(str(error)), now=now, jitter=0.0)
    except GatewayError as error:
        inbox.set_aside(attempt_id)
        return outcomes.fail(attempt_id, error=error, now=now, jitter=0.0)
