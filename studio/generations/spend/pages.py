"""The pages: the studio's spend, a person's, everybody's in a table, and entries."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from studio.accounts.access import admin_required, person
from studio.accounts.models import User
from studio.ledger.filters import GROUPINGS
from studio.ledger.models import Budget, Period
from studio.ledger.spending import Place, Spending, page_of
from studio.library.models import Opening, Picture

from .reading import asks_for_fragment, no_nonsense, number, read, seen_person
from .toolbar import toolbar_context
from .waste import listed, waste

PAGE = 30  # entries
TOP_PEOPLE, TOP_ENTRIES = 10, 5  # rows on the studio's page
PEOPLE_PAGE = 100


@require_safe
@no_nonsense
@vary_on_headers("HX-Request")
def spend(request: HttpRequest) -> HttpResponseBase:
    """The studio's spend for an admin, one's own for everybody else."""
    if not person(request).is_admin:
        return person_page(request, person(request))
    spending = read(request)
    top, _more = page_of(
        spending.entries(), shown=replace(spending.shown, order="dearest"), after=None, size=TOP_ENTRIES
    )
    context = page_context(request, spending, by=GROUPINGS, sheets=("days", "people", "entries")) | {
        "people": spending.people(count=TOP_PEOPLE),
        "people_count": len(spending.ranking),
        "dearest": top,
        "budget": budget_of(spending),
    }
    return render(request, "generations/spend.html", context)


@require_safe
@no_nonsense
@vary_on_headers("HX-Request")
def person_spend(request: HttpRequest, person_id: int) -> HttpResponseBase:
    """One person's spend, for themselves and for admins; for everybody else it does not exist."""
    return person_page(request, seen_person(request, person_id))


def person_page(request: HttpRequest, who: User) -> HttpResponse:
    spending = read(request, who)
    listed = entries_context(request, spending)
    if "after" in request.GET and asks_for_fragment(request):
        return render(request, "generations/spend_entries.html#entries", listed)
    openings = Opening.objects.of_pictures_of(who).select_related("admin")[:5]
    facts = {name: group for name, group in GROUPINGS.items() if name != "person"}
    context = page_context(request, spending, by=facts, sheets=("days", "entries")) | listed
    context |= {"openings": openings, "budget": budget_of(spending)}
    return render(request, "generations/spend.html", context)


@admin_required
@require_safe
@no_nonsense
@vary_on_headers("HX-Request")
def people_spend(request: HttpRequest) -> HttpResponse:
    """Everybody, the dearest first."""
    spending = read(request)
    after = number(request.GET.get("after"))
    people = spending.people(after=after, count=PEOPLE_PAGE + 1)
    context = toolbar_context(request, spending, sheets=["people"]) | {
        "people": people[:PEOPLE_PAGE],
        "next_after": after + PEOPLE_PAGE if len(people) > PEOPLE_PAGE else None,
    }
    if after and asks_for_fragment(request):
        return render(request, "generations/spend_people.html#rows", context)
    return render(request, "generations/people_spend.html", context)


@admin_required
@require_safe
@no_nonsense
@vary_on_headers("HX-Request")
def spend_entries(request: HttpRequest) -> HttpResponse:
    """Everybody's entries, newest or dearest first."""
    spending = read(request)
    listed = entries_context(request, spending)
    if "after" in request.GET and asks_for_fragment(request):
        return render(request, "generations/spend_entries.html#entries", listed)
    context = toolbar_context(request, spending, sheets=["entries"])
    return render(request, "generations/spend_entries.html", context | listed)


def page_context(
    request: HttpRequest, spending: Spending, *, by: dict[str, Any], sheets: Sequence[str]
) -> dict[str, Any]:
    return toolbar_context(request, spending, sheets=sheets) | {
        "groupings": [(name, label) for name, (_column, label) in by.items()],
        "by": "model" if spending.person and spending.shown.by == "person" else spending.shown.by,
        "waste": list(waste(spending)),
        "is_own": spending.person == request.user,
        "list_address": list_address(request),
    }


def budget_of(spending: Spending) -> list[Period]:
    """The limits that hold today for whom the page is about; the studio's on a person's page only where it is near."""
    of: dict[str, Any] = {"today": spending.today, "is_simulated": spending.is_simulated}
    if spending.person is None:
        return Budget.objects.periods(None, **of)
    near = [period for period in Budget.objects.periods(None, **of) if period.is_near_limit]
    return Budget.objects.periods(spending.person.pk, **of) + near


def entries_context(request: HttpRequest, spending: Spending) -> dict[str, Any]:
    """A page of entries with, for their owner, the pictures they paid for."""
    after = Place.read(request.GET.get("after"))
    entries, following = page_of(listed(spending), shown=spending.shown, after=after, size=PAGE)
    # In two steps: asked for both at once, a database may go through all pictures of a person instead of these jobs'.
    found = list(Picture.objects.filter(job_id__in={entry.job_id for entry in entries}).values_list("pk", flat=True))
    mine = Picture.objects.seen_by(request.user).filter(pk__in=found)
    pictures = {picture.job_id: picture for picture in mine.order_by("-pk")}
    return {
        "rows": [(entry, pictures.get(entry.job_id)) for entry in entries],
        "next_after": following,
        "is_later": after is not None,
        "list_address": list_address(request),
        "spending": spending,
        "shown": spending.shown,
    }


def list_address(request: HttpRequest) -> str:
    """Where an entry's way back leads: the list from its beginning."""
    query = request.GET.copy()
    query.pop("after", None)
    return f"{request.path}?{query.urlencode()}" if query else request.path
