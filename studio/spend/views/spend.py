"""The spend pages: of the studio, of a person, the table of people, and entries."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from studio.accounts.access import admin_required, person
from studio.accounts.models import User
from studio.generations.models import Result
from studio.ledger.entry_pages import Place, page_of
from studio.ledger.filters import GROUPINGS
from studio.ledger.models import Budget, Period
from studio.ledger.spending import Spending
from studio.library.models import Opening, Picture
from studio.web.htmx import HtmxHttpRequest

from ..queries import asks_for_fragment, number, read_spending, reject_invalid_queries, visible_person
from ..toolbar import toolbar_context
from ..waste import listed_entries, waste

PAGE = 30  # entries
TOP_PEOPLE, TOP_ENTRIES = 10, 5  # rows on the studio's page
PEOPLE_PAGE = 100


@require_safe
@reject_invalid_queries
@vary_on_headers("HX-Request")
def spend(request: HtmxHttpRequest) -> HttpResponseBase:
    """The studio's spend for admins, one's own for everyone else."""
    if not person(request).is_admin:
        return person_page(request, person(request))
    spending = read_spending(request)
    top, _more = page_of(
        spending.entries(), shown=replace(spending.shown, order="dearest"), after=None, size=TOP_ENTRIES
    )
    context = page_context(request, spending, by=GROUPINGS, csv_files=("days", "people", "entries")) | {
        "people": spending.people(count=TOP_PEOPLE),
        "people_count": len(spending.ranking),
        "dearest": top,
        "budget": budget_of(spending),
    }
    return render(request, "spend/spend.html", context)


@require_safe
@reject_invalid_queries
@vary_on_headers("HX-Request")
def person_spend(request: HtmxHttpRequest, person_id: int) -> HttpResponseBase:
    """One person's spend, for themselves and for admins; 404 for everyone else."""
    return person_page(request, visible_person(request, person_id))


def person_page(request: HtmxHttpRequest, who: User) -> HttpResponse:
    spending = read_spending(request, who)
    listed = entries_context(request, spending)
    if "after" in request.GET and asks_for_fragment(request):
        return render(request, "spend/spend_entries.html#entries", listed)
    openings = Opening.objects.of_pictures_of(who).select_related("admin")[:5]
    facts = {name: group for name, group in GROUPINGS.items() if name != "person"}
    context = page_context(request, spending, by=facts, csv_files=("days", "entries")) | listed
    context |= {"openings": openings, "budget": budget_of(spending)}
    return render(request, "spend/spend.html", context)


@admin_required
@require_safe
@reject_invalid_queries
@vary_on_headers("HX-Request")
def people_spend(request: HtmxHttpRequest) -> HttpResponse:
    """Everyone, the highest spend first."""
    spending = read_spending(request)
    after = number(request.GET.get("after"))
    people = spending.people(after=after, count=PEOPLE_PAGE + 1)
    context = toolbar_context(request, spending, csv_files=["people"]) | {
        "people": people[:PEOPLE_PAGE],
        "next_after": after + PEOPLE_PAGE if len(people) > PEOPLE_PAGE else None,
    }
    if after and asks_for_fragment(request):
        return render(request, "spend/spend_people.html#rows", context)
    return render(request, "spend/people_spend.html", context)


@admin_required
@require_safe
@reject_invalid_queries
@vary_on_headers("HX-Request")
def spend_entries(request: HtmxHttpRequest) -> HttpResponse:
    """Everyone's entries, the newest or the most expensive first."""
    spending = read_spending(request)
    listed = entries_context(request, spending)
    if "after" in request.GET and asks_for_fragment(request):
        return render(request, "spend/spend_entries.html#entries", listed)
    context = toolbar_context(request, spending, csv_files=["entries"])
    return render(request, "spend/spend_entries.html", context | listed)


def page_context(
    request: HtmxHttpRequest, spending: Spending, *, by: dict[str, Any], csv_files: Sequence[str]
) -> dict[str, Any]:
    return toolbar_context(request, spending, csv_files=csv_files) | {
        "groupings": [(name, label) for name, (_column, label) in by.items()],
        "by": "model" if spending.person and spending.shown.by == "person" else spending.shown.by,
        "waste": list(waste(spending)),
        "is_own": spending.person == request.user,
        "list_address": list_address(request),
    }


def budget_of(spending: Spending) -> list[Period]:
    """The current limits of the page's person or studio; on a person's page also the studio's, where it is near."""
    of: dict[str, Any] = {"today": spending.today, "is_simulated": spending.is_simulated}
    if spending.person is None:
        return Budget.objects.periods(None, **of)
    near = [period for period in Budget.objects.periods(None, **of) if period.is_near_limit]
    return Budget.objects.periods(spending.person.pk, **of) + near


def entries_context(request: HtmxHttpRequest, spending: Spending) -> dict[str, Any]:
    """A page of entries, with the pictures they paid for, as far as the viewer may see them."""
    after = Place.read(request.GET.get("after"))
    entries, following = page_of(listed_entries(spending), shown=spending.shown, after=after, size=PAGE)
    # In two queries: with a join, a database may scan all pictures of a person instead of those of these jobs.
    results = Result.objects.filter(job__in={entry.job_id for entry in entries})
    job_ids = dict(results.values_list("picture", "job"))
    mine = Picture.objects.owned_by(request.user).filter(pk__in=job_ids)
    pictures = {job_ids[picture.pk]: picture for picture in mine.order_by("-pk")}
    return {
        "rows": [(entry, pictures.get(entry.job_id)) for entry in entries],
        "next_after": following,
        "is_later": after is not None,
        "list_address": list_address(request),
        "spending": spending,
        "shown": spending.shown,
    }


def list_address(request: HtmxHttpRequest) -> str:
    """The address of the list from its beginning, for the link back from an entry."""
    query = request.GET.copy()
    query.pop("after", None)
    return f"{request.path}?{query.urlencode()}" if query else request.path
