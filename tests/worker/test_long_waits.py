"""A picture that finds no slot for hours: it says since when and why, can go elsewhere or stop, and ends uncharged."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from studio.accounts.models import User
from studio.create import waiting
from studio.create.live_feed import Stream
from studio.create.tiles import Tile
from studio.generations.models import Job
from studio.ledger.models import Entry
from studio.upstreams.models import Upstream
from studio.web.templatetags.formatting import clock as time_of_day
from studio.worker import sweep
from tests.clock import Clock
from tests.create.test_live import sent_events
from tests.running import Submit

pytestmark = pytest.mark.usefixtures("transactional_db", "clock")

ClientOf = Callable[[User], Client]


def declared(name: str) -> Upstream:
    return Upstream.objects.declare(name=name, base_url="http://127.0.0.1:9/v1", api_key="sk-test-012345678")


@pytest.fixture(autouse=True)
def upstream(transactional_db: None) -> Upstream:
    """A gateway that takes no pictures at all."""
    upstream = declared("Full")
    Upstream.objects.filter(pk=upstream.pk).update(standard_slots=0)
    return upstream


@pytest.fixture
def sweep_now(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    monkeypatch.setattr(sweep, "database_now", lambda: clock.now)
    worker = sweep.register(home="tests")
    return lambda: sweep.sweep(worker=worker, own_calls=frozenset())


def test_a_tile_that_has_waited_long_says_since_when_and_why(ben: User, submit: Submit, clock: Clock) -> None:
    job = submit(ben).jobs.get()
    assert Tile(job).waiting_sentence == "queued: no gateway here takes such pictures"
    began = clock.now
    clock.pass_by(seconds=waiting.LONG.total_seconds() + 1)
    since = f"queued since {time_of_day(began)}: "
    assert Tile(job).waiting_sentence == f"{since}no gateway here takes such pictures"
    Upstream.objects.update(standard_slots=1, paused_until=clock.now + timedelta(hours=3))
    clock.pass_by(seconds=waiting.SHORT)
    until = time_of_day(clock.now + timedelta(hours=3) - timedelta(seconds=waiting.SHORT))
    assert Tile(job).waiting_sentence == f"{since}all gateways are paused until {until}"


def test_a_page_that_stands_open_is_told_since_when_it_waits(ben: User, submit: Submit, clock: Clock) -> None:
    job, stream, began = submit(ben).jobs.get(), Stream(ben.pk, "en"), clock.now
    sent_events(stream)
    clock.pass_by(seconds=waiting.LONG.total_seconds() + 1)
    [events] = sent_events(stream)
    sentence = f"queued since {time_of_day(began)}: no gateway here takes such pictures"
    assert events == [("waiting", {"id": job.pk, "text": sentence})]


def test_after_a_failure_elsewhere_the_wait_still_counts_from_when_its_person_queued_it(
    ben: User, submit: Submit, clock: Clock
) -> None:
    job, began = submit(ben).jobs.get(), clock.now
    clock.pass_by(hours=5)
    job.row.touch(state="queued", waiting_for="cooldown", not_before=clock.now + timedelta(minutes=5))
    job.refresh_from_db()
    assert Tile(job).waiting_sentence.startswith(f"queued since {time_of_day(began)}: paused until ")


def test_it_can_be_sent_to_another_gateway_or_stopped(
    ben: User, client_of: ClientOf, submit: Submit, clock: Clock
) -> None:
    stubborn, other = submit(ben).jobs.get(), submit(ben, "A pier").jobs.get()
    Job.objects.update(avoided=[declared("Kept away from").pk])
    client = client_of(ben)
    assert "Try another upstream" not in client.get("/").content.decode()
    clock.pass_by(hours=2)
    html = client.get("/").content.decode()
    for job in (stubborn, other):
        assert f"/jobs/{job.pk}/rerouting/" in html
        assert f"/jobs/{job.pk}/cancellation/" in html
    client.post(f"/jobs/{stubborn.pk}/rerouting/")
    assert Job.objects.get(pk=stubborn.pk).avoided == []
    client.post(f"/jobs/{other.pk}/cancellation/")
    assert (Job.objects.get(pk=other.pk).state, Job.objects.get(pk=other.pk).charge) == ("canceled", "no")
    assert [entry.job_id for entry in Entry.objects.open_reservations()] == [stubborn.pk]


def test_it_ends_after_the_studios_limit_with_nothing_charged(
    ben: User, client_of: ClientOf, submit: Submit, clock: Clock, sweep_now: Callable[[], int]
) -> None:
    job = submit(ben).jobs.get()
    clock.pass_by(hours=23, minutes=59)
    sweep_now()
    assert Job.objects.get().state == "queued"
    clock.pass_by(minutes=1)
    sweep_now()
    job.refresh_from_db()
    assert (job.state, job.charge, job.error_kind) == ("failed", "no", "waited_too_long")
    assert job.finished_at == clock.now
    assert list(Entry.objects.order_by("pk").values_list("verb", flat=True)) == ["reserve", "release"]
    assert Entry.objects.booked().sum() == 0
    html = client_of(ben).get("/").content.decode()
    assert "No gateway had room for this picture for so long that the studio stopped waiting." in html
    assert f"/jobs/{job.pk}/retry/" in html


def test_the_limit_is_the_studios_to_set(
    ben: User, submit: Submit, clock: Clock, sweep_now: Callable[[], int], settings: Any
) -> None:
    settings.QUEUE_HOURS = 1
    submit(ben)
    clock.pass_by(hours=1)
    sweep_now()
    assert Job.objects.get().error_kind == "waited_too_long"


def test_trying_again_begins_a_new_wait(ben: User, submit: Submit, clock: Clock, sweep_now: Callable[[], int]) -> None:
    job = submit(ben).jobs.get()
    clock.pass_by(hours=24)
    sweep_now()
    assert Job.objects.get().retry(now=clock.now)
    clock.pass_by(hours=23)
    sweep_now()
    job.refresh_from_db()
    assert (job.state, job.round) == ("queued", 2)


def test_what_waits_for_a_decision_is_not_ended_for_want_of_a_slot(
    ben: User, submit: Submit, clock: Clock, sweep_now: Callable[[], int]
) -> None:
    submit(ben)
    Job.objects.update(waiting_for=Job.WaitingFor.APPROVAL)
    clock.pass_by(hours=25)
    sweep_now()
    assert Job.objects.get().state == "queued"
