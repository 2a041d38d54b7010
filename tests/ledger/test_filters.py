from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.ledger.filters import LONGEST, Filter, InvalidQuery, Span

TODAY = date(2026, 11, 25)
NAMES = ["month", "from", "to", "by", "model", "quality", "tier", "upstream", "money", "order", "only"]


def read(**query: str) -> Filter:
    return Filter.read(query, today=TODAY)


def test_by_default_a_page_shows_this_month_by_person():
    shown = read()
    assert (shown.span, shown.by, shown.facts) == (Span(date(2026, 11, 1), date(2026, 11, 30)), "person", {})


@pytest.mark.parametrize(
    ("month", "last", "days"), [("2028-02", 29, 29), ("2027-02", 28, 28), ("2026-12", 31, 31), ("2026-10", 31, 31)]
)
def test_a_month_has_its_own_days_in_leap_years_and_over_clock_changes_too(month, last, days):
    span = read(month=month).span
    assert (span.first.day, span.last.day, len(list(span)), span.is_month) == (1, last, days, True)


def test_days_may_be_given_in_any_order():
    assert read(**{"from": "2026-10-09", "to": "2026-10-03"}).span == Span(date(2026, 10, 3), date(2026, 10, 9))
    assert read(**{"from": "2026-11-20"}).span == Span(date(2026, 11, 20), TODAY)


def test_no_page_looks_at_more_than_a_year():
    span = read(**{"from": "2001-01-01", "to": "2026-10-03"}).span
    assert (len(span), span.last) == (LONGEST, date(2026, 10, 3))


def test_facts_have_the_column_names_of_roll_ups_and_entries():
    assert read(model="gpt-image-2", tier="4K", upstream="").columns == {
        "model": "gpt-image-2",
        "size_tier": "4K",
        "upstream_name": "",
    }


@pytest.mark.parametrize(
    "query",
    [
        {"month": "2026-13"},
        {"month": "٢٠٢٦-١٠"},
        {"month": "0000-01"},
        {"from": "2026-02-30"},
        {"to": "yesterday"},
        {"to": "9999-12-31"},
        {"by": "colour"},
        {"by": "__class__"},
        {"order": "-amount"},
        {"money": "monopoly"},
        {"only": "everything"},
        {"model": "m" * 61},
        {"quality": "high\0"},
    ],
)
def test_an_invalid_query_is_refused(query):
    with pytest.raises(InvalidQuery):
        read(**query)


@given(st.dictionaries(st.sampled_from(NAMES), st.text()))
def test_any_query_is_either_read_or_refused(query):
    try:
        shown = Filter.read(query, today=TODAY)
    except InvalidQuery:
        return
    assert 1 <= len(shown.span) <= LONGEST
    assert str(shown.span)
