"""Which job starts at which upstream: fair to people, true to what upstreams offer, and never two calls in one slot."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.utils import timezone

from studio.accounts.models import User
from studio.gateway import errors
from studio.generations import claims, outcomes, sweep
from studio.generations.models import Attempt, Job, Worker
from studio.images import Size
from studio.upstreams.models import Alert, Upstream

from .conftest import Submit

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture
def worker(db: None) -> Worker:
    return sweep.register(home="tests")


def upstream(name: str, **facts: Any) -> Upstream:
    facts = {"base_url": "http://127.0.0.1:9/v1", "api_key": "sk-0123456789abcdef", "is_private_allowed": True} | facts
    return Upstream.objects.declare(name=name, **facts)


def claimed(worker: Worker) -> list[Attempt]:
    calls = claims.claim_some(worker=worker, now=timezone.now())
    return [Attempt.objects.select_related("job", "upstream").get(pk=call.attempt_id) for call in calls]


def fail(attempt: Attempt, error: errors.GatewayError) -> Job:
    outcomes.fail(attempt.pk, error=error, now=timezone.now(), jitter=0.0)
    return Job.objects.get(pk=attempt.job_id)


def test_load_spreads_over_equal_upstreams(worker: Worker, ben: User, submit: Submit) -> None:
    upstream("A"), upstream("B")
    submit(ben, n=4)
    assert sorted(attempt.upstream_name for attempt in claimed(worker)) == ["A", "A", "B", "B"]


def test_nothing_starts_where_every_upstream_is_cooling_or_off(worker: Worker, ben: User, submit: Submit) -> None:
    upstream("A").cool_down(until=timezone.now() + timedelta(minutes=5), reason="rate_limited")
    upstream("B").switch_off()
    upstream("C").remove(now=timezone.now())
    submit(ben)
    assert claimed(worker) == []


def test_a_job_nobody_offers_a_model_for_does_not_hold_up_the_next(worker: Worker, ben: User, submit: Submit) -> None:
    upstream("A", image_models=["gpt-image-2-2026-04-21"])
    submit(ben)
    submit(ben, model="gpt-image-2-2026-04-21")
    assert [attempt.model for attempt in claimed(worker)] == ["gpt-image-2-2026-04-21"]


def test_lanes_are_filled_apart(worker: Worker, ben: User, submit: Submit) -> None:
    upstream("A", standard_slots=1, large_slots=2)
    submit(ben, size=Size(3840, 2160), n=3)
    submit(ben, n=3)
    slots = sorted((attempt.lane, attempt.slot) for attempt in claimed(worker))
    assert slots == [("large", 0), ("large", 1), ("standard", 0)]


def test_one_look_is_as_fair_as_many(worker: Worker, ben: User, cleo: User, ada: User, submit: Submit) -> None:
    upstream("A", standard_slots=3)
    submit(ben, n=3)
    claimed(worker)
    Upstream.objects.update(standard_slots=7)
    submit(ben, n=2), submit(cleo, n=5), submit(ada, n=1)
    owners = [attempt.job.owner for attempt in claimed(worker)]
    assert owners == [cleo, ada, cleo, cleo]


def test_two_workers_never_share_a_slot(worker: Worker, ben: User, submit: Submit) -> None:
    upstream("A", standard_slots=2)
    submit(ben, n=4)
    now = timezone.now()
    stale = list(claims.openings(now=now))
    others = claims.claim_some(worker=sweep.register(home="another"), now=now)
    assert len(others) == 2
    assert [claims.begin(job_id, at=berth, worker=worker, now=now) for job_id, berth in stale] == [None, None]


def test_a_key_that_cannot_be_opened_switches_off_and_the_job_goes_elsewhere(
    worker: Worker, ben: User, submit: Submit, settings: LazySettings
) -> None:
    lost = upstream("A", priority=9)
    settings.SEAL_KEYS = [Fernet.generate_key().decode()]
    upstream("B")
    submit(ben)
    assert [attempt.upstream_name for attempt in claimed(worker)] == ["B"]
    lost.refresh_from_db()
    assert (lost.is_enabled, lost.disabled_reason) == (False, "key_unreadable")
    assert Alert.objects.open().get().upstream == lost


@pytest.mark.parametrize(
    "error",
    [
        errors.ConnectFailed(),
        errors.Unavailable(status=502),
        errors.RateLimited(status=429, retry_after=3600),
        errors.WindowUsedUp(status=429, retry_after=3600),
        errors.QuotaSpent(status=429),
        errors.KeyRefused(status=401),
        errors.AccessDenied(status=403),
        errors.ModelNotFound(status=404),
    ],
    ids=lambda error: error.kind,
)
def test_what_another_upstream_may_manage_moves_there_at_once(
    error: errors.GatewayError, worker: Worker, ben: User, submit: Submit
) -> None:
    upstream("A", priority=9), upstream("B")
    submit(ben)
    [first] = claimed(worker)
    job = fail(first, error)
    assert (job.state, job.avoided) == ("queued", [first.upstream_id])
    [second] = claimed(worker)
    assert (first.upstream_name, second.upstream_name) == ("A", "B")


@pytest.mark.parametrize("error", [errors.ContentRefused(status=400), errors.RequestRefused(status=400)])
def test_what_is_wrong_with_the_wish_itself_moves_nowhere(
    error: errors.GatewayError, worker: Worker, ben: User, submit: Submit
) -> None:
    upstream("A"), upstream("B")
    submit(ben)
    [first] = claimed(worker)
    assert (fail(first, error).state, claimed(worker)) == ("failed", [])


@pytest.mark.parametrize("error", [errors.ConnectionCut(), errors.DeadlinePassed(), errors.LateFailure(status=502)])
def test_what_may_have_been_billed_moves_nowhere(
    error: errors.GatewayError, worker: Worker, ben: User, submit: Submit
) -> None:
    upstream("A"), upstream("B")
    submit(ben)
    [first] = claimed(worker)
    job = fail(first, error)
    assert (job.state, job.charge, claimed(worker)) == ("failed", "maybe", [])


def test_a_limit_without_another_upstream_waits_with_its_time(worker: Worker, ben: User, submit: Submit) -> None:
    only = upstream("A")
    submit(ben)
    job = fail(claimed(worker)[0], errors.WindowUsedUp(status=429, retry_after=3600))
    only.refresh_from_db()
    assert (job.state, job.waiting_for) == ("queued", "cooldown")
    assert job.not_before
    assert only.cooling_until
    assert abs(job.not_before - only.cooling_until) < timedelta(seconds=2)


def test_a_job_that_was_never_sent_says_until_when_every_gateway_rests(ben: User, submit: Submit) -> None:
    upstream("A").cool_down(until=timezone.now() + timedelta(hours=2), reason="window_used_up")
    soonest = timezone.now() + timedelta(hours=1)
    upstream("B").cool_down(until=soonest, reason="window_used_up")
    job = submit(ben).jobs.get()
    assert job.queue_words == f"every gateway rests until {timezone.localtime(soonest):%H:%M}"


def test_a_job_waits_for_whichever_upstream_is_ready_first(worker: Worker, ben: User, submit: Submit) -> None:
    upstream("A", priority=9), upstream("B")
    soon = timezone.now() + timedelta(minutes=2)
    Upstream.objects.get(name="B").cool_down(until=soon, reason="rate_limited")
    submit(ben)
    job = fail(claimed(worker)[0], errors.WindowUsedUp(status=429, retry_after=3600))
    assert (job.not_before, job.waiting_for) == (soon, "cooldown")


def test_an_early_502_is_tried_three_times_however_many_upstreams_there_are(
    worker: Worker, ben: User, submit: Submit
) -> None:
    for name in "ABCDE":
        upstream(name)
    generation = submit(ben)
    while found := claimed(worker):
        fail(found[0], errors.Unavailable(status=502))
    job = generation.jobs.get()
    assert (job.state, job.charge) == ("failed", "no")
    assert len({attempt.upstream_id for attempt in job.attempts.all()}) == job.attempts.count() == 3


def test_a_removed_or_deleted_upstream_lets_its_running_call_end_as_any_other(
    worker: Worker, ben: User, submit: Submit
) -> None:
    gone, deleted = upstream("A", standard_slots=1), upstream("B", standard_slots=1)
    generation = submit(ben, n=2)
    attempts = claimed(worker)
    gone.remove(now=timezone.now())
    deleted.delete()
    for attempt in attempts:
        assert outcomes.fail(attempt.pk, error=errors.ConnectFailed(), now=timezone.now(), jitter=0.0)
    assert {job.state for job in generation.jobs.all()} == {"queued"}
    assert {attempt.upstream_name for attempt in Attempt.objects.all()} == {"A", "B"}
