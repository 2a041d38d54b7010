"""The sweep: attempts and replies that dead workers left."""

import base64
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image

from studio import images
from studio.accounts.models import User
from studio.gateway.studio_errors import WorkerDied
from studio.generations import claims, kept_replies
from studio.generations.models import Attempt, Job, KeptReply, Worker
from studio.ledger.models import Entry
from studio.library import inbox
from studio.library.models import Picture
from studio.upstreams.models import Upstream
from studio.worker import outcomes, sweep
from tests.running import Submit

pytestmark = pytest.mark.usefixtures("transactional_db", "upstream")

USAGE = {
    "input_tokens": 5,
    "output_tokens": 196,
    "total_tokens": 201,
    "input_tokens_details": {"text_tokens": 5, "image_tokens": 0},
}
COST = images.cost(images.Usage(input_text_tokens=5, output_image_tokens=196), images.LIST_RATES)


@pytest.fixture
def attempt(ben: User, submit: Submit) -> Iterator[Attempt]:
    """A running call of a worker that is about to die."""
    submit(ben)
    [call] = claims.claim_batch(worker=sweep.register(home="the one that dies"), now=timezone.now())
    yield Attempt.objects.get(pk=call.attempt_id)
    inbox.remove(call.attempt_id)


@pytest.fixture
def sweeper(attempt: Attempt) -> Worker:
    return sweep.register(home="the one that lives")


def silence(worker: Worker) -> None:
    Worker.objects.filter(pk=worker.pk).update(beat_at=timezone.now() - Worker.SILENCE - timedelta(seconds=1))


def write_reply(attempt: Attempt, **more: Any) -> None:
    """Put a complete reply of an attempt into the inbox."""
    picture = io.BytesIO()
    Image.new("RGB", (1024, 1024), "teal").save(picture, "png")
    reply = {"created": 1, "data": [{"b64_json": base64.b64encode(picture.getvalue()).decode()}], "usage": USAGE}
    inbox.path(attempt.pk).write_text(json.dumps(reply | more))


def run_sweep(sweeper: Worker) -> int:
    return sweep.sweep(worker=sweeper, own_calls=frozenset())


def job_of(attempt: Attempt) -> Job:
    return Job.objects.get(pk=attempt.job_id)


def test_the_call_of_a_worker_that_lives_is_left_alone(attempt: Attempt, sweeper: Worker) -> None:
    write_reply(attempt)
    silence(sweeper)
    assert run_sweep(attempt.worker) == run_sweep(sweeper) == 0
    assert job_of(attempt).state == "running"


def test_a_call_without_a_reply_may_have_been_charged(attempt: Attempt, sweeper: Worker) -> None:
    silence(attempt.worker)
    assert run_sweep(sweeper) == 1
    job = job_of(attempt)
    assert (job.state, job.charge, job.error_kind) == ("failed", "maybe", "worker_died")
    assert Entry.objects.get(verb="settle").certainty == "maybe"
    assert not Entry.objects.open_reservations().exists()


def test_a_reply_left_in_the_inbox_becomes_a_picture(attempt: Attempt, sweeper: Worker) -> None:
    write_reply(attempt)
    silence(attempt.worker)
    assert run_sweep(sweeper) == 1
    assert (job_of(attempt).state, job_of(attempt).charge) == ("succeeded", "yes")
    assert Picture.objects.get().price == Entry.objects.get(verb="settle").amount == COST
    assert inbox.find(attempt.pk) is None


def test_a_late_reply_of_a_swept_call_is_stored_and_its_price_corrected(attempt: Attempt, sweeper: Worker) -> None:
    silence(attempt.worker)
    run_sweep(sweeper)
    write_reply(attempt)
    outcomes.complete(attempt.pk, received=None, now=timezone.now())
    job = job_of(attempt)
    assert (job.state, job.charge, job.error_kind) == ("succeeded", "yes", "")
    assert Picture.objects.get(result__job=job).price == COST
    assert [entry.verb for entry in Entry.objects.order_by("pk")] == ["reserve", "settle", "correct"]
    assert Entry.objects.booked().sum() == COST
    assert not Entry.objects.unsure().exists()


def test_a_late_reply_is_found_by_the_sweep_too(attempt: Attempt, sweeper: Worker) -> None:
    silence(attempt.worker)
    run_sweep(sweeper)
    write_reply(attempt)
    assert run_sweep(sweeper) == 1
    assert job_of(attempt).state == "succeeded"
    assert run_sweep(sweeper) == 0


def test_a_late_reply_leaves_a_job_that_was_tried_again_as_it_is(attempt: Attempt, sweeper: Worker) -> None:
    silence(attempt.worker)
    run_sweep(sweeper)
    assert job_of(attempt).retry(now=timezone.now())
    write_reply(attempt)
    assert run_sweep(sweeper) == 1
    assert (job_of(attempt).state, job_of(attempt).round) == ("queued", 2)
    assert Picture.objects.filter(result__job=attempt.job_id).count() == 1
    assert Entry.objects.open_reservations().get().round == 2


def test_a_reply_is_delivered_once_however_often_it_is_found(attempt: Attempt, sweeper: Worker) -> None:
    for _ in range(2):
        write_reply(attempt)
        outcomes.complete(attempt.pk, received=None, now=timezone.now())
    assert Picture.objects.count() == 1
    assert Entry.objects.filter(verb="settle").count() == 1


def test_the_end_of_a_swept_call_comes_too_late(attempt: Attempt, sweeper: Worker) -> None:
    write_reply(attempt)
    outcomes.complete(attempt.pk, received=None, now=timezone.now())
    assert not outcomes.fail(attempt.pk, error=WorkerDied(), now=timezone.now(), jitter=0)
    assert job_of(attempt).state == "succeeded"


def test_a_left_reply_without_a_usable_picture_is_kept_for_its_person(attempt: Attempt, sweeper: Worker) -> None:
    write_reply(attempt, data=[{"b64_json": base64.b64encode(b"no picture").decode()}])
    silence(attempt.worker)
    assert run_sweep(sweeper) == 1
    assert (job_of(attempt).state, job_of(attempt).charge) == ("failed", "yes")
    assert kept_replies.stored_reply(attempt.job.owner, attempt.kept_reply.pk)
    assert inbox.find(attempt.pk) is None


def test_a_reply_after_a_cancel_is_stored_and_marked(attempt: Attempt, sweeper: Worker) -> None:
    job_of(attempt).cancel(now=timezone.now())
    write_reply(attempt)
    silence(attempt.worker)
    run_sweep(sweeper)
    assert (job_of(attempt).state, job_of(attempt).charge) == ("canceled", "yes")
    assert Picture.objects.get().is_after_cancel


def test_the_successor_at_the_same_home_need_not_wait_for_the_silence(ben: User, submit: Submit) -> None:
    submit(ben)
    [call] = claims.claim_batch(worker=sweep.register(home="home"), now=timezone.now())
    half = call.body_path.with_name(f"{call.attempt_id}.part")
    half.write_bytes(b'{"created": ')
    successor = sweep.register(home="home")
    assert not half.exists()
    assert run_sweep(successor) == 1
    job = Job.objects.get(pk=call.job_id)
    assert (job.state, job.charge, job.error_kind) == ("failed", "maybe", "worker_died")
    kept = KeptReply.objects.get(attempt=call.attempt_id)
    assert default_storage.open(kept.file).read() == b'{"created": '


def test_a_picture_that_had_come_before_the_worker_died_is_delivered(ben: User, submit: Submit) -> None:
    submit(ben)
    [call] = claims.claim_batch(worker=sweep.register(home="home"), now=timezone.now())
    picture = io.BytesIO()
    Image.new("RGB", (1024, 1024), "teal").save(picture, "png")
    done = {"type": "image_generation.completed", "b64_json": base64.b64encode(picture.getvalue()).decode()}
    half = call.body_path.with_name(f"{call.attempt_id}.part")
    half.write_text(f"data: {json.dumps(done)}\n\n: still open\n")
    assert run_sweep(sweep.register(home="home")) == 1
    assert Job.objects.get(pk=call.job_id).state == "succeeded"


def test_only_the_oldest_living_worker_sweeps(attempt: Attempt, sweeper: Worker) -> None:
    younger = sweep.register(home="another")
    silence(attempt.worker)
    assert run_sweep(younger) == 0
    assert run_sweep(sweeper) == 1


def test_an_own_call_that_lost_its_end_is_finished_after_a_minute(attempt: Attempt) -> None:
    assert run_sweep(attempt.worker) == 0
    Attempt.objects.update(started_at=timezone.now() - sweep.ABANDONED_AFTER)
    assert sweep.sweep(worker=attempt.worker, own_calls=frozenset({attempt.pk})) == 0
    assert run_sweep(attempt.worker) == 1
    assert job_of(attempt).state == "failed"


def test_the_slots_of_a_dead_worker_are_free_again(attempt: Attempt, sweeper: Worker) -> None:
    upstream = Upstream.objects.get()
    assert Attempt.objects.taken_slots() == {(upstream.pk, "standard"): {0}}
    silence(attempt.worker)
    run_sweep(sweeper)
    assert Attempt.objects.taken_slots() == {}
