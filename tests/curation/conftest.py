"""Rows of pictures without files, and a form sent as a page sends it."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.test import Client

from studio.accounts.models import User
from studio.library.models import Collection, CollectionPicture, Picture, SearchEntry

FACTS = {"sha256": "0" * 64, "byte_count": 700, "disk_bytes": 1000, "width": 1536, "height": 1024, "format": "png"}
MakePictures = Callable[..., list[Picture]]
Send = Callable[..., Any]


@pytest.fixture
def pictures_of(db: None) -> MakePictures:
    """`pictures_of(ben, 3, rating=2)`: rows whose files nobody opens."""

    def make(owner: User, count: int = 1, **facts: Any) -> list[Picture]:
        rows = [
            Picture.objects.create(owner=owner, file=f"pictures/{n}.png", prompt=f"Picture {n}", **FACTS | facts)
            for n in range(count)
        ]
        SearchEntry.objects.add(*rows)
        return rows

    return make


def ids_of(pictures: Iterable[Picture]) -> str:
    return ",".join(str(picture.pk) for picture in pictures)


def put(collection: Collection, *pictures: Picture) -> None:
    """In this order, as their owners would."""
    for place, picture in enumerate(pictures, 1):
        CollectionPicture.objects.create(
            collection=collection, picture=picture, added_by=picture.owner, position=1024 * place
        )


def order_of(collection: Collection) -> list[int]:
    rows = CollectionPicture.objects.filter(collection=collection).order_by("position", "pk")
    return list(rows.values_list("picture", flat=True))


@pytest.fixture
def act(client_of: Callable[[User], Client]) -> Send:
    """`act(ben, "stars", picture="1,2")`: what a button of the selection does; returns the note's act or None."""

    def send(user: User, noun: str, **data: Any) -> Any:
        return client_of(user).post(f"/gallery/selection/{noun}/", data, headers={"HX-Request": "true"})

    return send
