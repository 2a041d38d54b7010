"""Which job starts at which upstream: fair to people, only where its model is offered, never two calls in one slot."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.utils import timezone

from studio.accounts.models import User
from studio.create.tiles import Tile
from studio.gateway import errors
from studio.generations import claims
from studio.generations.models import Attempt, Job, Worker
from studio.images import Size
from studio.upstreams import health_effects
from studio.upstreams.models import Alert, Upstream
from studio.web.templatetags.formatting import clock
from studio.worker import outcomes, sweep
from tests.running import Submit

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture
def worker(db: None) -> Worker:
    return sweep.register(home="tests")


def upstream(name: str, **facts: Any) -> Upstream:
    facts = {"base_url": "http://127.0.0.1:9/v1", "api_key": "sk-0123456789abcdef", "is_private_allowed": True} | facts
    return Upstream.objects.declare(name=name, **facts)


def claimed(worker: Worker) -> list[Attempt]:
    calls = claims.claim_batch(worker=worker, now=timezone.now())
    return [Attempt.objects.select_related("job", "upstream").get(pk=call.attempt_id) for call in calls]


def fail(attempt: Attempt, error: errors.GatewayError) -> Job:
    outcomes.fail(attempt.pk, error=error, now=timezone.now(), jitter=0.0)
    return Job.objects.get(pk=attempt.job_id)


def test_load_spreads_over_equal_upstreams(worker: Worker, ben: User, submit: Submit) -> None:
    upstream("A"), upstream("B")
    submit(ben, n=4)
    assert sorted(attempt.upstream_name for attempt in claimed(worker)) == ["A", "A", "B", "B"]


def test_nothing_starts_where_every_upstream_is_cooling_or_off(worker: Worker, ben: User, submit: Submit) -> None:
    upstream("A").pause(until=timezone.now() + timedelta(minutes=5), reason="rate_limited")
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


def test_one_pass_is_as_fair_as_many(worker: Worker, ben: User, cleo: User, ada: User, submit: Submit) -> None:
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
    stale = list(claims.assignments(now=now))
    others = claims.claim_batch(worker=sweep.register(home="another"), now=now)
    assert len(others) == 2
    assert [claims.claim_job(job_id, slot=slot, worker=worker, now=now) for job_id, slot in stale] == [None, None]


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
def test_a_request_that_is_refused_itself_is_not_moved(
    error: errors.GatewayError, worker: Worker, ben: User, submit: Submit
) -> None:
    upstream("A"), upstream("B")
    submit(ben)
    [first] = claimed(worker)
    assert (fail(first, error).state, claimed(worker)) == ("failed", [])


@pytest.mark.parametrize("error", [errors.ConnectionCut(), errors.DeadlinePassed(), errors.LateFailure(status=502)])
def test_a_job_that_may_have_been_billed_is_not_moved(
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
    assert job.not_before == only.snapshot.held_until(job.need, lane="standard", now=timezone.now())


def test_a_queued_job_shows_until_when_every_gateway_is_paused(ben: User, submit: Submit) -> None:
    upstream("A").pause(until=timezone.now() + timedelta(hours=2), reason="window_used_up")
    soonest = timezone.now() + timedelta(hours=1)
    upstream("B").pause(until=soonest, reason="window_used_up")
    job = submit(ben).jobs.get()
    assert Tile(job).waiting_sentence == f"queued: all gateways are paused until {clock(soonest)}"


def test_a_job_waits_for_whichever_upstream_is_ready_first(worker: Worker, ben: User, submit: Submit) -> None:
    upstream("A", priority=9), upstream("B")
    soon = timezone.now() + timedelta(minutes=2)
    Upstream.objects.get(name="B").pause(until=soon, reason="rate_limited")
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


# ── Held by the kind of call ──


def previews(submit: Submit, owner: User) -> Job:
    return submit(owner, "A pier", stream=True, partial_images=2).jobs.get()


def test_a_plain_picture_starts_at_once_though_seven_streams_have_failed(
    worker: Worker, ada: User, ben: User, submit: Submit
) -> None:
    upstream("A")
    for _time in range(7):
        previews(submit, ada)
        for attempt in claimed(worker):
            fail(attempt, errors.ConnectionCut())
        Upstream.objects.update(paused_until=None)
    waiting, plain = previews(submit, ada), submit(ben).jobs.get()
    assert [attempt.job for attempt in claimed(worker)] == [plain]
    assert "paused until" in Tile(waiting).waiting_sentence


def test_a_stream_that_was_held_is_tried_by_one_call_and_the_others_follow(
    worker: Worker, ben: User, submit: Submit
) -> None:
    only = upstream("A")
    for _time in range(3):
        previews(submit, ben)
        [attempt] = claimed(worker)
        fail(attempt, errors.ConnectionCut())
    let_pauses_end(only)
    for _time in range(3):
        previews(submit, ben)
    [attempt] = claimed(worker)
    assert claimed(worker) == []
    health_effects.record_picture(
        only, is_as_requested=True, now=timezone.now(), call=attempt.call_facts, is_streamed=True
    )
    assert len(claimed(worker)) == 2


def let_pauses_end(upstream: Upstream) -> None:
    upstream.refresh_from_db()
    past = (timezone.now() - timedelta(seconds=1)).isoformat()
    breakers = {key: breaker | {"until": past} for key, breaker in upstream.breakers.items()}
    Upstream.objects.filter(pk=upstream.pk).update(breakers=breakers)
    Job.objects.queued().update(not_before=None)
    upstream.refresh_from_db()


def test_four_jobs_at_a_limit_make_one_call_at_a_time_and_ever_fewer(worker: Worker, ben: User, submit: Submit) -> None:
    only = upstream("A")
    generation = submit(ben, n=4)
    now, calls = timezone.now(), 0
    end = now + timedelta(minutes=70)
    while now < end:
        for call in claims.claim_batch(worker=worker, now=now):
            calls += 1
            outcomes.fail(call.attempt_id, error=errors.RateLimited(status=429), now=now, jitter=0.0)
        now += timedelta(seconds=5)
    only.refresh_from_db()
    assert calls < 4 + 12
    assert {job.state for job in generation.jobs.all()} == {"queued"}


def test_the_jobs_that_waited_for_a_limit_start_when_one_of_them_gets_its_picture(
    worker: Worker, ben: User, submit: Submit
) -> None:
    only = upstream("A")
    submit(ben, n=3)
    for attempt in claimed(worker):
        fail(attempt, errors.RateLimited(status=429))
    let_pauses_end(only)
    Job.objects.exclude(pk=Job.objects.first().pk).update(not_before=timezone.now() + timedelta(hours=1))
    [attempt] = claimed(worker)
    assert health_effects.record_picture(only, is_as_requested=True, now=timezone.now(), call=attempt.call_facts)
    Job.objects.resume_after_limit(lane="standard")
    assert len(claimed(worker)) == 2


# ── How soon a picture can be there ──


def test_how_late_an_answer_is_depends_on_the_picture(worker: Worker, ben: User, submit: Submit) -> None:
    upstream("A", standard_slots=9)
    for quality in ("low", "medium", "high"):
        submit(ben, quality=quality)
    early = [claims.early_seconds(attempt) for attempt in claimed(worker)]
    assert early == [2.0, 5.0, 16.25]


def test_how_late_an_answer_is_depends_on_what_the_upstream_took_before(
    worker: Worker, ben: User, submit: Submit
) -> None:
    upstream("A", standard_slots=9)
    submit(ben, n=3)
    Attempt.objects.filter(pk__in=[attempt.pk for attempt in claimed(worker)]).update(
        outcome="succeeded", finished_at=timezone.now(), latency=12.5, is_as_requested=True
    )
    submit(ben)
    [attempt] = claimed(worker)
    assert claims.early_seconds(attempt) == 10.0
