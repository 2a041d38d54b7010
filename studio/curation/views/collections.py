"""The pages of collections: the list, one with its pictures, and what their owner may change."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from studio.accounts.access import person
from studio.library import placements
from studio.library.models import Collection, CollectionPicture, Picture
from studio.web.htmx import HtmxHttpRequest
from studio.web.numbers import row_number

from ..forms import CollectionForm, NewCollectionForm

PAGE = 48  # pictures


@require_http_methods(["GET", "HEAD", "POST"])
def collections(request: HttpRequest) -> HttpResponseBase:
    """GET lists a person's collections and those shared with the studio; POST makes one."""
    user = person(request)
    form = NewCollectionForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        made = Collection.objects.create(owner=user, name=form.cleaned_data["name"])
        return redirect("collection", made.pk)
    seen = with_covers(annotate_covers(Collection.objects.seen_by(user).kept(), user=user).order_by("name", "pk"))
    context = {
        "form": form,
        "own": [each for each in seen if each.owner_id == user.pk],
        "shared": [each for each in seen if each.owner_id != user.pk],
    }
    return render(request, "curation/collections.html", context, status=422 if form.is_bound else 200)


def annotate_covers(collections: QuerySet[Collection], *, user: Any) -> QuerySet[Any]:
    """Collections with the number of pictures this person sees in them, and the picture that stands for them."""
    seen = Picture.objects.seen_by(user).kept()
    inside = CollectionPicture.objects.filter(collection=OuterRef("pk"), picture__in=seen).order_by()
    counted = inside.values("collection").annotate(count=Count("pk")).values("count")
    chosen = inside.filter(picture=OuterRef("cover"))
    first = inside.order_by("position", "pk")
    return collections.annotate(
        picture_count=Subquery(counted),
        chosen_id=Subquery(chosen.values("picture")[:1]),
        first_id=Subquery(first.values("picture")[:1]),
    )


def with_covers(collections: QuerySet[Any]) -> list[Any]:
    """Each with the picture that stands for it as `cover_picture`: the chosen one, else the first."""
    found = list(collections.select_related("owner"))
    covers = Picture.objects.in_bulk([each.chosen_id or each.first_id for each in found if each.first_id])
    for each in found:
        each.cover_picture = covers.get(each.chosen_id or each.first_id)
    return found


@require_safe
@vary_on_headers("HX-Request")
def collection(request: HtmxHttpRequest, collection_id: int) -> HttpResponse:
    """The pictures of a collection in its order; `?after=<picture>` goes on below that one, as a fragment for htmx."""
    shown = get_object_or_404(Collection.objects.seen_by(request.user).select_related("owner"), pk=collection_id)
    seen = Picture.objects.seen_by(request.user).kept()
    rows = placements.placements_of(shown).filter(picture__in=seen)
    page = list(after(rows, request.GET.get("after", ""))[: PAGE + 1].select_related("picture"))
    is_own = shown.owner_id == person(request).pk
    context = {
        "collection": shown,
        "pictures": [row.picture for row in page[:PAGE]],
        "next_after": page[PAGE - 1].picture_id if len(page) > PAGE else None,
        "is_own": is_own,
        "can_add": is_own or shown.sharing == Collection.Sharing.ADD,
    }
    if request.htmx and "after" in request.GET:
        return render(request, "curation/collection.html#page", context)
    context |= {"count": rows.count(), "form": CollectionForm(instance=shown) if is_own else None}
    return render(request, "curation/collection.html", context)


def after(rows: QuerySet[CollectionPicture], picture_id: str) -> QuerySet[CollectionPicture]:
    """The places below a picture's; all of them where it is not there."""
    number = row_number(picture_id)
    last = rows.filter(picture=number).first() if number else None
    if last is None:
        return rows
    return rows.filter(Q(position__gt=last.position) | Q(position=last.position, pk__gt=last.pk))


@require_POST
def collection_details(request: HttpRequest, collection_id: int) -> HttpResponseBase:
    """Name, notes, and who may see it: its owner's to change."""
    own = get_object_or_404(Collection.objects.owned_by(request.user).kept(), pk=collection_id)
    form = CollectionForm(request.POST, instance=own)
    if form.is_valid():
        form.save()
        messages.success(request, _("Collection saved."))
    else:
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
    return redirect("collection", collection_id)


@require_POST
def collection_cover(request: HttpRequest, collection_id: int) -> HttpResponseBase:
    own = get_object_or_404(Collection.objects.owned_by(request.user).kept(), pk=collection_id)
    rows = placements.placements_of(own).filter(picture__in=Picture.objects.seen_by(request.user).kept())
    placed = get_object_or_404(rows, picture=row_number(request.POST.get("picture", "")))
    Collection.objects.filter(pk=own.pk).update(cover=placed.picture_id)
    messages.success(request, _("This picture stands for the collection now."))
    return redirect("collection", collection_id)


@require_POST
def collection_order(request: HttpRequest, collection_id: int) -> HttpResponseBase:
    """Put `picture` before the picture `before`, or at the end."""
    changed = get_object_or_404(Collection.objects.added_to_by(request.user), pk=collection_id)
    moved, before = row_number(request.POST.get("picture", "")), row_number(request.POST.get("before", ""))
    try:
        placements.move(changed, picture_id=moved or 0, before_id=before)
    except placements.Gone:
        messages.error(request, _("Somebody has changed this collection meanwhile. Reload the page and try again."))
        return HttpResponse(status=409)
    return HttpResponse(status=204)


@require_POST
def collection_trashing(request: HttpRequest, collection_id: int) -> HttpResponseBase:
    """Into the trash, which ends its sharing at once; its pictures stay where they are."""
    own = Collection.objects.owned_by(request.user).kept().filter(pk=collection_id)
    get_object_or_404(own)
    own.update(trashed_at=timezone.now())
    messages.success(request, _("The collection is in the trash. Its pictures stay in the gallery."))
    return redirect("collections")


@require_POST
def collection_restoration(request: HttpRequest, collection_id: int) -> HttpResponseBase:
    own = get_object_or_404(Collection.objects.owned_by(request.user), pk=collection_id)
    Collection.objects.filter(pk=own.pk).update(trashed_at=None)
    return redirect("collection", collection_id)
