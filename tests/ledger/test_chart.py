from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.ledger.chart import COLOURS, HEIGHT, TICKS, TOP, draw, nice_step, stacked
from studio.ledger.filters import Span

OCTOBER = Span(date(2026, 10, 1), date(2026, 10, 31))
cents = st.integers(0, 10**9).map(lambda units: Decimal(units).scaleb(-6))
days = st.sampled_from(list(OCTOBER))


def amounts_of(**of_key: str) -> dict:
    return {(key, OCTOBER.first): Decimal(amount) for key, amount in of_key.items()}


@given(st.dictionaries(st.tuples(st.integers(0, 20), days), cents))
def test_every_cent_is_in_the_chart_and_no_bar_leaves_it(amounts):
    chart = draw(OCTOBER, stacked(amounts, labels={}, others="others"))
    assert chart.total == sum(amounts.values())
    assert len(chart.series) <= COLOURS + 1
    for bar in chart.bars:
        assert bar.total == sum(amount for (_key, day), amount in amounts.items() if day == bar.day) == sum(bar.amounts)
        assert bar.y >= TOP - 0.1
        assert bar.height == pytest.approx(sum(segment.height for segment in bar.segments), abs=0.1)
        assert 0 <= bar.slot_x <= bar.x <= bar.x + bar.width <= 100.001


@given(cents)
def test_a_tick_is_a_round_number_and_the_highest_bar_fills_at_least_two_fifths(most):
    step = nice_step(most / TICKS)
    assert step * TICKS >= most
    assert step.normalize().as_tuple().digits in {(1,), (2,), (2, 5), (5,)}
    if most:
        assert most / (step * TICKS) >= Decimal("0.4")


def test_the_dearest_comes_first_and_the_many_small_ones_share_a_grey():
    amounts = amounts_of(**{f"p{at}": str(at + 1) for at in range(10)})
    series = stacked(amounts, labels={"p9": "Ada"}, others="4 others")
    assert [one.label for one in series[:2]] == ["Ada", "p8"]
    assert (series[-1].label, series[-1].colour, series[-1].total) == ("4 others", COLOURS, 1 + 2 + 3 + 4)


def test_a_month_without_spending_still_has_its_days_and_lines():
    chart = draw(OCTOBER, [])
    assert (len(chart.bars), len(chart.ticks), chart.total) == (31, TICKS + 1, 0)
    assert {bar.height for bar in chart.bars} == {0}


def test_a_correction_below_nothing_draws_no_negative_bar():
    chart = draw(OCTOBER, stacked(amounts_of(a="-1"), labels={}, others=""))
    assert [bar.segments for bar in chart.bars if bar.segments] == []


@pytest.mark.parametrize(("length", "labels"), [(1, 1), (7, 7), (31, 5), (90, 7), (366, 12)])
def test_dates_stand_below_the_bars_without_crowding(length, labels):
    first = date(2026, 1, 1)
    chart = draw(Span(first, first + timedelta(days=length - 1)), [])
    assert labels - 1 <= len(chart.dates) <= labels + 1
    assert chart.baseline == HEIGHT + TOP
