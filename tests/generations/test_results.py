"""The files of a result: the paid picture first and as it came, then what is made of its pixels."""

import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from studio.gateway.studio_errors import PictureBroken
from studio.generations import results
from studio.generations.models import Attempt, Generation, Job
from studio.images import EditRequest, Size
from studio.imaging.decoding import decode
from studio.library import files
from studio.library.models import Mask, Picture
from tests.library.conftest import files_in
from tests.library.sample_pictures import painted_mask, saved, scene

SIZE = (1024, 816)  # which the model draws as it is
SOURCE = scene(SIZE)
# As the model would draw it: changed under the mask, and a little beside it.
DRAWN = SOURCE.copy()
DRAWN.paste("green", (200, 150, 400, 350))
DRAWN.paste("magenta", (20, 20, 60, 60))
SOURCE_PNG, DRAWN_PNG = saved(SOURCE, compress_level=1), saved(DRAWN, compress_level=1)


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": folder}}
    settings.STORAGES = settings.STORAGES | {"default": backend}
    return folder


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[bytes]]:
    """How often each picture's bytes are given to a decoder."""
    count: Counter[bytes] = Counter()
    open_image = Image.open

    def counting(file: io.BytesIO, *args: Any, **options: Any) -> Image.Image:
        count[file.getvalue()] += 1
        return open_image(file, *args, **options)

    monkeypatch.setattr(Image, "open", counting)
    return count


def masked_edit(source: bytes, *, is_locked: bool = True) -> Attempt:
    """An attempt at an edit of these bytes, with its files stored and its rows unsaved."""
    width, height = SIZE
    picture = Picture(file=default_storage.save("pictures/source", ContentFile(source)), width=width, height=height)
    mask = saved(painted_mask(SIZE, (180, 130, 420, 370)))
    request = EditRequest(prompt="A glass button", size=Size(*SIZE))
    generation = Generation(
        request=request,
        source=picture,
        mask=Mask(file=default_storage.save("masks/1.png", ContentFile(mask)), width=width, height=height),
        is_locked=is_locked,
    )
    return Attempt(job=Job(generation=generation), size="1024x816")


def test_a_locked_edit_decodes_its_source_once_and_its_result_once(decoded: Counter[bytes]) -> None:
    source, drawn = saved(SOURCE, "JPEG", quality=95), saved(DRAWN, "WEBP", quality=95)
    stored = results.store_one(masked_edit(source), drawn)

    assert stored.verdict == "locked"
    assert (decoded[source], decoded[drawn]) == (1, 1)
    assert decoded[read(stored.shown.name)] == 0


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_the_thumbnails_of_a_locked_copy_are_those_that_decoding_it_would_give(mode: str) -> None:
    stored = results.store_one(masked_edit(saved(scene(SIZE, mode=mode), compress_level=1)), DRAWN_PNG)

    copy = decode(read(stored.shown.name))
    assert copy.format == "png"
    assert [read(name) for name in stored.shown.names[1:]] == list(copy.thumbnails.values())
    assert (stored.shown.colour, stored.shown.sha256) == (copy.colour, copy.sha256)


@pytest.mark.parametrize("is_locked", [True, False])
def test_the_paid_picture_is_stored_as_it_came_beside_what_is_made_of_it(is_locked: bool) -> None:
    drawn = saved(DRAWN, "JPEG")
    stored = results.store_one(masked_edit(SOURCE_PNG, is_locked=is_locked), drawn)

    assert read(stored.raw.name) == drawn
    assert (stored.shown != stored.raw) == is_locked


def test_an_edit_whose_source_is_gone_still_keeps_the_paid_picture() -> None:
    attempt, drawn = masked_edit(SOURCE_PNG), DRAWN_PNG
    default_storage.delete(attempt.job.generation.source.file.name)
    stored = results.store_one(attempt, drawn)

    assert read(stored.raw.name) == drawn
    assert (stored.shown, stored.verdict, stored.difference_name) == (stored.raw, "", "")


def test_a_result_that_was_cut_off_is_broken_and_leaves_nothing(storage: Path) -> None:
    attempt, drawn = masked_edit(SOURCE_PNG), DRAWN_PNG
    before = files_in(storage)
    with pytest.raises(PictureBroken):
        results.store_all(attempt, [drawn[: len(drawn) // 2]])
    assert files_in(storage) == before


def test_a_result_beside_one_that_was_cut_off_is_stored(storage: Path) -> None:
    attempt, drawn = masked_edit(SOURCE_PNG), DRAWN_PNG
    [stored] = results.store_all(attempt, [drawn[: len(drawn) // 2], drawn])
    assert (stored.number, default_storage.open(stored.raw.name).read()) == (1, drawn)


def test_a_full_storage_leaves_nothing_of_a_locked_edit(storage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = masked_edit(SOURCE_PNG)
    before = files_in(storage)
    save, room = Path.replace, iter(range(4))

    def refuse_the_fifth(self: Path, target: Path) -> Path:
        if next(room, None) is None:
            raise OSError(28, "No space left on device")
        return save(self, target)

    monkeypatch.setattr(Path, "replace", refuse_the_fifth)
    with pytest.raises(files.StorageFull):
        results.store_one(attempt, DRAWN_PNG)
    assert files_in(storage) == before


def read(name: str) -> bytes:
    with default_storage.open(name) as file:
        return bytes(file.read())
