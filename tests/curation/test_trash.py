"""The trash, and deleting for good: the files go, and what was paid for stays."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from studio.accounts.models import User
from studio.curation import purging
from studio.generations.models import EditSpec, Generation, Job
from studio.images import ImageRequest, Size
from studio.library import files, uploads
from studio.library.models import Collection, CollectionPicture, Mask, Picture
from studio.threads.models import Thread
from tests.library.conftest import files_in, picture_bytes, storage

from .conftest import MakePictures, Send, put

__all__ = ["storage"]
pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
NOW = timezone.now()
LONG_AGO = NOW - timedelta(days=31)


@pytest.fixture
def stored(storage: Path) -> Callable[..., Picture]:
    """A picture with real files: the one shown, the one that was drawn, and their difference."""

    def make(owner: User, **facts: Any) -> Picture:
        shown, raw = files.store(picture_bytes()), files.store(picture_bytes())
        beside = {"raw_file": raw.name, "difference_file": files.store_beside(raw, "difference.webp", b"x")}
        return Picture.objects.create(owner=owner, prompt="A boat", price="0.0527", **beside, **shown.fields(), **facts)

    return make


def test_after_thirty_days_the_files_are_gone_and_recipe_and_price_stay(
    stored: Callable[..., Picture], storage: Path, ben: User
) -> None:
    old, young, kept = stored(ben, trashed_at=LONG_AGO), stored(ben, trashed_at=NOW), stored(ben)
    assert purging.purge_expired(now=NOW) == 1
    names = files_in(storage)
    assert len(names) == 14
    assert all(default_storage.exists(str(row.file.name)) for row in (young, kept))
    old.refresh_from_db()
    assert (old.purged_at, old.prompt, str(old.price), old.file.name) == (NOW, "A boat", "0.05270000", "")
    assert purging.purge_expired(now=NOW) == 0


def test_a_purged_picture_cannot_be_restored_edited_or_used_and_its_address_says_so(
    stored: Callable[..., Picture], act: Send, client_of: ClientOf, ben: User
) -> None:
    old = stored(ben, trashed_at=LONG_AGO)
    purging.purge_expired(now=NOW)
    act(ben, "restoration", picture=str(old.pk))
    act(ben, "restoration", all="1")
    assert Picture.objects.get().trashed_at == LONG_AGO
    browser = client_of(ben)
    assert browser.get("/trash/").context["count"] == 0
    assert browser.get(old.get_absolute_url()).status_code == 200
    assert browser.get(f"/pictures/{old.pk}/mask/").status_code == 404
    assert browser.get(f"/threads/new/?picture={old.pk}").status_code == 404
    assert f'name="reference" value="{old.pk}"' not in browser.get(f"/?reference={old.pk}").text


def test_what_could_not_be_deleted_is_tried_again(
    stored: Callable[..., Picture], storage: Path, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = stored(ben, trashed_at=LONG_AGO)

    def refuse(_name: str) -> None:
        raise OSError

    with monkeypatch.context() as away:
        away.setattr(default_storage, "delete", refuse)
        assert purging.purge_expired(now=NOW) == 0
    assert Picture.objects.trashed().count() == 0
    assert files_in(storage)
    assert purging.purge_expired(now=NOW) == 1
    old.refresh_from_db()
    assert (old.file.name, files_in(storage)) == ("", [])


def test_what_a_running_job_sends_along_is_not_purged(stored: Callable[..., Picture], ben: User) -> None:
    source, reference = stored(ben, trashed_at=LONG_AGO), stored(ben, trashed_at=LONG_AGO)
    mask_facts = {"file": "masks/1.png", "sha256": "0" * 64, "width": 96, "height": 64, "share": 0.2}
    mask = Mask.objects.create(owner=ben, picture=source, **mask_facts)
    request = ImageRequest(prompt="A boat", size=Size(1024, 1024))
    for spec, references in [(EditSpec(source=source, mask=mask), []), (None, [reference])]:
        Generation.objects.submit(
            owner=ben, request=request, token=uuid.uuid4(), now=NOW, spec=spec, references=references
        )
    assert purging.purge_expired(now=NOW) == 0
    Job.objects.update(state=Job.State.FAILED, charge="no", finished_at=NOW)
    assert purging.purge_expired(now=NOW) == 2
    assert Generation.objects.filter(source=source).exists()


def test_threads_and_collections_go_too(client_of: ClientOf, pictures_of: MakePictures, ben: User) -> None:
    [row] = pictures_of(ben)
    thread = Thread.objects.create(owner=ben, title="The harbour", trashed_at=LONG_AGO)
    collection = Collection.objects.create(owner=ben, name="Spring", trashed_at=LONG_AGO)
    put(collection, row)
    browser = client_of(ben)
    page = browser.get("/trash/").text
    assert "The harbour" in page
    assert "Spring" in page
    purging.purge_expired(now=NOW)
    assert browser.get(f"/threads/{thread.pk}/").status_code == 404
    assert browser.post(f"/threads/{thread.pk}/restoration/").status_code == 404
    assert Thread.objects.get().title == ""
    assert not Collection.objects.exists()
    assert not CollectionPicture.objects.exists()
    assert Picture.objects.kept().count() == 1


def test_what_is_thrown_away_is_told_how_many_days_it_has(
    pictures_of: MakePictures, client_of: ClientOf, ben: User, cleo: User
) -> None:
    pictures_of(ben, 1, trashed_at=timezone.now() - timedelta(days=29, hours=1))
    pictures_of(ben, 1, trashed_at=timezone.now() - timedelta(days=10))
    page = client_of(ben).get("/trash/")
    assert [days for _picture, days in page.context["pictures"]] == [19, 0]
    assert "19 days left" in page.text
    assert "last day" in page.text
    assert client_of(cleo).get("/trash/").context["count"] == 0


def test_an_upload_that_comes_again_leaves_the_trash_and_after_a_purge_is_stored_anew(storage: Path, ben: User) -> None:
    data = picture_bytes()

    def upload() -> Picture:
        return uploads.store_upload(SimpleUploadedFile("a.png", data, "image/png"), owner=ben)

    first = upload()
    Picture.objects.update(trashed_at=NOW)
    assert upload() == first
    assert Picture.objects.kept().count() == 1
    Picture.objects.update(trashed_at=LONG_AGO)
    purging.purge_expired(now=NOW)
    again = upload()
    assert again != first
    assert default_storage.exists(str(again.file.name))
