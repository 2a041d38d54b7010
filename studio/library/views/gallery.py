"""The gallery: one's pictures, narrowed and ordered as the address says, in blocks from any place of the order."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from studio.web.htmx import HtmxHttpRequest

from ..gallery_filters import FLAGS, chips, collections_of, found_filters, known_filters, people_for
from ..gallery_query import GalleryQuery, Sort
from ..models import Picture, PictureQuerySet

PAGE = 48  # pictures of a block
COUNTED = 10_000  # pictures at the most; counting all of an archive would take longer than the rest of its page
# What a tile shows; of a hundred pictures the rest would be read for nothing.
TILE_COLUMNS = [
    "owner", "kind", "prompt", "width", "height", "format", "colour", "ground", "price", "sorted_price", "is_simulated",
    "decision", "is_downgraded", "upscaled_from", "steps", "is_starred", "rating",
]  # fmt: skip


@dataclass(frozen=True)
class Block:
    """Pictures that follow each other in the list; a browser lays out each block by itself."""

    pictures: list[Picture]
    query: GalleryQuery
    is_followed: bool = False
    is_preceded: bool = False

    @property
    def first(self) -> str:
        return self.query.place_of(self.pictures[0]) if self.pictures else ""

    @property
    def last(self) -> str:
        return self.query.place_of(self.pictures[-1]) if self.pictures else ""


@require_safe
@vary_on_headers("HX-Request")
def gallery(request: HtmxHttpRequest) -> HttpResponse:
    """The page beginning at the place `at`, else with the first picture.

    For htmx its results, or one block of them: the one after a place, the one before one, or that from `at` to `to`;
    or the choices of the filters that have to be looked up.
    """
    query, user = GalleryQuery.parse(request.GET), request.user
    if request.htmx and "choices" in request.GET:
        context = {"query": query, "found_filters": found_filters(query, user), **people_and_collections(query, user)}
        return render(request, "library/gallery_filters.html#choices", context)
    pictures = query.pictures_of(user)
    if request.htmx and any(name in request.GET for name in ("after", "before", "to")):
        return render(request, "library/gallery_block.html", block_context(block_of(query, pictures, request.GET)))
    block = block_of(query, pictures, request.GET)
    context = {
        "query": query,
        "chips": list(chips(query, user)),
        "count": count_of(block, pictures),
        "counted": COUNTED,
        **block_context(block),
    }
    if request.htmx:
        answer = render(request, "library/gallery.html#results", context)
        answer["HX-Replace-Url"] = address_of(query)
        return answer
    filters = {
        "known_filters": known_filters(query),
        "flags": [(name, label, getattr(query, name)) for name, label in FLAGS.items()],
        "sorts": Sort.choices,
    }
    return render(request, "library/gallery.html", context | filters)


def block_context(block: Block) -> dict[str, Any]:
    return {"rows": block, "query_string": block.query.urlencode()}


def address_of(query: GalleryQuery) -> str:
    narrowed = query.urlencode()
    return f"{reverse('gallery')}?{narrowed}" if narrowed else reverse("gallery")


def people_and_collections(query: GalleryQuery, user: Any) -> dict[str, Any]:
    return {"collections": collections_of(user), "people": people_for(user)}


def block_of(query: GalleryQuery, pictures: PictureQuerySet, places: Any) -> Block:
    """The block at the place that is asked for; the first one where that is none."""
    if before := places.get("before"):
        found = rows(query.preceding(pictures, before)[: PAGE + 1])
        return Block(found[:PAGE][::-1], query, is_followed=True, is_preceded=len(found) > PAGE)
    after, at, until = places.get("after", ""), places.get("at", ""), places.get("to", "")
    if at and until:
        span = query.preceding(query.following(pictures, at, is_inclusive=True), until, is_inclusive=True)
        return Block(rows(span.order_by(*query.order)[:PAGE]), query, is_followed=True, is_preceded=True)
    found = rows(query.following(pictures, after or at, is_inclusive=not after)[: PAGE + 1])
    if at and not found:
        at, found = "", rows(pictures.order_by(*query.order)[: PAGE + 1])
    is_preceded = bool(after) or bool(at and query.preceding(pictures, at).exists())
    return Block(found[:PAGE], query, is_followed=len(found) > PAGE, is_preceded=is_preceded)


def rows(pictures: PictureQuerySet) -> list[Picture]:
    """The pictures of a page, read after their numbers, which an index gives alone."""
    ids = list(pictures.values_list("pk", flat=True))
    found = Picture.objects.only(*TILE_COLUMNS).in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]


def count_of(block: Block, pictures: PictureQuerySet) -> int:
    """How many there are, COUNTED and one at the most."""
    if not block.is_followed and not block.is_preceded:
        return len(block.pictures)
    return pictures.order_by()[: COUNTED + 1].count()
