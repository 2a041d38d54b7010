"""What a bad end says about its upstream, case by case, and what is written of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from studio.gateway import errors
from studio.gateway.errors import GatewayError
from studio.generations import trouble
from studio.generations.errors import KeyUnreadable, NoRoom, PictureBroken, StudioFault, WorkerDied, family
from studio.generations.trouble import Rest, SwitchOff, reaction
from studio.upstreams.models import Alert, Upstream

NOW = datetime(2026, 11, 25, 14, tzinfo=UTC)


def seconds(error: GatewayError, in_row: int = 1) -> float:
    found = reaction(error, in_row=in_row)
    assert isinstance(found, Rest)
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


def test_a_page_for_people_and_an_empty_purse_are_no_matter_of_the_key() -> None:
    assert reaction(errors.Challenged(status=403), in_row=1) == Rest(trouble.ADMIN_PAUSE, needs_admin=True)
    assert reaction(errors.QuotaSpent(status=403), in_row=1) == Rest(trouble.QUOTA_PAUSE, needs_admin=True)


def test_the_three_meanings_of_429_rest_until_they_say() -> None:
    assert seconds(errors.RateLimited(retry_after=7)) == 7
    assert seconds(errors.WindowUsedUp(retry_after=5 * 3600)) == 5 * 3600
    assert seconds(errors.QuotaSpent(retry_after=60)) == 60


def test_a_limit_that_does_not_say_rests_by_its_meaning() -> None:
    waits = [seconds(error()) for error in (errors.RateLimited, errors.WindowUsedUp, errors.QuotaSpent)]
    assert waits == sorted(waits) == [20, 900, 3600]


@pytest.mark.parametrize("error", [errors.ConnectFailed(), errors.NameNotFound(), errors.TlsFailed()])
def test_one_that_cannot_be_reached_rests_longer_each_time(error: GatewayError) -> None:
    assert [seconds(error, in_row) for in_row in (1, 2, 3, 4)] == [2, 4, 8, 16]
    assert seconds(error, 500) == trouble.LONGEST_PAUSE.total_seconds()


@pytest.mark.parametrize("error", [errors.Unavailable(), errors.StreamSilent(), errors.NoPicture(), PictureBroken()])
def test_a_single_bad_end_is_forgiven_and_the_third_in_a_row_is_not(error: GatewayError) -> None:
    assert reaction(error, in_row=1) is reaction(error, in_row=2) is None
    assert [seconds(error, in_row) for in_row in (3, 4, 5)] == [10, 20, 40]


@pytest.mark.parametrize(
    "error", [*(kind() for kind in family(errors.RequestRefused)), errors.ContentRefused(), errors.StorageFull()]
)
def test_a_wish_that_is_to_blame_says_nothing_about_the_upstream(error: GatewayError) -> None:
    assert reaction(error, in_row=99) is None
    assert not trouble.is_trouble(error)


@pytest.mark.parametrize("error", [StudioFault(), WorkerDied(), NoRoom()])
def test_the_studios_own_faults_say_nothing_about_the_upstream(error: GatewayError) -> None:
    assert reaction(error, in_row=99) is None


# ── What is written ──


@pytest.fixture
def upstream(db: None) -> Upstream:
    return Upstream.objects.declare(name="Team A", api_key="sk-0123456789abcdef", base_url="https://gw.example.com/v1")


def note(upstream: Upstream, error: GatewayError, **at: Any) -> Upstream:
    trouble.note(upstream, error=error, now=NOW + timedelta(**at))
    upstream.refresh_from_db()
    return upstream


def test_a_refused_key_switches_off_and_alerts_once(upstream: Upstream) -> None:
    for _ in range(3):
        note(upstream, errors.KeyRefused(status=401))
    assert (upstream.is_enabled, upstream.disabled_reason) == (False, "key_refused")
    assert [(alert.kind, alert.reason) for alert in Alert.objects.open()] == [("off", "key_refused")]


def test_a_shorter_rest_does_not_end_a_longer_one(upstream: Upstream) -> None:
    note(upstream, errors.WindowUsedUp(retry_after=3600))
    note(upstream, errors.RateLimited(retry_after=2))
    assert (upstream.cooling_until, upstream.cooling_reason) == (NOW + timedelta(hours=1), "window_used_up")
    assert upstream not in Upstream.objects.ready(now=NOW + timedelta(minutes=59))
    assert upstream in Upstream.objects.ready(now=NOW + timedelta(minutes=61))


def test_a_picture_ends_the_count_of_bad_ends(upstream: Upstream) -> None:
    note(upstream, errors.Unavailable())
    note(upstream, errors.Unavailable())
    trouble.note_picture(upstream, is_as_asked=True, now=NOW)
    assert note(upstream, errors.Unavailable()).cooling_until is None


def test_a_picture_does_not_end_the_limit_another_call_ran_into(upstream: Upstream) -> None:
    note(upstream, errors.RateLimited(retry_after=60))
    trouble.note_picture(upstream, is_as_asked=True, now=NOW)
    upstream.refresh_from_db()
    assert upstream.is_cooling(now=NOW)


def test_an_empty_purse_alerts_until_a_picture_comes(upstream: Upstream) -> None:
    note(upstream, errors.QuotaSpent(status=429))
    assert Alert.objects.open().get().kind == Alert.Kind.COOLING
    trouble.note_picture(upstream, is_as_asked=True, now=NOW)
    assert not Alert.objects.open().exists()


def test_three_downgraded_pictures_in_a_row_alert_and_an_honest_one_ends_it(upstream: Upstream) -> None:
    for is_as_asked in (False, False, True, False, False):
        trouble.note_picture(upstream, is_as_asked=is_as_asked, now=NOW)
    assert not Alert.objects.exists()
    trouble.note_picture(upstream, is_as_asked=False, now=NOW)
    assert Alert.objects.open().get().kind == Alert.Kind.DOWNGRADES
    trouble.note_picture(upstream, is_as_asked=True, now=NOW)
    assert not Alert.objects.open().exists()
