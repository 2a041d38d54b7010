"""The pages of closed months: all statements for admins, one's own for everyone."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Min, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from studio.accounts import audit
from studio.accounts.access import admin_required, person
from studio.accounts.models import User
from studio.ledger import csv_export
from studio.ledger.filters import InvalidQuery, Span, month_after, read_month
from studio.ledger.models import NotClosed, Statement, StatementLine, StudioRollUp
from studio.ledger.periods import local_day


@require_http_methods(["GET", "HEAD", "POST"])
def statements(request: HttpRequest) -> HttpResponseBase:
    """The closed months; an admin closes one with a POST."""
    if request.method == "POST":
        return close(request)
    who = person(request)
    closed = Statement.objects.select_related("closed_by")
    if not who.is_admin:
        closed = closed.filter(lines__person=who).distinct()
    context = {
        "statements": [(one, totals_of(lines_seen(request, one))) for one in closed],
        "open_months": open_months() if who.is_admin else [],
    }
    return render(request, "spend/statements.html", context)


@admin_required
def close(request: HttpRequest) -> HttpResponseBase:
    now, admin = timezone.now(), person(request)
    try:
        with transaction.atomic():
            made = Statement.objects.close(month=read_month(request.POST.get("month", "")), by=admin, now=now)
            audit.record(actor=admin, action="month.close", subject=str(made), before=None, after={}, now=now)
    except InvalidQuery as error:
        raise Http404 from error
    except NotClosed as reason:
        messages.error(request, str(reason))
        return redirect("statements")
    messages.success(request, _("%(month)s is closed. Its statements can no longer change.") % {"month": made})
    return redirect("statement", slug=made.slug)


@require_safe
def statement(request: HttpRequest, slug: str) -> HttpResponseBase:
    """A closed month: a line per person for admins, one's own statement for everyone else."""
    shown = find(slug)
    if not person(request).is_admin:
        return person_statement(request, slug, person(request).pk)
    people = by_person(shown.lines.all())
    context = {"statement": shown, "people": people, "total": totals_of(shown.lines.all())}
    return render(request, "spend/statement.html", context)


@require_safe
def person_statement(request: HttpRequest, slug: str, person_id: int) -> HttpResponseBase:
    """What one person spent in a closed month, line by line."""
    shown = find(slug)
    lines = list(lines_of(request, shown, person_id))
    if not lines:
        raise Http404
    context = {
        "statement": shown,
        "lines": lines,
        "name": lines[0].person_name or lines[0].person,
        "person_id": person_id,
        "total": totals_of(lines_of(request, shown, person_id)),
    }
    return render(request, "spend/person_statement.html", context)


@require_safe
def statement_csv(request: HttpRequest, slug: str, person_id: int | None = None) -> HttpResponseBase:
    """The lines of a closed month, of one person or, for admins, of all."""
    shown = find(slug)
    lines = lines_seen(request, shown) if person_id is None else lines_of(request, shown, person_id)
    if not lines.exists():
        raise Http404
    header = [_("Month"), _("Person"), _("Number"), _("Model"), _("Quality"), _("Size"), _("Upstream"), _("What")]
    header += [_("Simulated"), _("Spent in USD"), _("May have been charged in USD"), _("Pictures")]
    header += [_("Charged failures"), _("Closed")]
    rows = [line_row(shown, line) for line in lines.select_related("person")]
    name = f"statement-{shown.slug}{f'-of-{person_id}' if person_id else ''}"
    return csv_export.csv_response(name, header=header, pages=lambda _cursor: (rows, None))


def line_row(shown: Statement, line: StatementLine) -> list[Any]:
    what = _("corrections to earlier months") if line.is_carried else _("pictures")
    return [
        *(shown.slug, line.person_name or line.person, line.person_id),
        *(line.model, line.quality, line.size_tier, line.upstream_name, what, line.is_simulated),
        *(line.spent, line.maybe, line.picture_count, line.charged_failure_count, shown.closed_at),
    ]


# ── Lines ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def find(slug: str) -> Statement:
    try:
        return get_object_or_404(Statement.objects.select_related("closed_by"), month=read_month(slug))
    except InvalidQuery as error:
        raise Http404 from error


def lines_seen(request: HttpRequest, shown: Statement) -> QuerySet[StatementLine]:
    """All lines for admins, one's own for everyone else."""
    lines = shown.lines.order_by("person_name", "person_id", "pk")
    return lines if person(request).is_admin else lines.filter(person=person(request))


def lines_of(request: HttpRequest, shown: Statement, person_id: int) -> QuerySet[StatementLine]:
    """One person's lines; none for people who may not see them."""
    return lines_seen(request, shown).filter(person=person_id).order_by("is_simulated", "is_carried", "-spent")


def totals_of(lines: QuerySet[StatementLine]) -> dict[str, Any]:
    """USD and pictures of the lines, real and simulated money apart."""
    rows = {
        row["is_simulated"]: row
        for row in lines.order_by()
        .values("is_simulated")
        .annotate(spent=Sum("spent"), pictures=Sum("picture_count"), failures=Sum("charged_failure_count"))
    }
    nothing = {"spent": Decimal(0), "pictures": 0, "failures": 0}
    return {"real": rows.get(False, nothing), "simulated": rows.get(True, nothing)}


def by_person(lines: QuerySet[StatementLine]) -> list[dict[str, Any]]:
    """A row for each person and kind of money; a deleted person is named by number."""
    rows = lines.order_by().values("person_id", "person_name", "is_simulated")
    sums: Any = rows.annotate(spent=Sum("spent"), pictures=Sum("picture_count"), failures=Sum("charged_failure_count"))
    nameless = User.objects.in_bulk([row["person_id"] for row in sums if not row["person_name"]])
    named = [row | {"person_name": row["person_name"] or str(nameless[row["person_id"]])} for row in sums]
    return sorted(named, key=lambda row: (row["is_simulated"], -row["spent"], row["person_name"]))


def open_months() -> list[Span]:
    """Past months with spend that are not closed, the latest first."""
    today = local_day(timezone.now())
    first = StudioRollUp.objects.aggregate(first=Min("day"))["first"]
    if first is None:
        return []
    closed = set(Statement.objects.values_list("month", flat=True))
    month, found = first.replace(day=1), []
    while (span := Span.month_of(month)).last < today:
        found += [span] if month not in closed else []
        month = month_after(month)
    return found[::-1]
