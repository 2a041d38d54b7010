"""The effect of each error on its upstream, and what is stored of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from studio.gateway import errors
from studio.gateway.errors import GatewayError
from studio.gateway.studio_errors import KeyUnreadable, NoRoom, PictureBroken, StudioFault, WorkerDied, with_subclasses
from studio.upstreams import health_effects
from studio.upstreams.breakers import Breakers
from studio.upstreams.choice import Need
from studio.upstreams.health_effects import CallFacts, Cooldown, SwitchOff, reaction
from studio.upstreams.models import Alert, Upstream

NOW = datetime(2026, 11, 25, 14, tzinfo=UTC)


CALL = CallFacts(lane="standard", used=frozenset({"generate"}), started_at=NOW)


def seconds(error: GatewayError, in_row: int = 1) -> float:
    found = reaction(error, in_row=in_row)
    assert isinstance(found, Cooldown)
    return found.duration.total_seconds()


@pytest.mark.parametrize(
    "error",
    [
        errors.KeyRefused(status=401),
        errors.KeyRefused(status=403),
        errors.KeyBlocked(status=429),
        errors.AccessDenied(status=403),
        errors.CannotDraw(status=403),
        KeyUnreadable(),
    ],
)
def test_a_key_that_is_wrong_or_may_not_draw_switches_the_upstream_off(error: GatewayError) -> None:
    assert reaction(error, in_row=1) == SwitchOff()


def test_a_challenge_page_and_an_empty_balance_are_not_failures_of_the_key() -> None:
    assert reaction(errors.Challenged(status=403), in_row=1) == Cooldown(health_effects.ADMIN_PAUSE, needs_admin=True)
    assert reaction(errors.QuotaSpent(status=403), in_row=1) == Cooldown(health_effects.QUOTA_PAUSE, needs_admin=True)


def limit_seconds(error: GatewayError, in_row: int = 1) -> float:
    return health_effects.limit_pause(error, in_row=in_row).total_seconds()


def test_the_three_meanings_of_429_pause_for_their_retry_after() -> None:
    assert limit_seconds(errors.RateLimited(retry_after=7)) == 7
    assert limit_seconds(errors.WindowUsedUp(retry_after=5 * 3600)) == 5 * 3600
    assert seconds(errors.QuotaSpent(retry_after=60)) == 60


def test_a_limit_without_retry_after_pauses_by_its_meaning() -> None:
    waits = [limit_seconds(errors.RateLimited()), limit_seconds(errors.WindowUsedUp()), seconds(errors.QuotaSpent())]
    assert waits == sorted(waits) == [20, 900, 3600]


def test_a_limit_is_tried_less_often_each_time_up_to_15_minutes() -> None:
    assert [limit_seconds(errors.RateLimited(), count) for count in (1, 2, 3, 4)] == [20, 40, 80, 160]
    assert limit_seconds(errors.RateLimited(), 99) == 900


def test_a_named_time_that_was_too_short_is_not_believed_again() -> None:
    assert [limit_seconds(errors.RateLimited(retry_after=2), count) for count in (1, 2, 3)] == [2, 40, 80]
    assert limit_seconds(errors.RateLimited(retry_after=3600), 3) == 3600


@pytest.mark.parametrize("error", [errors.ConnectFailed(), errors.NameNotFound(), errors.TlsFailed()])
def test_an_unreachable_upstream_is_paused_longer_each_time(error: GatewayError) -> None:
    assert [seconds(error, in_row) for in_row in (1, 2, 3, 4)] == [2, 4, 8, 16]
    assert seconds(error, 500) == health_effects.LONGEST_PAUSE.total_seconds()


@pytest.mark.parametrize("error", [errors.Unavailable(), errors.StreamSilent(), errors.NoPicture()])
def test_the_third_failure_in_a_row_pauses_and_fewer_do_not(error: GatewayError) -> None:
    breakers, pauses = Breakers(), []
    for _failure in range(5):
        breakers = health_effects.after_error(breakers, error=error, call=CALL, now=NOW)
        until = breakers.held_until(CALL.used, lane="standard", now=NOW)
        pauses.append(until and (until - NOW).total_seconds())
    assert pauses == [None, None, 10, 20, 40]


@pytest.mark.parametrize(
    "error",
    [*(kind() for kind in with_subclasses(errors.RequestRefused)), errors.ContentRefused(), errors.StorageFull()],
)
def test_a_fault_of_the_request_does_not_affect_the_upstream(error: GatewayError) -> None:
    assert reaction(error, in_row=99) is None
    assert not health_effects.counts_against_health(error)


@pytest.mark.parametrize("error", [StudioFault(), WorkerDied(), NoRoom(), PictureBroken()])
def test_a_fault_of_the_studio_does_not_affect_the_upstream(error: GatewayError) -> None:
    assert reaction(error, in_row=99) is None


# ── What is stored ──


@pytest.fixture
def upstream(db: None) -> Upstream:
    return Upstream.objects.declare(name="Team A", api_key="sk-0123456789abcdef", base_url="https://gw.example.com/v1")


def record(upstream: Upstream, error: GatewayError, **at: Any) -> Upstream:
    now = NOW + timedelta(**at)
    health_effects.record_error(upstream, error=error, now=now, call=replace(CALL, started_at=now))
    upstream.refresh_from_db()
    return upstream


def held(upstream: Upstream, *, at: datetime, lane: str = "standard", **facts: Any) -> bool:
    return upstream.snapshot.held_until(Need("gpt-image-2", **facts), lane=lane, now=at) is not None


def test_a_refused_key_switches_off_and_alerts_once(upstream: Upstream) -> None:
    for _ in range(3):
        record(upstream, errors.KeyRefused(status=401))
    assert (upstream.is_enabled, upstream.disabled_reason) == (False, "key_refused")
    assert [(alert.kind, alert.reason) for alert in Alert.objects.open()] == [("off", "key_refused")]


def test_a_shorter_pause_does_not_end_a_longer_one(upstream: Upstream) -> None:
    record(upstream, errors.WindowUsedUp(retry_after=3600))
    record(upstream, errors.RateLimited(retry_after=2))
    assert held(upstream, at=NOW + timedelta(minutes=59))
    assert not held(upstream, at=NOW + timedelta(minutes=61))


def test_a_picture_resets_the_count_of_failures(upstream: Upstream) -> None:
    record(upstream, errors.Unavailable())
    record(upstream, errors.Unavailable())
    health_effects.record_picture(upstream, is_as_requested=True, now=NOW, call=CALL)
    assert not held(record(upstream, errors.Unavailable()), at=NOW)


def test_a_picture_ends_the_limit_of_its_own_lane(upstream: Upstream) -> None:
    record(upstream, errors.WindowUsedUp())
    health_effects.record_picture(upstream, is_as_requested=True, now=NOW, call=CALL)
    assert not held(upstream, at=NOW)
    assert held(upstream, at=NOW, lane="large", is_large=True)


def test_calls_that_were_under_way_when_the_limit_was_met_are_no_further_tries(upstream: Upstream) -> None:
    for _call in range(4):
        health_effects.record_error(upstream, error=errors.RateLimited(), now=NOW, call=CALL)
        upstream.refresh_from_db()
    assert held(upstream, at=NOW + timedelta(seconds=19))
    assert not held(upstream, at=NOW + timedelta(seconds=21))


def test_an_empty_balance_alerts_until_a_picture_comes(upstream: Upstream) -> None:
    record(upstream, errors.QuotaSpent(status=429))
    assert Alert.objects.open().get().kind == Alert.Kind.PAUSED
    health_effects.record_picture(upstream, is_as_requested=True, now=NOW)
    assert not Alert.objects.open().exists()


def test_three_downgraded_pictures_in_a_row_alert_and_one_as_requested_closes_it(upstream: Upstream) -> None:
    for is_as_requested in (False, False, True, False, False):
        health_effects.record_picture(upstream, is_as_requested=is_as_requested, now=NOW)
    assert not Alert.objects.exists()
    health_effects.record_picture(upstream, is_as_requested=False, now=NOW)
    assert Alert.objects.open().get().kind == Alert.Kind.DOWNGRADES
    health_effects.record_picture(upstream, is_as_requested=True, now=NOW)
    assert not Alert.objects.open().exists()


# ── By the kind of call ──

STREAMED = replace(CALL, used=frozenset({"generate", "stream"}))
PREVIEWS: dict[str, Any] = {"streaming": "previews"}


def fail(upstream: Upstream, error: GatewayError, *, times: int, call: CallFacts) -> None:
    for _time in range(times):
        health_effects.record_error(upstream, error=error, now=NOW, call=call)
        upstream.refresh_from_db()


def test_streams_that_fail_hold_streams_and_nothing_else(upstream: Upstream) -> None:
    fail(upstream, errors.ConnectionCut(), times=7, call=STREAMED)
    assert held(upstream, at=NOW, **PREVIEWS)
    assert not held(upstream, at=NOW)
    assert not held(upstream, at=NOW, route="edit")
    assert held(upstream, at=NOW, route="generate", is_large=True, **PREVIEWS)


def test_edits_that_fail_hold_edits_and_a_picture_without_one_does_not_open_them(upstream: Upstream) -> None:
    fail(upstream, errors.NoPicture(), times=3, call=replace(CALL, used=frozenset({"edit"})))
    health_effects.record_picture(upstream, is_as_requested=True, now=NOW, call=CALL)
    assert held(upstream, at=NOW, route="edit")
    assert not held(upstream, at=NOW)


def test_a_large_stream_that_works_opens_whatever_needs_less(upstream: Upstream) -> None:
    fail(upstream, errors.NoPicture(), times=3, call=STREAMED)
    large = replace(CALL, lane="large", used=frozenset({"generate", "stream", "large"}))
    health_effects.record_picture(upstream, is_as_requested=True, now=NOW, call=large, is_streamed=True)
    assert not held(upstream, at=NOW, **PREVIEWS)


def test_pictures_without_previews_that_fail_hold_those_with_previews_too(upstream: Upstream) -> None:
    fail(upstream, errors.NoPicture(), times=3, call=CALL)
    assert held(upstream, at=NOW, **PREVIEWS)
    assert not held(upstream, at=NOW, route="edit")


# ── What it can do ──

PLAIN = replace(CALL, wanted_stream=True)


def stream_of(upstream: Upstream) -> str:
    upstream.refresh_from_db()
    return upstream.facts.state("stream")


def picture(upstream: Upstream, call: CallFacts, **facts: Any) -> None:
    health_effects.record_picture(upstream, is_as_requested=True, now=NOW, call=call, **facts)


@pytest.mark.parametrize("error", [errors.Unavailable(status=502), errors.LateFailure(status=500)])
def test_an_error_instead_of_a_stream_and_a_picture_without_one_show_that_it_cannot_stream(
    upstream: Upstream, error: GatewayError
) -> None:
    fail(upstream, error, times=1, call=STREAMED)
    assert (stream_of(upstream), upstream.streams) == ("doubted", False)
    picture(upstream, PLAIN)
    assert stream_of(upstream) == "missing"
    assert upstream.facts.by_name["stream"].reason == error.kind


def test_a_gateway_that_fails_either_way_is_not_said_to_lack_streams(upstream: Upstream) -> None:
    fail(upstream, errors.Unavailable(status=502), times=1, call=STREAMED)
    fail(upstream, errors.Unavailable(status=502), times=1, call=PLAIN)
    assert (stream_of(upstream), upstream.streams) == ("", True)


def test_streams_that_have_worked_are_given_up_only_when_they_fail_twice(upstream: Upstream) -> None:
    picture(upstream, STREAMED, is_streamed=True)
    for state in ("offered", "missing"):
        fail(upstream, errors.Unavailable(status=502), times=1, call=STREAMED)
        picture(upstream, PLAIN)
        assert stream_of(upstream) == state


def test_a_picture_that_needed_no_stream_says_nothing_about_streams(upstream: Upstream) -> None:
    fail(upstream, errors.Unavailable(status=502), times=1, call=STREAMED)
    picture(upstream, CALL)
    assert stream_of(upstream) == "doubted"


def test_previews_that_came_before_the_error_show_that_it_does_stream(upstream: Upstream) -> None:
    fail(upstream, errors.LateFailure(), times=1, call=replace(STREAMED, has_partials=True))
    assert stream_of(upstream) == ""


def test_a_missing_route_is_learned_and_does_not_pause_what_works(upstream: Upstream) -> None:
    fail(upstream, errors.RouteNotFound(status=404), times=1, call=replace(CALL, used=frozenset({"edit"})))
    assert (upstream.facts.state("edit"), upstream.paused_until) == ("missing", None)
    fail(upstream, errors.RouteNotFound(status=404), times=1, call=CALL)
    assert upstream.paused_until


def test_a_smaller_picture_shows_that_it_draws_no_large_ones(upstream: Upstream) -> None:
    large = replace(CALL, lane="large", used=frozenset({"generate", "large"}))
    picture(upstream, large, is_smaller=True)
    assert upstream.facts.state("large") == "missing"
    picture(upstream, large)
    assert upstream.facts.state("large") == "offered"
