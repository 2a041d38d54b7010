"""Acts on many pictures at once, and undoing them. Each act and each undo is one transaction.

An act keeps what it changed, not what it was asked to: undoing gives back exactly that, and leaves alone what somebody
has changed since.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import batched
from typing import Any

from django.db import transaction

from studio.library import placements
from studio.library.models import (
    Collection,
    CollectionPicture,
    Picture,
    PictureQuerySet,
    PictureTag,
    SearchEntry,
    Tag,
)
from studio.library.search_text import fold

from .models import BulkAct

CHUNK = 5_000  # ids in one statement
Kind = BulkAct.Kind


# ── Acts ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def star(pictures: PictureQuerySet, *, is_starred: bool, owner: Any, now: datetime) -> BulkAct:
    changed = locked_ids(pictures.exclude(is_starred=is_starred))
    update(changed, is_starred=is_starred)
    return record(Kind.STARS, {"pictures": changed, "is_starred": is_starred}, len(changed), owner=owner, now=now)


@transaction.atomic
def rate(pictures: PictureQuerySet, *, rating: int, owner: Any, now: datetime) -> BulkAct:
    """Give a rating of 1 to 5; 0 takes it away."""
    before = grouped(pictures.exclude(rating=rating), "rating")
    for ids in before.values():
        update(ids, rating=rating)
    count = sum(map(len, before.values()))
    return record(Kind.RATINGS, {"pictures": before, "rating": rating}, count, owner=owner, now=now)


@transaction.atomic
def tag(pictures: PictureQuerySet, *, name: str, owner: Any, now: datetime) -> BulkAct:
    row = Tag.objects.get_or_add(owner, name)
    changed = locked_ids(pictures.exclude(tags=row))
    attach(changed, row)
    return record(Kind.TAGS, {"pictures": changed, "name": row.name}, len(changed), owner=owner, now=now)


@transaction.atomic
def untag(pictures: PictureQuerySet, *, name: str, owner: Any, now: datetime) -> BulkAct:
    row = find_tag(name, owner=owner)
    changed = locked_ids(pictures.filter(tags=row)) if row else []
    if row:
        detach(changed, row)
    return record(Kind.UNTAGGING, {"pictures": changed, "name": name}, len(changed), owner=owner, now=now)


@transaction.atomic
def collect(pictures: PictureQuerySet, *, collection: Collection, owner: Any, now: datetime) -> BulkAct:
    """Add to the end of a collection, the oldest first."""
    placements.lock(collection)
    known = CollectionPicture.objects.filter(collection=collection).values("picture")
    changed = sorted(locked_ids(pictures.exclude(pk__in=known)))
    placements.add(collection, changed, by=owner, now=now)
    changes = {"pictures": changed, "collection": collection.pk, "added_at": now.isoformat()}
    return record(Kind.COLLECTIONS, changes, len(changed), owner=owner, now=now)


@transaction.atomic
def remove(pictures: PictureQuerySet, *, collection: Collection, owner: Any, now: datetime) -> BulkAct:
    """Take out of a collection: its owner takes out every picture, others those that they added."""
    placements.lock(collection)
    rows = placements.removable(collection, user=owner)
    found = list(rows.filter(picture__in=pictures.values("pk")).values("picture", "added_by", "added_at", "position"))
    for chunk in chunks(row["picture"] for row in found):
        rows.filter(picture__in=chunk).delete()
    kept = [row | {"added_at": row["added_at"].isoformat()} for row in found]
    return record(Kind.REMOVAL, {"rows": kept, "collection": collection.pk}, len(kept), owner=owner, now=now)


@transaction.atomic
def trash(pictures: PictureQuerySet, *, owner: Any, now: datetime) -> BulkAct:
    changed = locked_ids(pictures.kept())
    update(changed, trashed_at=now)
    return record(Kind.TRASH, {"pictures": changed, "at": now.isoformat()}, len(changed), owner=owner, now=now)


@transaction.atomic
def restore(pictures: PictureQuerySet, *, owner: Any, now: datetime) -> BulkAct:
    """Take out of the trash; a discarded candidate is undecided again, because it is on its way back."""
    before = grouped(pictures.trashed(), "trashed_at")
    changed = [pk for ids in before.values() for pk in ids]
    discarded = discarded_among(changed)
    update(changed, trashed_at=None)
    update(discarded, decision=Picture.Decision.UNDECIDED)
    changes = {"pictures": before, "discarded": discarded}
    return record(Kind.RESTORATION, changes, len(changed), owner=owner, now=now)


# ── Undoing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def undo(act: BulkAct) -> bool:
    """Give back what an act changed, once; False for one that was undone already."""
    deleted, _rows = BulkAct.objects.filter(pk=act.pk).delete()
    if deleted:
        INVERSES[act.kind](act)
    return bool(deleted)


def unstar(act: BulkAct) -> None:
    was = not act.changes["is_starred"]
    update(act.changes["pictures"], only={"is_starred": not was}, is_starred=was)


def rate_as_before(act: BulkAct) -> None:
    for rating, ids in act.changes["pictures"].items():
        update(ids, only={"rating": act.changes["rating"]}, rating=int(rating))


def untag_again(act: BulkAct) -> None:
    if row := find_tag(act.changes["name"], owner=act.owner):
        detach(act.changes["pictures"], row)


def tag_again(act: BulkAct) -> None:
    if act.changes["pictures"]:
        attach(act.changes["pictures"], Tag.objects.get_or_add(act.owner, act.changes["name"]))


def take_out_again(act: BulkAct) -> None:
    added = CollectionPicture.objects.filter(
        collection=act.changes["collection"],
        added_by=act.owner,
        added_at=datetime.fromisoformat(act.changes["added_at"]),
    )
    for chunk in chunks(act.changes["pictures"]):
        added.filter(picture__in=chunk).delete()


def put_back(act: BulkAct) -> None:
    """Into the places they had; somebody may have added one of them again meanwhile."""
    rows = (
        CollectionPicture(
            collection_id=act.changes["collection"],
            picture_id=row["picture"],
            added_by_id=row["added_by"],
            added_at=datetime.fromisoformat(row["added_at"]),
            position=row["position"],
        )
        for row in act.changes["rows"]
    )
    if Collection.objects.filter(pk=act.changes["collection"]).exists():
        CollectionPicture.objects.bulk_create(rows, batch_size=CHUNK, ignore_conflicts=True)


def take_out_of_trash(act: BulkAct) -> None:
    update(act.changes["pictures"], only={"trashed_at": datetime.fromisoformat(act.changes["at"])}, trashed_at=None)


def trash_again(act: BulkAct) -> None:
    for at, ids in act.changes["pictures"].items():
        update(ids, only={"trashed_at": None}, trashed_at=datetime.fromisoformat(at))
    undecided = Picture.Decision.UNDECIDED
    update(act.changes["discarded"], only={"decision": undecided}, decision=Picture.Decision.DISCARDED)


INVERSES: dict[str, Callable[[BulkAct], None]] = {
    Kind.STARS: unstar,
    Kind.RATINGS: rate_as_before,
    Kind.TAGS: untag_again,
    Kind.UNTAGGING: tag_again,
    Kind.COLLECTIONS: take_out_again,
    Kind.REMOVAL: put_back,
    Kind.TRASH: take_out_of_trash,
    Kind.RESTORATION: trash_again,
}


def forget_expired(*, now: datetime) -> int:
    """Delete the acts that can no longer be undone; return how many."""
    return BulkAct.objects.expired(now=now).delete()[0]


# ── Rows ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def record(kind: str, changes: dict[str, Any], count: int, *, owner: Any, now: datetime) -> BulkAct:
    return BulkAct.objects.create(owner=owner, kind=kind, changes=changes, count=count, created_at=now)


def chunks(ids: Iterable[int]) -> Iterator[tuple[int, ...]]:
    return batched(ids, CHUNK)


def locked_ids(pictures: PictureQuerySet) -> list[int]:
    """Their ids; nobody else changes these rows before the transaction ends."""
    return list(pictures.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))


def grouped(pictures: PictureQuerySet, column: str) -> dict[str, list[int]]:
    """Ids by what a column says, as JSON can keep it."""
    groups: defaultdict[str, list[int]] = defaultdict(list)
    rows = pictures.order_by("pk").select_for_update(of=("self",)).values_list("pk", column)
    for pk, value in rows:
        groups[value.isoformat() if isinstance(value, datetime) else str(value)].append(pk)
    return dict(groups)


def discarded_among(ids: list[int]) -> list[int]:
    found: list[int] = []
    for chunk in chunks(ids):
        rows = Picture.objects.filter(pk__in=chunk, decision=Picture.Decision.DISCARDED)
        found += rows.values_list("pk", flat=True)
    return found


def update(ids: Iterable[int], *, only: dict[str, Any] | None = None, **columns: Any) -> None:
    """Write columns of these pictures, of those alone that are still as `only` says."""
    for chunk in chunks(ids):
        Picture.objects.filter(pk__in=chunk, **(only or {})).update(**columns)


def find_tag(name: str, *, owner: Any) -> Tag | None:
    return Tag.objects.filter(owner=owner, key=fold(name)).first()


def attach(ids: list[int], row: Tag) -> None:
    for chunk in chunks(ids):
        PictureTag.objects.bulk_create([PictureTag(picture_id=pk, tag=row) for pk in chunk], ignore_conflicts=True)
    SearchEntry.objects.renew(ids)


def detach(ids: list[int], row: Tag) -> None:
    """Without a picture the tag goes too, so that it is not suggested."""
    for chunk in chunks(ids):
        PictureTag.objects.filter(tag=row, picture__in=chunk).delete()
    SearchEntry.objects.renew(ids)
    if not PictureTag.objects.filter(tag=row).exists():
        row.delete()
