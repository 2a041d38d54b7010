"""The forecast of a month's spend, from the days before."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from .filters import Span

WINDOW = 28  # days: four of each weekday, so that weekends are expected to cost what weekends cost
ENOUGH = 7  # days of history needed for a pace by weekday


def forecast(spent: Mapping[date, Decimal], *, today: date) -> Decimal:
    """USD by the end of today's month, from the cost of each day (back to WINDOW days before today).

    The spend so far, plus for each remaining day the mean of its weekday in the last four weeks. With less than a week
    of history, the month so far is extrapolated linearly.
    """
    month = Span.month_of(today)
    so_far = sum((spent.get(day, Decimal(0)) for day in Span(month.first, today)), Decimal(0))
    past = history(spent, today=today)
    if len(past) < ENOUGH:
        return so_far / today.day * len(month)
    pace = mean_by_weekday(spent, past)
    rest_of_today = max(Decimal(0), pace[today.weekday()] - spent.get(today, Decimal(0)))
    return so_far + rest_of_today + sum(pace[(today + timedelta(days=at)).weekday()] for at in to_come(today, month))


def history(spent: Mapping[date, Decimal], *, today: date) -> list[date]:
    """The full days before today that count, none from before the first spend."""
    begun = min((day for day, amount in spent.items() if amount), default=today)
    window = (today - timedelta(days=at) for at in range(WINDOW, 0, -1))
    return [day for day in window if day >= begun]


def mean_by_weekday(spent: Mapping[date, Decimal], past: list[date]) -> dict[int, Decimal]:
    """USD a day, Monday is 0."""
    by_weekday = {
        weekday: [spent.get(day, Decimal(0)) for day in past if day.weekday() == weekday] for weekday in range(7)
    }
    return {weekday: sum(amounts, Decimal(0)) / len(amounts) for weekday, amounts in by_weekday.items()}


def to_come(today: date, month: Span) -> range:
    """The remaining days of the month, as days after today."""
    return range(1, (month.last - today).days + 1)
