"""Acts on the pictures that are chosen in the gallery, and undoing the last one."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh, trigger_client_event

from studio.accounts.access import person
from studio.core.refusals import Refusal
from studio.library.models import Collection, Picture, PictureQuerySet
from studio.library.models.collection import NAME_LENGTH, TAG_LENGTH
from studio.library.selection import Selection
from studio.web.htmx import HtmxHttpRequest
from studio.web.numbers import row_number

from .. import bulk_acts
from ..models import BulkAct


def bulk_act(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A view that acts on the chosen pictures; too many of them get a sentence."""

    @require_POST
    @wraps(view)
    def guarded(request: HtmxHttpRequest) -> HttpResponseBase:
        try:
            return view(request)
        except Refusal as refusal:
            return refuse(request, refusal.sentence, status=refusal.status)

    return guarded


def chosen(request: HttpRequest, pictures: PictureQuerySet) -> PictureQuerySet:
    """Those of these pictures that the request means."""
    return Selection.parse(request.POST).of(pictures, user=request.user)


def own(request: HttpRequest) -> PictureQuerySet:
    """The person's own pictures that are meant and not in the trash."""
    return chosen(request, Picture.objects.owned_by(request.user).kept())


@bulk_act
def selection_stars(request: HtmxHttpRequest) -> HttpResponseBase:
    """Star; with `value=0` take the stars away."""
    is_starred = request.POST.get("value") != "0"
    act = bulk_acts.star(own(request), is_starred=is_starred, owner=person(request), now=timezone.now())
    if is_starred:
        note = ngettext("%(count)s picture starred.", "%(count)s pictures starred.", act.count)
    else:
        note = ngettext("%(count)s star removed.", "%(count)s stars removed.", act.count)
    return answer(request, act, note)


@bulk_act
def selection_ratings(request: HtmxHttpRequest) -> HttpResponseBase:
    """Rate with 1 to 5; 0 takes the rating away."""
    rating = row_number(request.POST.get("value", ""))
    if rating is None or rating > 5:
        return refuse(request, _("A rating is a number from 0 to 5."))
    act = bulk_acts.rate(own(request), rating=rating, owner=person(request), now=timezone.now())
    return answer(request, act, ngettext("%(count)s picture rated.", "%(count)s pictures rated.", act.count))


@bulk_act
def selection_tags(request: HtmxHttpRequest) -> HttpResponseBase:
    """Add the tag `name`; with `remove=1` take it away."""
    name = name_from(request.POST.get("name", ""), most=TAG_LENGTH)
    if not name:
        return refuse(request, _("Type a tag."))
    is_removal = request.POST.get("remove") == "1"
    make = bulk_acts.untag if is_removal else bulk_acts.tag
    act = make(own(request), name=name, owner=person(request), now=timezone.now())
    if is_removal:
        note = ngettext(
            "Tag “%(name)s” removed from %(count)s picture.",
            "Tag “%(name)s” removed from %(count)s pictures.",
            act.count,
        )
    else:
        note = ngettext("%(count)s picture tagged “%(name)s”.", "%(count)s pictures tagged “%(name)s”.", act.count)
    return answer(request, act, note, name=name)


@bulk_act
def selection_collections(request: HtmxHttpRequest) -> HttpResponseBase:
    """Add to `collection`, or to a new one called `name`; with `remove=1` take out of it."""
    user = person(request)
    if request.POST.get("remove") == "1":
        collection = get_object_or_404(Collection.objects.seen_by(user), pk=number(request, "collection"))
        act = bulk_acts.remove(
            chosen(request, Picture.objects.all()), collection=collection, owner=user, now=timezone.now()
        )
        note = ngettext(
            "%(count)s picture removed from “%(name)s”.", "%(count)s pictures removed from “%(name)s”.", act.count
        )
        return answer(request, act, note, name=collection.name, is_gone=True)
    name = name_from(request.POST.get("name", ""), most=NAME_LENGTH)
    if name and "collection" not in request.POST:
        collection = Collection.objects.create(owner=user, name=name)
    else:
        collection = get_object_or_404(Collection.objects.added_to_by(user), pk=number(request, "collection"))
    act = bulk_acts.collect(own(request), collection=collection, owner=user, now=timezone.now())
    note = ngettext("%(count)s picture added to “%(name)s”.", "%(count)s pictures added to “%(name)s”.", act.count)
    return answer(request, act, note, name=collection.name)


@bulk_act
def selection_trash(request: HtmxHttpRequest) -> HttpResponseBase:
    act = bulk_acts.trash(own(request), owner=person(request), now=timezone.now())
    note = ngettext("%(count)s picture moved to the trash.", "%(count)s pictures moved to the trash.", act.count)
    return answer(request, act, note, is_gone=True)


@bulk_act
def selection_restoration(request: HtmxHttpRequest) -> HttpResponseBase:
    """Out of the trash; `all=1` means all that is in it."""
    trashed = Picture.objects.owned_by(request.user).trashed()
    meant = trashed if request.POST.get("all") == "1" else chosen(request, trashed)
    act = bulk_acts.restore(meant, owner=person(request), now=timezone.now())
    return answer(
        request, act, ngettext("%(count)s picture restored.", "%(count)s pictures restored.", act.count), is_gone=True
    )


@bulk_act
def selection_undo(request: HtmxHttpRequest) -> HttpResponseBase:
    """Undo the act of a note, for as long as the note is shown."""
    acts: QuerySet[BulkAct] = BulkAct.objects.seen_by(request.user).undoable(now=timezone.now())
    act = acts.filter(pk=number(request, "act") or 0).select_related("owner").first()
    if act and bulk_acts.undo(act):
        messages.success(request, _("Undone."))
    else:
        messages.error(request, _("This can no longer be undone."))
    return HttpResponseClientRefresh() if request.htmx else redirect(back(request))


def name_from(text: str, *, most: int) -> str:
    """What was typed as the name of something: one line, at most this many characters."""
    return " ".join(text.replace("\0", " ").split())[:most].strip()


def number(request: HttpRequest, name: str) -> int | None:
    return row_number(request.POST.get(name, ""))


def answer(
    request: HtmxHttpRequest, act: BulkAct, note: str, *, name: str = "", is_gone: bool = False
) -> HttpResponseBase:
    """The note of an act, with `Undo`; `is_gone` says that its pictures leave the list they were chosen in."""
    if act.count:
        messages.success(request, note % {"count": f"{act.count:,}", "name": name}, extra_tags=str(act.pk))
    else:
        messages.info(request, _("Nothing had to be changed."))
    if not request.htmx:
        return redirect(back(request))
    # What a query found may be anywhere on the page or on none that is loaded.
    if request.POST.get("all") == "1":
        return HttpResponseClientRefresh()
    response = HttpResponse()
    return trigger_client_event(
        response, "selection:acted", {"kind": act.kind, "isGone": is_gone, "changes": shown(act)}
    )


def shown(act: BulkAct) -> dict[str, object]:
    """What of an act the tiles of its pictures show."""
    return {name: act.changes[name] for name in ("is_starred", "rating") if name in act.changes}


def refuse(request: HtmxHttpRequest, sentence: str, *, status: int = 422) -> HttpResponseBase:
    messages.error(request, sentence)
    return HttpResponse(status=status) if request.htmx else redirect(back(request))


def back(request: HttpRequest) -> str:
    """The page of the studio that the request came from: its `next`, else the gallery."""
    wanted = request.POST.get("next", "")
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_ours else "gallery"
