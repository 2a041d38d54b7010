"""Days and months by the studio's own clock, where clocks change and years leap."""

from datetime import UTC, date, datetime

import pytest
from django.test import override_settings
from django.utils import timezone

from studio.ledger.periods import first_day, local_day, midnight, next_first_day


@pytest.fixture(autouse=True)
def fresh_zone():
    yield
    timezone.get_default_timezone.cache_clear()


def in_zone(name: str) -> override_settings:
    return override_settings(TIME_ZONE=name)


@pytest.mark.parametrize(
    ("zone", "instant", "day"),
    [
        ("UTC", datetime(2026, 3, 1, 0, 0, tzinfo=UTC), date(2026, 3, 1)),
        ("Europe/Berlin", datetime(2026, 2, 28, 23, 30, tzinfo=UTC), date(2026, 3, 1)),
        ("America/New_York", datetime(2026, 3, 1, 4, 59, tzinfo=UTC), date(2026, 2, 28)),
        ("Asia/Shanghai", datetime(2028, 2, 28, 16, 0, tzinfo=UTC), date(2028, 2, 29)),
        # The day the clock goes forward is 23 hours long, the day it goes back 25.
        ("Europe/Berlin", datetime(2026, 3, 29, 21, 59, tzinfo=UTC), date(2026, 3, 29)),
        ("Europe/Berlin", datetime(2026, 3, 29, 22, 0, tzinfo=UTC), date(2026, 3, 30)),
        ("Europe/Berlin", datetime(2026, 10, 25, 22, 59, tzinfo=UTC), date(2026, 10, 25)),
        # Both at a month's edge: its last day is 23 hours long, or 25.
        ("Europe/Berlin", datetime(2024, 3, 31, 21, 59, tzinfo=UTC), date(2024, 3, 31)),
        ("Europe/Berlin", datetime(2024, 3, 31, 22, 0, tzinfo=UTC), date(2024, 4, 1)),
        ("Europe/Berlin", datetime(2027, 10, 31, 22, 59, tzinfo=UTC), date(2027, 10, 31)),
        ("Europe/Berlin", datetime(2027, 10, 31, 23, 0, tzinfo=UTC), date(2027, 11, 1)),
        ("Europe/Berlin", datetime(2028, 2, 29, 22, 59, tzinfo=UTC), date(2028, 2, 29)),
        ("Europe/Berlin", datetime(2028, 2, 29, 23, 0, tzinfo=UTC), date(2028, 3, 1)),
    ],
)
def test_an_instant_belongs_to_the_studios_day(zone, instant, day) -> None:
    with in_zone(zone):
        assert local_day(instant) == day


def test_a_visitors_own_zone_changes_no_day() -> None:
    with in_zone("Europe/Berlin"), timezone.override("Pacific/Auckland"):
        assert local_day(datetime(2026, 2, 28, 22, 0, tzinfo=UTC)) == date(2026, 2, 28)


@pytest.mark.parametrize(
    ("day", "begins", "ends"),
    [
        (date(2026, 2, 28), date(2026, 2, 1), date(2026, 3, 1)),
        (date(2028, 2, 29), date(2028, 2, 1), date(2028, 3, 1)),
        (date(2026, 12, 31), date(2026, 12, 1), date(2027, 1, 1)),
        (date(2026, 1, 31), date(2026, 1, 1), date(2026, 2, 1)),
    ],
)
def test_a_month_begins_on_its_first_and_ends_with_the_next(day, begins, ends) -> None:
    assert (first_day("month", day), next_first_day("month", begins)) == (begins, ends)


def test_a_leap_day_is_a_day() -> None:
    assert next_first_day("day", date(2028, 2, 28)) == date(2028, 2, 29)
    assert next_first_day("day", date(2028, 2, 29)) == date(2028, 3, 1)


def test_a_budget_renews_at_the_first_instant_of_a_day() -> None:
    with in_zone("Europe/Berlin"):
        assert midnight(date(2026, 3, 30)) == datetime(2026, 3, 29, 22, 0, tzinfo=UTC)
    with in_zone("America/Santiago"):  # clocks skip from midnight to one o'clock
        assert midnight(date(2026, 9, 6)) == datetime(2026, 9, 6, 4, 0, tzinfo=UTC)
