"""One entry: the breakdown of its amount, and the picture it paid for, which an admin may open."""

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from studio.accounts import audit
from studio.accounts.access import admin_required, person
from studio.accounts.models import StudioSettings
from studio.ledger.cost_breakdown import cost_lines
from studio.ledger.models import Entry
from studio.library.models import Opening, Picture


@require_safe
def entry(request: HttpRequest, entry_id: int) -> HttpResponse:
    """An entry and the others of its round; its picture for the owner, and for an admin who opened it."""
    shown = visible_entry(request, entry_id)
    now = timezone.now()
    pictures = Picture.objects.filter(result__job=shown.job_id).select_related("owner")
    is_own = shown.person_id == request.user.pk
    open_now = pictures if is_own else pictures.opened_by(request.user, now=now)
    job_entries = Entry.objects.filter(job_id=shown.job_id, round=shown.round).order_by("pk")
    context = {
        "entry": shown,
        "job_entries": job_entries,
        "cost_lines": cost_lines(shown) if shown.verb == Entry.Verb.SETTLE else [],
        "multiplier": shown.unit_prices.get("multiplier", "1"),
        "pictures": open_now,
        "has_pictures": pictures.exists(),
        "is_own": is_own,
        "may_open": StudioSettings.load().admins_may_open_pictures,
        "openings": Opening.objects.filter(picture__in=pictures).select_related("admin")[:10],
        "back": back_of(request, shown),
    }
    return render(request, "spend/entry.html", context)


@admin_required
@require_POST
def opening(request: HttpRequest, entry_id: int) -> HttpResponseBase:
    """Open the picture of an entry, which its owner can see; 404 where the studio does not allow it."""
    shown = visible_entry(request, entry_id)
    if not StudioSettings.load().admins_may_open_pictures:
        raise Http404
    pictures = Picture.objects.filter(result__job=shown.job_id).exclude(owner=person(request))
    record_opening(request, shown, pictures)
    back = f"?back={request.POST['back']}" if request.POST.get("back") else ""
    return redirect(reverse("entry", args=[shown.pk]) + back)


@transaction.atomic
def record_opening(request: HttpRequest, shown: Entry, pictures: QuerySet[Picture]) -> None:
    now, admin = timezone.now(), person(request)
    for picture in pictures:
        Opening.objects.create(picture=picture, admin=admin, opened_at=now)
        audit.record(
            actor=admin,
            action="picture.open",
            subject=_("picture %(picture)s of %(owner)s") % {"picture": picture.pk, "owner": picture.owner},
            before=None,
            after={"entry": shown.pk},
            now=now,
        )


def visible_entry(request: HttpRequest, entry_id: int) -> Entry:
    entries = Entry.objects.select_related("person")
    if not person(request).is_admin:
        entries = entries.filter(person=person(request))
    return get_object_or_404(entries, pk=entry_id)


def back_of(request: HttpRequest, shown: Entry) -> str:
    """The list an entry was opened from; else its person's page."""
    back = request.GET.get("back", "")
    is_ours = back.startswith(reverse("spend")) and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return back if is_ours else reverse("person_spend", args=[shown.person_id])
