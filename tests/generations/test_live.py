"""The live feed: who hears of what."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from studio.accounts.models import User
from studio.generations import live
from studio.generations.models import Job
from studio.generations.poller import BACKLOG, Stream, look
from studio.upstreams.models import Upstream

from .conftest import Submit

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture(autouse=True)
def upstream(transactional_db: None) -> Upstream:
    return Upstream.objects.declare(name="environment", base_url="http://127.0.0.1:9/v1", api_key="sk-test-012345678")


def heard(*streams: Stream) -> list[list[tuple[str, Any]]]:
    """What one look sends to each stream, as (event, data)."""
    batches, _is_busy = look(list(streams))
    return [[parsed(message) for message in messages] for _stream, messages in batches]


def parsed(message: bytes) -> tuple[str, Any]:
    name, data = message.decode().strip().split("\n")
    return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def test_a_new_stream_hears_of_all_live_jobs_first(ben: User, submit: Submit) -> None:
    submit(ben, n=3)
    [events] = heard(Stream(ben.pk, "en"))
    assert [name for name, _data in events] == ["generation", "tile", "tile", "tile", "counts"]
    assert events[-1][1] == {"drawing": 0, "queued": 3}


def test_nobody_hears_of_someone_elses_jobs(ben: User, cleo: User, submit: Submit) -> None:
    submit(ben, "A secret harbour")
    [_bens, cleos] = heard(Stream(ben.pk, "en"), Stream(cleo.pk, "en"))
    assert cleos == [("counts", {"drawing": 0, "queued": 0})]


def test_only_what_changed_is_sent_again(ben: User, submit: Submit) -> None:
    generation, stream = submit(ben, n=2), Stream(ben.pk, "en")
    heard(stream)
    assert heard(stream) == [[]]
    changed = generation.jobs.last()
    assert changed
    changed.cancel(now=timezone.now())
    [events] = heard(stream)
    assert [(name, data.get("id"), data.get("state")) for name, data in events][:1] == [
        ("tile", changed.pk, "canceled")
    ]


def test_a_card_made_elsewhere_comes_whole(ben: User, submit: Submit) -> None:
    stream = Stream(ben.pk, "en")
    heard(stream)
    generation = submit(ben, "Made on the phone")
    [events] = heard(stream)
    assert events[0][0] == "generation"
    assert events[0][1]["id"] == generation.pk
    assert "Made on the phone" in events[0][1]["html"]


def test_a_card_filed_just_before_the_stream_began_comes_too(ben: User, submit: Submit) -> None:
    submit(ben, "Filed while the page was on its way")
    [events] = heard(Stream(ben.pk, "en"))
    assert events[0][0] == "generation"


def test_what_a_page_has_shown_is_seen_and_the_rest_waits_in_the_tray(
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
    assert live.person_of(scope(cookie)) == (ben.pk, "en")
    client.logout()
    assert live.person_of(scope(cookie)) is None


@pytest.mark.parametrize("cookies", ["", "sessionid=", "sessionid=wrong", "\xff\xfe; ;;=", "sessionid=" + "x" * 9000])
def test_nobody_comes_in_with_a_wild_cookie(cookies: str) -> None:
    assert live.person_of(scope(cookies)) is None
