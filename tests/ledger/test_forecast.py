from datetime import date, timedelta
from decimal import Decimal

from studio.ledger.filters import Span
from studio.ledger.forecast import forecast

FRIDAY = date(2026, 11, 20)


def test_an_even_pace_goes_on_to_the_end_of_the_month():
    spent = {FRIDAY - timedelta(days=at): Decimal(3) for at in range(60)}
    assert forecast(spent, today=FRIDAY) == 30 * 3


def test_weekends_are_expected_to_cost_what_weekends_cost_here():
    month = Span.month_of(FRIDAY)
    days = [FRIDAY - timedelta(days=at) for at in range(40)]
    spent = {day: Decimal(10) if day.weekday() < 5 else Decimal(0) for day in days}
    workdays = sum(day.weekday() < 5 for day in month)
    assert forecast(spent, today=FRIDAY) == workdays * 10


def test_a_day_above_its_usual_cost_adds_nothing_more():
    spent = {FRIDAY - timedelta(days=at): Decimal(1) for at in range(1, 40)}
    assert forecast(spent | {FRIDAY: Decimal(5)}, today=FRIDAY) == forecast(spent, today=FRIDAY) + 4


def test_with_less_than_a_week_of_history_the_forecast_is_linear():
    spent = {FRIDAY: Decimal(4), FRIDAY - timedelta(days=1): Decimal(6)}
    assert forecast(spent, today=FRIDAY) == 15


def test_nothing_spent_forecasts_nothing():
    assert forecast({}, today=FRIDAY) == 0


def test_on_the_last_of_a_leap_february_nothing_is_to_come():
    last = date(2028, 2, 29)
    spent = {last - timedelta(days=at): Decimal(2) for at in range(60)}
    assert forecast(spent, today=last) == 29 * 2
