"""The toolbar of a spend page: its days, its filters, its CSV files."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from studio.ledger.filters import FACTS, GROUPINGS, Filter, Span, month_after, month_before
from studio.ledger.spending import Spending


def toolbar_context(request: HttpRequest, spending: Spending, *, csv_files: Sequence[str]) -> dict[str, Any]:
    """What spend_toolbar.html needs; `csv_files` names the CSV files of the page."""
    query = request.GET.copy()
    for name in ("month", "from", "to", "after"):
        query.pop(name, None)
    return {
        "spending": spending,
        "shown": spending.shown,
        "months": months(spending),
        "menus": list(menus(spending)),
        "hidden_fields": list(query.items()),
        "csv_files": [(CSV_FILES[name], csv_url(name, spending)) for name in csv_files],
    }


def csv_url(name: str, spending: Spending) -> str:
    if spending.person:
        return reverse(f"person_{name}_csv", args=[spending.person.pk])
    return reverse(f"{name}_csv")


def months(spending: Spending) -> dict[str, Any]:
    """The spans that are one click away, as parts of the address."""
    span, today = spending.shown.span, spending.today
    this = today.replace(day=1)
    return {
        "last": f"{month_before(this):%Y-%m}",
        "is_last": span == Span.month_of(month_before(this)),
        "before": f"{month_before(span.first):%Y-%m}",
        "after": f"{month_after(span.first):%Y-%m}" if span.is_month and month_after(span.first) <= today else None,
        "choices": choices(today),
    }


def choices(today: date) -> list[tuple[str, str | None, str | None, str | None]]:
    """Label, month, first and last day of each span in the menu."""
    this, day = today.replace(day=1), today.isoformat()
    last = month_before(this)
    back = {_("Last 7 days"): 6, _("Last 30 days"): 29, _("Last 90 days"): 89}
    return [
        (_("Today"), None, day, day),
        *((label, None, (today - timedelta(days=days)).isoformat(), day) for label, days in back.items()),
        (str(Span.month_of(this)), f"{this:%Y-%m}", None, None),
        (str(Span.month_of(last)), f"{last:%Y-%m}", None, None),
        (_("This year"), None, today.replace(month=1, day=1).isoformat(), day),
    ]


CSV_FILES = {"days": gettext_lazy("Days"), "people": gettext_lazy("People"), "entries": gettext_lazy("Entries")}


class Menu(NamedTuple):
    """One filter: the value it has, and the values it can have."""

    name: str
    label: str
    value: str | None
    values: list[str]

    @property
    def choices(self) -> list[tuple[str, dict[str, str | None]]]:
        """Each value with what it changes in the address."""
        return [(value, {self.name: value, "after": None}) for value in self.values]

    @property
    def everything(self) -> dict[str, str | None]:
        """What an address without this filter changes."""
        return {self.name: None, "after": None}


def menus(spending: Spending) -> Iterator[Menu]:
    """The filters that have more than one value to choose from."""
    free = Spending(Filter(span=spending.shown.span), spending.today, spending.person)
    columns = [GROUPINGS[name][0] for name in FACTS]
    rows = set(free.rollups().filter(is_simulated=spending.is_simulated).values_list(*columns).distinct())
    for at, name in enumerate(FACTS):
        value, values = spending.shown.facts.get(name), sorted({str(row[at]) for row in rows})
        if len(values) > 1 or value is not None:
            yield Menu(name, str(GROUPINGS[name][1]), value, values)
