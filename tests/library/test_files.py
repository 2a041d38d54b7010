"""Storing: bytes as they came, whole or not at all."""

import hashlib
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage

from studio.imaging.thumbnails import THUMBNAIL_WIDTHS
from studio.library import files, partials
from studio.library.storage import write

from .conftest import files_in, picture_bytes


def test_bytes_are_stored_as_they_came() -> None:
    data = picture_bytes("JPEG")
    stored = files.store(data)
    assert default_storage.open(stored.name).read() == data
    assert stored.sha256 == hashlib.sha256(data).hexdigest()
    assert stored.byte_count == len(data)


def test_the_name_ends_with_the_format_of_the_bytes_and_thumbnails_lie_beside_it(storage: Path) -> None:
    stored = files.store(picture_bytes("WEBP"))
    assert stored.name.endswith(".webp")
    assert files_in(storage) == sorted(stored.names)
    assert len(stored.names) == 1 + len(THUMBNAIL_WIDTHS)


def test_the_same_picture_twice_is_two_sets_of_files() -> None:
    data = picture_bytes()
    first, second = files.store(data), files.store(data)
    files.discard(first)
    assert default_storage.exists(second.name)


def test_a_broken_picture_leaves_nothing_behind(storage: Path) -> None:
    with pytest.raises(files.Unreadable):
        files.store(picture_bytes()[:200])
    assert files_in(storage) == []


def test_discarding_removes_original_and_thumbnails(storage: Path) -> None:
    files.discard(files.store(picture_bytes()))
    assert files_in(storage) == []


def test_discarding_twice_is_harmless() -> None:
    stored = files.store(picture_bytes())
    files.discard(stored)
    files.discard(stored)


@pytest.fixture
def full_disk(tmp_path: Path, settings: Any) -> Any:
    """A storage with room for 64 kB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    command = [mount, "-t", "tmpfs", "-o", "size=64k", "none", str(folder)]
    if not mount or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can be mounted by root only")
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": folder}}
    settings.STORAGES = settings.STORAGES | {"default": backend}
    yield folder
    subprocess.run([umount, str(folder)], check=True)


def test_a_full_disk_says_so_and_leaves_no_half_written_file(full_disk: Path) -> None:
    with pytest.raises(files.StorageFull) as caught:
        files.store(picture_bytes(size=(256, 256)))
    assert caught.value.kind == "full"
    assert "full" in str(caught.value)
    assert files_in(full_disk) == []


def test_a_folder_that_is_a_file_is_a_storage_that_refuses(storage: Path) -> None:
    storage.mkdir()
    (storage / "pictures").write_text("in the way")
    with pytest.raises(files.StorageFull) as caught:
        files.store(picture_bytes())
    assert caught.value.kind == "unreachable"
    assert files_in(storage) == ["pictures"]


def test_many_pictures_can_be_stored_at_once(storage: Path) -> None:
    data = picture_bytes(size=(200, 200))
    threads = [threading.Thread(target=files.store, args=(data,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(files_in(storage)) == 8 * 3


def test_writing_a_name_again_replaces_its_file(storage: Path) -> None:
    write("jobs/1/partial-0.webp", b"first")
    write("jobs/1/partial-0.webp", b"second")
    assert files_in(storage) == ["jobs/1/partial-0.webp"]
    assert (storage / "jobs/1/partial-0.webp").read_bytes() == b"second"


def test_partial_pictures_go_when_the_job_is_over(storage: Path) -> None:
    for index in range(3):
        files.store_partial(7, index, files.shrink(picture_bytes()))
    files.remove_partials(7, 3)
    assert not (storage / "jobs/7").exists()


def test_each_round_of_a_job_has_its_own_partial_address() -> None:
    assert partials.partial_url(7, 2) == "/media/jobs/7/partial-2.webp"
    assert partials.partial_url(7, 2, job_round=2) != partials.partial_url(7, 2)
