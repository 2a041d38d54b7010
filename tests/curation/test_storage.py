"""Settings → Storage: what fills the disk, rules with a dry run, and the soft quota."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from studio.accounts.models import AuditEvent, User
from studio.curation import storage_rules
from studio.ledger.models import Entry
from studio.library import uploads
from studio.library.models import Collection, Picture, StorageRules
from tests.ledger.booking import book
from tests.library.conftest import picture_bytes, storage

from .conftest import MakePictures, put

__all__ = ["storage"]
pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
NOW = timezone.now()
OLD = NOW - timedelta(days=200)
RULES = {
    "trash_days": "30", "partial_days": "", "unused_upload_days": "90", "draft_months": "3", "quota_gigabytes": "",
}  # fmt: skip


def found(**rules: Any) -> dict[str, tuple[int, int]]:
    effects = storage_rules.effects(StorageRules(**rules), now=NOW)
    return {str(effect.label): (effect.count, effect.byte_count) for effect in effects}


def test_a_dry_run_names_counts_and_bytes_and_changes_nothing(
    pictures_of: MakePictures, client_of: ClientOf, ben: User, ada: User
) -> None:
    pictures_of(ben, 2, kind="uploaded", created_at=OLD)
    pictures_of(ben, 3, quality="low", created_at=OLD)
    pictures_of(ben, 4, trashed_at=OLD)
    browser = client_of(ada)
    page = browser.post("/settings/storage/", RULES | {"dry_run": "1"}).text
    for words in ("2 files, 2.0", "3 files, 2.9", "4 files, 3.9", "Nothing has been deleted or saved."):
        assert words in page.replace("\xa0", " ")
    assert not StorageRules.objects.exists()
    assert Picture.objects.kept().count() == 5
    assert browser.post("/settings/storage/", RULES).status_code == 302
    storage_rules.apply_rules(now=NOW)
    assert Picture.objects.kept().count() == 0
    assert AuditEvent.objects.get().action == "storage.change"


@pytest.mark.parametrize(
    "value",
    [
        {"is_starred": True},
        {"rating": 1},
        {"created_at": NOW},
        {"quality": "medium"},
        {"decision": "undecided"},
        {"decision": "accepted"},
    ],
)
def test_what_somebody_values_is_no_draft(value: dict[str, Any], pictures_of: MakePictures, ben: User) -> None:
    pictures_of(ben, 1, **{"quality": "low", "created_at": OLD} | value)
    assert found(draft_months=3)["Drafts that nobody kept"] == (0, 0)


def test_what_was_gone_on_from_or_collected_is_left_alone(pictures_of: MakePictures, ben: User) -> None:
    facts = {"created_at": OLD, "quality": "low"}
    source, collected = pictures_of(ben, 2, **facts)
    used, unused = pictures_of(ben, 2, kind="uploaded", created_at=OLD)
    pictures_of(ben, 1, source=source)
    pictures_of(ben, 1, source=used)
    put(Collection.objects.create(owner=ben, name="Spring"), collected)
    assert storage_rules.drafts(StorageRules(draft_months=3), now=NOW).count() == 0
    assert list(storage_rules.unused_uploads(StorageRules(unused_upload_days=9), now=NOW)) == [unused]


def test_the_ledger_is_never_touched(pictures_of: MakePictures, ben: User) -> None:
    pictures_of(ben, 3, quality="low", created_at=OLD)
    book(ben, job=9, amount="0.0527")
    before = list(Entry.objects.values())
    StorageRules.objects.create(pk=1, draft_months=1, trash_days=1)
    storage_rules.apply_rules(now=NOW)
    assert list(Entry.objects.values()) == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"trash_days": "0"}, {"trash_days": ""}, {"trash_days": "-3"}, {"trash_days": "9" * 40}, {"trash_days": "x"},
        {"partial_days": "0"}, {"draft_months": "1.5"}, {"quota_gigabytes": "-1"}, {"quota_gigabytes": "1e99"},
        {"quota_gigabytes": "NaN"}, {"unused_upload_days": "²"},
    ],
)  # fmt: skip
def test_rules_that_make_no_sense_get_a_sentence(wrong: dict[str, str], client_of: ClientOf, ada: User) -> None:
    for data in (wrong, wrong | {"dry_run": "1"}):
        assert client_of(ada).post("/settings/storage/", RULES | data).status_code == 422
    assert not StorageRules.objects.exists()


def test_the_page_says_what_each_person_keeps(
    pictures_of: MakePictures, client_of: ClientOf, ben: User, cleo: User, ada: User
) -> None:
    pictures_of(ben, 3)
    pictures_of(ben, 2, kind="uploaded")
    pictures_of(cleo, 1, trashed_at=NOW)
    pictures_of(cleo, 1, trashed_at=NOW, purged_at=NOW)
    rows = client_of(ada).get("/settings/storage/").context["rows"]
    assert [(row["person"], row["generated"], row["uploads"], row["trashed"], row["pictures"]) for row in rows] == [
        (ben, 3000, 2000, None, 5),
        (cleo, None, None, 1000, 1),
    ]


def test_over_the_quota_uploads_are_refused_and_what_is_in_the_trash_does_not_count(
    pictures_of: MakePictures, client_of: ClientOf, storage: Path, ben: User
) -> None:
    StorageRules.objects.create(pk=1, quota_gigabytes="0.01")

    def upload() -> Any:
        file = SimpleUploadedFile("a.png", picture_bytes(), "image/png")
        return client_of(ben).post("/pictures/", {"file": file}, headers={"Accept": "application/json"})

    rows = pictures_of(ben, 1, disk_bytes=10_000_000)
    refused = upload()
    assert (refused.status_code, "as much as you may upload" in refused.json()["error"]) == (422, True)
    Picture.objects.filter(pk=rows[0].pk).update(trashed_at=NOW)
    assert upload().status_code == 201


def test_all_files_of_a_picture_are_counted(storage: Path, ben: User) -> None:
    picture = uploads.store_upload(SimpleUploadedFile("a.png", picture_bytes(), "image/png"), owner=ben)
    on_disk = sum(path.stat().st_size for path in storage.rglob("*") if path.is_file())
    assert picture.disk_bytes == on_disk > picture.byte_count
