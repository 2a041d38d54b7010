"""The live feed: which events each stream gets."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from studio.accounts.models import User
from studio.create import live, live_feed
from studio.create.live_feed import BACKLOG, Delivery, Stream, poll_once
from studio.generations.models import Job
from studio.upstreams.models import Upstream
from tests.running import Submit

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture(autouse=True)
def upstream(transactional_db: None) -> Upstream:
    return Upstream.objects.declare(name="environment", base_url="http://127.0.0.1:9/v1", api_key="sk-test-012345678")


def sent_events(*streams: Stream) -> list[list[tuple[str, Any]]]:
    """What one poll sends to each stream, as (event, data)."""
    sent: dict[int, list[bytes]] = {id(stream): [] for stream in streams}

    def deliver(batch: list[Delivery]) -> None:
        for stream, message in batch:
            sent[id(stream)] += [part for part in message.split(b"\n\n") if part]

    poll_once(streams, deliver)
    return [[parsed(part) for part in sent[id(stream)]] for stream in streams]


def parsed(message: bytes) -> tuple[str, Any]:
    name, data = message.decode().strip().split("\n")
    return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def test_a_new_stream_gets_all_live_jobs_first(ben: User, submit: Submit) -> None:
    submit(ben, n=3)
    [events] = sent_events(Stream(ben.pk, "en"))
    assert [name for name, _data in events] == ["generation", "tile", "tile", "tile", "counts"]
    assert events[-1][1] == {"generating": 0, "stopping": 0, "queued": 3}


def test_nobody_gets_events_of_someone_elses_jobs(ben: User, cleo: User, submit: Submit) -> None:
    submit(ben, "A secret harbour")
    [_bens, cleos] = sent_events(Stream(ben.pk, "en"), Stream(cleo.pk, "en"))
    assert cleos == [("counts", {"generating": 0, "stopping": 0, "queued": 0})]


def test_only_what_changed_is_sent_again(ben: User, submit: Submit) -> None:
    generation, stream = submit(ben, n=2), Stream(ben.pk, "en")
    sent_events(stream)
    assert sent_events(stream) == [[]]
    changed = generation.jobs.last()
    assert changed
    changed.cancel(now=timezone.now())
    [events] = sent_events(stream)
    assert [(name, data.get("id"), data.get("state")) for name, data in events][:1] == [
        ("tile", changed.pk, "canceled")
    ]


def test_a_generation_from_another_browser_comes_as_a_whole_card(ben: User, submit: Submit) -> None:
    stream = Stream(ben.pk, "en")
    sent_events(stream)
    generation = submit(ben, "Made on the phone")
    [events] = sent_events(stream)
    assert events[0][0] == "generation"
    assert events[0][1]["id"] == generation.pk
    assert "Made on the phone" in events[0][1]["html"]


def test_a_card_submitted_just_before_the_stream_began_is_sent_too(ben: User, submit: Submit) -> None:
    submit(ben, "Filed while the page was on its way")
    [events] = sent_events(Stream(ben.pk, "en"))
    assert events[0][0] == "generation"


def test_jobs_a_page_has_shown_are_seen_and_the_others_are_not(
    ben: User, cleo: User, submit: Submit, client_of: Callable[[User], Client]
) -> None:
    shown, other = submit(ben, n=2).jobs.all()
    Job.objects.touch(state="failed", charge="no", error_kind="worker_died", finished_at=timezone.now())
    client_of(cleo).post("/away/", {"job": [shown.pk, other.pk]})
    assert Job.objects.finished_unseen().count() == 2
    client_of(ben).post("/away/", {"job": [shown.pk, "x", "9" * 30]})
    assert list(Job.objects.finished_unseen()) == [other]
    client_of(ben).post("/away/")
    assert not Job.objects.finished_unseen().exists()


def test_a_reader_that_falls_behind_is_cut_off(ben: User) -> None:
    stream = Stream(ben.pk, "en")
    for _message in range(BACKLOG + 1):
        stream.put(b"event: counts\ndata: {}\n\n")
    waiting = [stream.messages.get_nowait() for _message in range(stream.messages.qsize())]
    assert waiting[-1] is None


def scope(cookies: str) -> dict[str, Any]:
    return {"type": "http", "method": "GET", "path": "/live/", "headers": [(b"cookie", cookies.encode("latin-1"))]}


def test_the_stream_is_for_whoever_is_signed_in(ben: User, client_of: Callable[[User], Client]) -> None:
    client = client_of(ben)
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    assert live.viewer_of(scope(cookie)) == (ben.pk, "en")
    client.logout()
    assert live.viewer_of(scope(cookie)) is None


@pytest.mark.parametrize("cookies", ["", "sessionid=", "sessionid=wrong", "\xff\xfe; ;;=", "sessionid=" + "x" * 9000])
def test_an_invalid_cookie_opens_no_stream(cookies: str) -> None:
    assert live.viewer_of(scope(cookies)) is None


def test_a_tile_is_drawn_once_for_all_tabs_of_a_person(
    ben: User, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    draw = live_feed.tile_event
    monkeypatch.setattr(live_feed, "tile_event", lambda job: drawn.append(job.pk) or draw(job))
    tabs = [Stream(ben.pk, "en") for _tab in range(150)]
    submit(ben, n=2)
    sent = sent_events(*tabs)
    assert len(drawn) == 2
    assert all(events == sent[0] for events in sent)
    submit(ben)
    late = Stream(ben.pk, "en")
    *_others, behind = sent_events(*tabs, late)
    assert len(drawn) == 5  # the late tab lacks all three, and the others one of them
    assert [name for name, _data in behind].count("tile") == 3


def test_each_person_is_sent_to_before_the_next_ones_tiles_are_drawn(ben: User, cleo: User, submit: Submit) -> None:
    streams = [Stream(ben.pk, "en"), Stream(cleo.pk, "en")]
    submit(ben)
    submit(cleo)
    batches: list[list[int]] = []
    poll_once(streams, lambda batch: batches.append([stream.user_id for stream, _message in batch]))
    assert batches == [[ben.pk], [cleo.pk]]


# ── No change is lost ───────────────────────────────────────────────────────────────────────────────────────────────

AN_HOUR_AGO = timedelta(hours=1)
FAILED = {"state": "failed", "charge": "no", "error_kind": "worker_died"}


def end_long_ago(*jobs: Job) -> None:
    """As the row of a job looks that ended while nobody could look, or by a clock that is behind."""
    past = timezone.now() - AN_HOUR_AGO
    for job in jobs:
        job.row.touch(**FAILED, finished_at=past)
        job.row.update(changed_at=past)


def tiles_in(events: list[tuple[str, Any]]) -> list[tuple[int, str]]:
    return [(data["id"], data["state"]) for name, data in events if name == "tile"]


def test_a_tile_is_told_its_end_however_long_ago_that_was(ben: User, submit: Submit) -> None:
    first, second = submit(ben, n=2).jobs.all()
    streams = [Stream(ben.pk, "en"), Stream(ben.pk, "de")]
    sent_events(*streams)
    end_long_ago(first, second)
    for events in sent_events(*streams):
        assert tiles_in(events) == [(first.pk, "failed"), (second.pk, "failed")]
    assert sent_events(*streams) == [[], []]


def test_what_began_and_ended_by_a_clock_that_is_behind_comes_with_its_card(ben: User, submit: Submit) -> None:
    stream = Stream(ben.pk, "en")
    sent_events(stream)
    generation = submit(ben)
    past = timezone.now() - AN_HOUR_AGO
    generation.jobs.update(created_at=past, queued_at=past)
    generation.jobs.get().row.touch(**FAILED, finished_at=past)
    [events] = sent_events(stream)
    assert [(name, data["id"]) for name, data in events[:2]] == [
        ("generation", generation.pk),
        ("tile", generation.jobs.get().pk),
    ]


def test_what_began_and_ended_while_the_database_was_away_comes_with_its_card(ben: User, submit: Submit) -> None:
    stream = Stream(ben.pk, "en")
    sent_events(stream)
    stream.looked_at -= timedelta(minutes=10)
    generation = submit(ben)
    past = timezone.now() - timedelta(minutes=5)
    generation.jobs.get().row.touch(**FAILED, finished_at=past)
    generation.jobs.update(created_at=past, changed_at=past)
    [events] = sent_events(stream)
    assert [name for name, _data in events] == ["generation", "tile", "counts"]


def test_what_changes_long_after_the_end_is_told_too(ben: User, submit: Submit) -> None:
    job, stream = submit(ben).jobs.get(), Stream(ben.pk, "en")
    end_long_ago(job)
    sent_events(stream)
    assert sent_events(stream) == [[]]
    job.row.touch()
    [events] = sent_events(stream)
    assert tiles_in(events) == [(job.pk, "failed")]


def test_a_tile_that_cannot_be_shown_holds_up_nobody_elses_and_is_sent_when_it_can(
    ben: User, cleo: User, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    bens, cleos = Stream(ben.pk, "en"), Stream(cleo.pk, "en")
    sent_events(bens, cleos)
    job = submit(ben).jobs.get()
    submit(cleo)
    with monkeypatch.context() as broken:
        draw = live_feed.tile_event
        broken.setattr(live_feed, "tile_event", lambda job: 1 / 0 if job.owner_id == ben.pk else draw(job))
        [nothing, events] = sent_events(bens, cleos)
        assert nothing == []
        assert [name for name, _data in events] == ["generation", "tile", "counts"]
    assert bens.looked_at < cleos.looked_at  # whatever else has ended by then is looked for again as well
    [events, nothing] = sent_events(bens, cleos)
    assert tiles_in(events) == [(job.pk, "queued")]
    assert nothing == []


def test_a_change_that_is_committed_after_a_later_one_was_sent_is_sent_as_well(ben: User, submit: Submit) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("one writer at a time: nothing can be committed out of order")
    early, late = submit(ben, n=2).jobs.all()
    stream = Stream(ben.pk, "en")
    sent_events(stream)
    has_written, may_commit = threading.Event(), threading.Event()

    def write_early() -> None:
        with transaction.atomic():
            early.row.touch(**FAILED, finished_at=timezone.now())
            has_written.set()
            may_commit.wait(60)
        connection.close()

    writer = threading.Thread(target=write_early)
    writer.start()
    assert has_written.wait(60)
    late.row.touch(**FAILED, finished_at=timezone.now())
    assert tiles_in(sent_events(stream)[0]) == [(late.pk, "failed")]
    may_commit.set()
    writer.join()
    assert tiles_in(sent_events(stream)[0]) == [(early.pk, "failed")]
