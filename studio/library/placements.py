"""The order of the pictures in a collection, which several people may change at once."""

from collections.abc import Sequence
from datetime import datetime
from itertools import batched
from typing import Any

from django.db import models, transaction
from django.db.models import Max

from .models import Collection, CollectionPicture

SPREAD = 1 << 10  # between two neighbours, so that a move seldom touches any row but its own
BATCH = 2_000


class Gone(Exception):
    """A picture, or the one it was to stand before, is no longer in the collection."""


def lock(collection: Collection) -> None:
    """Let nobody else change the order before the transaction ends."""
    Collection.objects.select_for_update().get(pk=collection.pk)


def placements_of(collection: Collection) -> models.QuerySet[CollectionPicture]:
    return CollectionPicture.objects.filter(collection=collection).order_by("position", "pk")


def removable(collection: Collection, *, user: Any) -> models.QuerySet[CollectionPicture]:
    """What a person may take out: of their own collection every picture, of another's those that they added."""
    rows = CollectionPicture.objects.filter(collection=collection)
    return rows if collection.owner_id == user.pk else rows.filter(added_by=user)


def add(collection: Collection, picture_ids: Sequence[int], *, by: Any, now: datetime) -> None:
    """Put pictures at the end; those that are in it already stay where they are."""
    last = placements_of(collection).aggregate(last=Max("position"))["last"] or 0
    rows = (
        CollectionPicture(
            collection=collection, picture_id=pk, added_by=by, added_at=now, position=last + SPREAD * place
        )
        for place, pk in enumerate(picture_ids, 1)
    )
    for batch in batched(rows, BATCH):
        CollectionPicture.objects.bulk_create(batch, ignore_conflicts=True)


@transaction.atomic
def move(collection: Collection, *, picture_id: int, before_id: int | None) -> None:
    """Put a picture before another one, or at the end; raise Gone where either is not there.

    What is written is relative to what stands there now, so two people who drag at once both get their way.
    """
    lock(collection)
    rows = placements_of(collection)
    moved = rows.filter(picture=picture_id).first()
    follower = rows.filter(picture=before_id).first() if before_id else None
    if moved is None or (before_id and follower is None):
        raise Gone
    if moved == follower:
        return
    others = rows.exclude(pk=moved.pk)
    if follower is None:
        position = (others.aggregate(last=Max("position"))["last"] or 0) + SPREAD
    else:
        position = room_before(others, follower)
    CollectionPicture.objects.filter(pk=moved.pk).update(position=position)


def room_before(others: models.QuerySet[CollectionPicture], follower: CollectionPicture) -> int:
    """A free position before a picture; all are spread anew where there is none."""
    earlier = others.filter(position__lt=follower.position).aggregate(last=Max("position"))["last"] or 0
    # Pictures that came at once may share a position: then there is no room among them.
    is_shared = others.filter(position=follower.position).exclude(pk=follower.pk).exists()
    if follower.position - earlier >= 2 and not is_shared:
        return (earlier + follower.position) // 2
    spread(others)
    follower.refresh_from_db(fields=["position"])
    return follower.position - SPREAD // 2


def spread(rows: models.QuerySet[CollectionPicture]) -> None:
    for place, row in enumerate(rows.only("pk"), 1):
        CollectionPicture.objects.filter(pk=row.pk).update(position=SPREAD * place)
