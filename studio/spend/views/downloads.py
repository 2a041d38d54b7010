"""CSV downloads: exactly what the pages show, streamed."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from studio.accounts.access import admin_required
from studio.ledger import csv_export
from studio.ledger.entry_pages import Place, page_of
from studio.ledger.models import ZERO, Entry, Period
from studio.ledger.spending import Spending

from ..queries import read_spending, read_visible, reject_invalid_queries
from ..waste import listed_entries

CSV_PAGE = 2000  # rows read at once
FIRST_PAGE = 100  # entries; small, so that the download starts at once


@require_safe
@reject_invalid_queries
def days_csv(request: HttpRequest, person_id: int | None = None) -> HttpResponseBase:
    """The chart: a row per day, a column for each part of its bars."""
    spending = read_visible(request, person_id)
    chart, days = spending.chart, spending.by_day
    header = [_("Day"), _("Spent in USD"), _("Pictures"), _("Charged failures"), *(one.label for one in chart.series)]
    rows = [
        [bar.day, bar.total, days[bar.day].picture_count, days[bar.day].charged_failure_count, *bar.amounts]
        if bar.day in days
        else [bar.day, ZERO, 0, 0, *bar.amounts]
        for bar in chart.bars
    ]
    return csv_export.csv_response(csv_filename("days", spending), header=header, pages=lambda _cursor: (rows, None))


@admin_required
@require_safe
@reject_invalid_queries
def people_csv(request: HttpRequest) -> HttpResponseBase:
    spending = read_spending(request)
    header = [_("Person"), _("Email"), _("Spent in USD"), _("Budget in USD"), _("Held in USD"), _("Pictures")]
    header += [_("Charged failures"), _("Last active")]

    def pages(after: int | None) -> tuple[list[list[Any]], int | None]:
        people = spending.people(after=after or 0, count=CSV_PAGE)
        rows = [
            [
                *(row.person, row.person.email, row.spent, *limit_and_held(row.budget)),
                *(row.picture_count, row.charged_failure_count, row.last_active_at),
            ]
            for row in people
        ]
        return rows, (after or 0) + CSV_PAGE if len(people) == CSV_PAGE else None

    return csv_export.csv_response(csv_filename("people", spending), header=header, pages=pages)


def limit_and_held(budget: Period | None) -> tuple[Any, Any]:
    return (budget.limit, budget.held) if budget else (None, None)


@require_safe
@reject_invalid_queries
def entries_csv(request: HttpRequest, person_id: int | None = None) -> HttpResponseBase:
    """Every entry that the pages of entries show, in their order."""
    spending = read_visible(request, person_id)
    address = request.build_absolute_uri(reverse("spend_entries"))

    def pages(after: Place | None) -> tuple[list[list[Any]], Place | None]:
        size = CSV_PAGE if after else FIRST_PAGE
        entries, following = page_of(listed_entries(spending), shown=spending.shown, after=after, size=size)
        return [entry_row(entry, address) for entry in entries], following

    header = [_("Day"), _("Time"), _("Person"), _("Email"), _("What"), _("Model"), _("Size"), _("Quality")]
    header += [_("Upstream"), _("Estimated in USD"), _("Computed in USD"), _("Reported in USD"), _("Certainty")]
    header += [
        _("Figures differ"),
        _("Simulated"),
        _("Pictures"),
        _("Tokens in"),
        _("Tokens out"),
        _("Job"),
        _("Entry"),
    ]
    return csv_export.csv_response(csv_filename("entries", spending), header=header, pages=pages)


def entry_row(entry: Entry, address: str) -> list[Any]:
    return [
        *(entry.day, entry.created_at, entry.person, entry.person.email, entry.get_verb_display()),
        *(entry.model, entry.size, entry.quality, entry.upstream_name),
        *(entry.estimate_amount, entry.amount, entry.reported_amount, entry.get_certainty_display()),
        *(entry.is_flagged, entry.is_simulated, entry.picture_count, entry.input_tokens, entry.output_tokens),
        *(entry.job_id, f"{address}{entry.pk}/"),
    ]


def csv_filename(what: str, spending: Spending) -> str:
    """spend-entries-2026-10, spend-days-of-12-2026-10-03-to-2026-10-09"""
    span = spending.shown.span
    days = f"{span.first:%Y-%m}" if span.is_month else f"{span.first}-to-{span.last}"
    return f"spend-{what}{f'-of-{spending.person.pk}' if spending.person else ''}-{days}"
