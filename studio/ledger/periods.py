"""Days and months by the studio's clock, which alone decides which one an instant belongs to."""

from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

DAY, MONTH = "day", "month"


def local_day(now: datetime) -> date:
    """The studio's date at an instant, whatever zone the visitor's page is shown in."""
    return now.astimezone(timezone.get_default_timezone()).date()


def first_day(kind: str, day: date) -> date:
    """The first day of the period that contains `day`."""
    return day if kind == DAY else day.replace(day=1)


def next_first_day(kind: str, starts_on: date) -> date:
    """The first day of the period after the one that begins on `starts_on`."""
    if kind == DAY:
        return starts_on + timedelta(days=1)
    return (starts_on + timedelta(days=31)).replace(day=1)


def midnight(day: date) -> datetime:
    """The first instant of a day; where the clock skips midnight, the instant it skips to."""
    zone = timezone.get_default_timezone()
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC).astimezone(zone)
