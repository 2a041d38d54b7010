"""The budget pages, for admins."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from studio.accounts import audit
from studio.accounts.access import admin_required, person
from studio.accounts.models import User

from ..forms import BudgetForm, RaiseForm
from ..models import ZERO, Budget, Period
from ..models.budget import Limits
from ..money import plain
from ..periods import DAY, MONTH, local_day

NAMES = ("day_limit", "month_limit", "approval_above", "is_paused")
NUMBER = re.compile(r"[0-9]{1,18}")  # what a database accepts as a row number
Scope = Budget.Scope


@dataclass(frozen=True)
class Row:
    """The budget of a person or the studio: the current day and month."""

    person: User | None
    budget: Budget | None  # their own, if they have one
    day: Period
    month: Period


# ── Showing ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@admin_required
@require_safe
def budgets(request: HttpRequest) -> HttpResponse:
    return budgets_page(request)


def budgets_page(request: HttpRequest, *, status: int = 200, **forms: BudgetForm) -> HttpResponse:
    """Render the page with the given forms, and saved values otherwise."""
    today = local_day(timezone.now())
    rows = all_rows(today)
    context = {
        "studio": row_of(None, rows.pop(None, {}), Budget.objects.of_studio(), None, today=today),
        "studio_form": BudgetForm(instance=budget_of(Scope.STUDIO), prefix="studio"),
        "everyone_form": BudgetForm(instance=budget_of(Scope.EVERYONE), prefix="everyone"),
        "raise_form": RaiseForm(),
        "rows": rows_of_people(rows, today=today),
    }
    return render(request, "ledger/budgets.html", context | forms, status=status)


@admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def person_budget(request: HttpRequest, person_id: int) -> HttpResponse:
    """A person's own budget, which replaces the one for everyone."""
    whose = get_object_or_404(User, pk=person_id)
    kept = Budget.objects.filter(person=whose).first()
    # A new one starts with the limits for everyone.
    everyone = budget_of(Scope.EVERYONE)
    start = kept or Budget(scope=Scope.PERSON, person=whose, **{name: getattr(everyone, name) for name in NAMES})
    form = BudgetForm(request.POST if request.method == "POST" else None, instance=start)
    if request.method == "POST" and form.is_valid():
        save_budget(request, form, before=values_of(kept) if kept else None, subject=str(whose))
        messages.success(request, _("The budget of %(person)s is saved.") % {"person": whose})
        return redirect("budgets")
    today = local_day(timezone.now())
    context = {
        "whose": whose,
        "form": form,
        "has_own": kept is not None,
        "row": row_of(whose, all_rows(today).get(whose.pk, {}), start.limits, kept, today=today),
        "raise_form": RaiseForm(),
    }
    return render(request, "ledger/person_budget.html", context, status=422 if form.is_bound else 200)


# ── Changing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@admin_required
@require_POST
def studio_budget(request: HttpRequest) -> HttpResponse:
    return shared_budget(request, Scope.STUDIO)


@admin_required
@require_POST
def everyone_budget(request: HttpRequest) -> HttpResponse:
    return shared_budget(request, Scope.EVERYONE)


def shared_budget(request: HttpRequest, scope: Budget.Scope) -> HttpResponse:
    budget = budget_of(scope)
    before = values_of(budget)
    form = BudgetForm(request.POST, instance=budget, prefix=scope)
    if not form.is_valid():
        return budgets_page(request, status=422, **{f"{scope}_form": form})
    save_budget(request, form, before=before, subject=str(scope.label))
    messages.success(request, _("The budget is saved. It applies from now on, including today and this month."))
    return redirect("budgets")


@transaction.atomic
def save_budget(request: HttpRequest, form: BudgetForm, *, before: dict[str, Any] | None, subject: str) -> None:
    now = timezone.now()
    budget = form.save(commit=False)
    Budget.objects.save_budget(budget, today=local_day(now))
    record(request, "budget.change", subject, before=before, after=values_of(budget))


@admin_required
@require_POST
@transaction.atomic
def removal(request: HttpRequest, person_id: int) -> HttpResponse:
    """Remove a person's own budget, so that the one for everyone applies again."""
    budget = get_object_or_404(Budget.objects.select_related("person"), person_id=person_id)
    whose, before = str(budget.person), values_of(budget)
    Budget.objects.remove(budget, today=local_day(timezone.now()))
    record(request, "budget.remove", whose, before=before, after=None)
    messages.success(request, _("The budget for everyone applies to %(person)s again.") % {"person": whose})
    return redirect("budgets")


@admin_required
@require_POST
@transaction.atomic
def raises(request: HttpRequest) -> HttpResponse:
    """Raise a limit of a person or the studio, for the current day or month only."""
    form = RaiseForm(request.POST)
    whose = somebody(request.POST.get("person", ""))
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return redirect("budgets")
    kind, amount, today = form.cleaned_data["kind"], form.cleaned_data["amount"], local_day(timezone.now())
    if Period.objects.raise_limit(person_id=whose.pk if whose else None, kind=kind, amount=amount, today=today):
        record(request, "budget.raise", str(whose or Scope.STUDIO.label), before=None, after={kind: plain(amount)})
        messages.success(request, _("$%(amount)s was added.") % {"amount": plain(amount)})
    else:
        messages.error(request, _("There is no limit to raise."))
    return redirect("budgets")


def somebody(number: str) -> User | None:
    """The person with this number, None for none; 404 for anything else."""
    if number and not NUMBER.fullmatch(number):
        raise Http404
    return get_object_or_404(User, pk=number) if number else None


def record(
    request: HttpRequest, action: str, subject: str, *, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> None:
    now = timezone.now()
    audit.record(actor=person(request), action=action, subject=subject, before=before, after=after, now=now)


# ── Rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def budget_of(scope: Budget.Scope) -> Budget:
    return Budget.objects.filter(scope=scope).first() or Budget(scope=scope)


def values_of(budget: Budget) -> dict[str, Any]:
    """A budget's values for the audit log."""
    values = {name: getattr(budget, name) for name in NAMES}
    return {name: plain(value) if isinstance(value, Decimal) else value for name, value in values.items()}


Periods = dict[str, Period]  # by kind


def all_rows(today: date) -> dict[int | None, Periods]:
    """The current periods by person; simulated money only where no real money was spent or held."""
    rows: dict[int | None, Periods] = {}
    for period in Period.objects.current(today).order_by("-is_simulated", "pk"):
        kinds = rows.setdefault(period.person_id, {})
        if period.kind not in kinds or period.used or not kinds[period.kind].used:
            kinds[period.kind] = period
    return rows


def row_of(
    whose: User | None, periods: Mapping[str, Period], limits: Limits, own: Budget | None, *, today: date
) -> Row:
    day, month = (
        periods.get(kind) or Period(kind=kind, starts_on=today, limit=limits.of(kind), held=ZERO, spent=ZERO)
        for kind in (DAY, MONTH)
    )
    return Row(person=whose, budget=own, day=day, month=month)


def rows_of_people(rows: Mapping[int | None, Periods], *, today: date) -> list[Row]:
    """Everyone who is active or spent something, the highest spend of the month first."""
    own = {budget.person_id: budget for budget in Budget.objects.filter(scope=Scope.PERSON)}
    everyone = budget_of(Scope.EVERYONE)
    shown = [
        row_of(whose, rows.get(whose.pk, {}), own.get(whose.pk, everyone).limits, own.get(whose.pk), today=today)
        for whose in User.objects.order_by("email")
    ]
    shown = [row for row in shown if row.month.used or (row.person and row.person.is_active)]
    return sorted(shown, key=lambda row: row.month.used, reverse=True)
