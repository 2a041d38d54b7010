"""Days and months of the studio's own clock; nothing else decides which one an instant belongs to."""

from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

DAY, MONTH = "day", "month"


def local_day(now: datetime) -> date:
    """The studio's date at an instant, whatever zone the visitor's page is shown in."""
    return now.astimezone(timezone.get_default_timezone()).date()


def first_day(kind: str, day: date) -> date:
    """When the day or month that holds `day` begins."""
    return day if kind == DAY else day.replace(day=1)


def next_first_day(kind: str, starts_on: date) -> date:
    """When the day or month after the one that begins on `starts_on` begins."""
    if kind == DAY:
        return starts_on + timedelta(days=1)
    return (starts_on + timedelta(days=31)).replace(day=1)


def midnight(day: date) -> datetime:
    """The first instant of a day; where clocks skip midnight, the instant they skip to."""
    zone = timezone.get_default_timezone()
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC).astimezone(zone)
