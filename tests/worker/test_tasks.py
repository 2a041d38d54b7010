"""Image tasks: whatever happens to the worker, they are paid for once and their pictures are fetched."""

import asyncio
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from studio.accounts.models import User
from studio.gateway import Gateway
from studio.generations import claims
from studio.generations.models import Attempt, Job, Worker
from studio.ledger.models import Entry
from studio.library.models import Picture
from studio.upstreams.models import Upstream
from studio.worker import sweep
from studio.worker.runner import Runner
from tests.running import Submit, wait_for_jobs, wait_until
from tests.sandbox.conftest import Running

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture
def upstream(upstream: Upstream) -> Upstream:
    Upstream.objects.update(can_async=True)
    return upstream


def lines(sandbox: Running, attempt: Attempt) -> list[dict[str, object]]:
    return sandbox.lines(id=str(attempt.client_request_id))


def start_task(attempt_id: int) -> Attempt:
    """Do what a worker does before it dies: start an image task and store its id."""
    attempt = Attempt.objects.get(pk=attempt_id)
    call = claims.build_call(attempt)

    async def start_task() -> None:
        async def store_id(task_id: str) -> None:
            call.body_path.with_suffix(".id").write_text(task_id)
            raise asyncio.CancelledError  # the worker is killed before it asks for the first time

        async with Gateway() as gateway:
            await gateway.generate(
                endpoint=call.endpoint,
                request=call.request,
                body_path=call.body_path,
                client_request_id=call.client_request_id,
                on_task=store_id,
            )

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(start_task())
    id_file = call.body_path.with_suffix(".id")
    Attempt.objects.filter(pk=attempt_id).update(task_id=id_file.read_text(), sent_at=timezone.now())
    id_file.unlink()
    return Attempt.objects.get(pk=attempt_id)


@pytest.fixture
def orphan(upstream: Upstream, ben: User, submit: Submit) -> Attempt:
    """The attempt of a running task whose worker was killed."""
    submit(ben, f"A harbour {uuid.uuid4()}")
    worker = sweep.register(home="the one that dies")
    [call] = claims.claim_batch(worker=worker, now=timezone.now())
    attempt = start_task(call.attempt_id)
    Worker.objects.filter(pk=worker.pk).update(beat_at=timezone.now() - Worker.SILENCE - timedelta(seconds=1))
    return attempt


def test_a_picture_is_asked_for_as_a_task_where_the_upstream_takes_some(
    upstream: Upstream, runner: Runner, sandbox: Running, ben: User, submit: Submit
) -> None:
    [job] = wait_for_jobs(submit(ben, f"A harbour {uuid.uuid4()}", quality="high"))
    attempt = job.attempts.get()
    assert (job.state, job.charge) == ("succeeded", "yes")
    assert attempt.task_id.startswith("imgtask_")
    assert attempt.output_image_tokens
    [line] = lines(sandbox, attempt)
    assert (line["billed"], line["stream"]) == (True, False)


def test_a_request_with_previews_is_streamed_although_tasks_are_possible(
    upstream: Upstream, runner: Runner, ben: User, submit: Submit
) -> None:
    [job] = wait_for_jobs(submit(ben, f"A harbour {uuid.uuid4()}", stream=True, partial_images=1))
    assert (job.state, job.partial_count, job.attempts.get().task_id) == ("succeeded", 1, "")


def test_a_gateway_without_tasks_is_asked_at_once_and_never_again_for_one(
    upstream: Upstream, runner: Runner, sandbox: Running, ben: User, submit: Submit
) -> None:
    [job] = wait_for_jobs(submit(ben, f"A harbour {uuid.uuid4()} sandbox:no-tasks"))
    refused, drawn = job.attempts.order_by("pk")
    assert (job.state, refused.error_kind, drawn.task_id) == ("succeeded", "tasks_refused", "")
    assert [line["billed"] for attempt in (refused, drawn) for line in lines(sandbox, attempt)] == [False, True]
    assert Upstream.objects.get().facts.state("async") == "missing"


def test_the_task_of_a_killed_worker_is_picked_up_and_paid_once(
    orphan: Attempt, sandbox: Running, runner: Runner
) -> None:
    job = wait_until(lambda: Job.objects.filter(pk=orphan.job_id, state="succeeded").first())
    attempt = job.attempts.get()
    assert (job.charge, attempt.outcome, attempt.pk) == ("yes", "succeeded", orphan.pk)
    assert Picture.objects.filter(result__job=job).count() == 1
    assert [line["billed"] for line in lines(sandbox, attempt)] == [True]
    assert Entry.objects.filter(verb="settle").count() == 1
    assert Entry.objects.get(verb="settle").certainty == "exact"
    assert attempt.worker_id != orphan.worker_id


def test_one_worker_alone_takes_a_task_over(orphan: Attempt) -> None:
    survivor = sweep.register(home="the one that lives")
    assert [call.task_id for call in sweep.adopt_tasks(worker=survivor, own_calls=frozenset())] == [orphan.task_id]
    assert sweep.adopt_tasks(worker=survivor, own_calls=frozenset({orphan.pk})) == []
    assert sweep.sweep(worker=survivor, own_calls=frozenset({orphan.pk})) == 0


def test_a_task_that_waits_for_a_worker_is_no_unknown_outcome(orphan: Attempt) -> None:
    assert sweep.sweep(worker=sweep.register(home="the one that lives"), own_calls=frozenset()) == 0
    assert Job.objects.get(pk=orphan.job_id).state == "running"


@pytest.mark.parametrize("change", [{"started_at": timezone.now() - timedelta(hours=25)}, {"upstream": None}])
def test_a_task_that_nobody_can_ask_about_is_an_unknown_outcome(orphan: Attempt, change: dict[str, object]) -> None:
    Attempt.objects.filter(pk=orphan.pk).update(**change)
    survivor = sweep.register(home="the one that lives")
    assert sweep.adopt_tasks(worker=survivor, own_calls=frozenset()) == []
    assert sweep.sweep(worker=survivor, own_calls=frozenset()) == 1
    assert Job.objects.get(pk=orphan.job_id).charge == "maybe"


def test_a_task_the_gateway_forgot_may_have_been_charged(
    upstream: Upstream, runner: Runner, ben: User, submit: Submit
) -> None:
    [job] = wait_for_jobs(submit(ben, f"A harbour {uuid.uuid4()} sandbox:task-lost"))
    assert (job.state, job.charge, job.error_kind) == ("failed", "maybe", "late_failure")


def test_a_task_that_was_refused_costs_nothing(upstream: Upstream, runner: Runner, ben: User, submit: Submit) -> None:
    # At high quality: what is low may have been drawn by the time of the first look.
    [job] = wait_for_jobs(submit(ben, f"A harbour {uuid.uuid4()} sandbox:task-failed", quality="high"))
    assert (job.state, job.charge, job.error_kind) == ("failed", "no", "content_refused")
