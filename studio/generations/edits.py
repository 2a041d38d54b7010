"""An edit's pixels on both ways: what of the source and its mask is sent, and how the result is put back."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from django.conf import settings
from django.core.files.storage import default_storage

from studio.gateway import Part
from studio.images.framing import Framing
from studio.images.prices import AUTO_EDGE
from studio.library.framed import Reshaped, returned, sent_mask, sent_picture
from studio.library.lightening import MAX_PART_BYTES, lightened, lightened_pair
from studio.library.lock import Unlockable, difference_picture, lock
from studio.library.masking import PaintedMask, read_mask
from studio.library.models import Mask, Picture
from studio.library.pixels import png, read

from .framings import framing_of
from .models import Attempt, Generation


@dataclass(frozen=True)
class Sending:
    """The files of one call, in a folder of their own that goes when the call is over."""

    folder: Path
    pictures: list[Part]
    mask: Part | None = None

    def clear(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def folder_of(attempt_id: int) -> Path:
    return Path(settings.DATA) / "sending" / str(attempt_id)


def prepare(attempt_id: int) -> Sending | None:
    """Write the files that an attempt of an edit sends; None for a generation from words alone."""
    attempt = Attempt.objects.select_related("job__generation__source", "job__generation__mask").get(pk=attempt_id)
    wish = attempt.job.generation
    if wish.kind != Generation.Kind.EDIT:
        return None
    folder = folder_of(attempt_id)
    folder.mkdir(parents=True, exist_ok=True)
    sending = Sending(folder=folder, pictures=[])
    if wish.source is not None and wish.mask is not None:
        painted = painted_of(wish.mask)
        sending = sent_edit(wish.source, painted, framing_of(painted, is_precise=wish.is_precise), folder=folder)
    room = wish.request().edges or (AUTO_EDGE, AUTO_EDGE)
    for picture in Picture.objects.filter(referred_to__generation=wish).order_by("referred_to__position"):
        number = len(sending.pictures) + 1
        sending.pictures.append(sent_reference(picture, room=room, path=folder / f"image-{number}"))
    return sending


def sent_edit(source: Picture, painted: PaintedMask, framing: Framing, *, folder: Path) -> Sending:
    """The picture that is changed and its mask: with one it is sent as PNG, whatever it is stored as."""
    picture, mask = lightened_pair(sent_picture(bytes_of(source), framing), sent_mask(painted, framing))
    return Sending(
        folder=folder,
        pictures=[written(folder / "image-1.png", picture, "png")],
        mask=written(folder / "mask.png", mask.png(), "png"),
    )


def sent_reference(picture: Picture, *, room: tuple[int, int], path: Path) -> Part:
    """A picture as it is stored, read while it is sent; one too heavy for a form is made smaller first."""
    if is_heavy(picture):
        data, kind = lightened(bytes_of(picture), room=room)
        return written(path.with_suffix(f".{kind}"), data, kind)
    name = str(picture.file.name)
    return Part(
        filename=f"{path.name}.{picture.format}",
        content_type=f"image/{picture.format}",
        source=lambda: cast("BinaryIO", default_storage.open(name)),
        byte_count=picture.byte_count,
    )


def is_heavy(picture: Picture) -> bool:
    """Whether it is sent smaller than it is stored, when it goes along to be looked at."""
    return picture.byte_count > MAX_PART_BYTES


def written(path: Path, data: bytes, kind: str) -> Part:
    path.write_bytes(data)
    return Part(filename=path.name, content_type=f"image/{kind}", source=path)


def bytes_of(picture: Picture) -> bytes:
    with default_storage.open(str(picture.file.name)) as file:
        return bytes(file.read())


def painted_of(mask: Mask) -> PaintedMask:
    with default_storage.open(str(mask.file.name)) as file:
        return read_mask(file.read(), source=(mask.width, mask.height))


@dataclass(frozen=True)
class PutBack:
    """A result brought back onto its source; `data` is None where the model's own picture is all there is to keep."""

    data: bytes | None = field(repr=False, default=None)
    verdict: str = ""
    leak: float | None = None
    difference: bytes | None = field(repr=False, default=None)


def put_back(wish: Generation, drawn: bytes) -> PutBack:
    """Lock a result onto its source, or cut it to the source's size; one that lies elsewhere is only named."""
    if wish.source is None or wish.mask is None:
        return PutBack()
    source, painted = bytes_of(wish.source), painted_of(wish.mask)
    framing = framing_of(painted, is_precise=wish.is_precise)
    if not wish.is_locked:
        return PutBack(data=cut_back(drawn, framing))
    try:
        locked = lock(source, drawn, painted, framing=framing, feather=wish.feather)
    except Unlockable as error:
        return PutBack(verdict=error.kind)
    return PutBack(
        data=locked.data,
        verdict=Picture.Lock.LOCKED,
        leak=locked.leak.share,
        difference=difference_picture(source, drawn, painted, framing=framing),
    )


def cut_back(drawn: bytes, framing: Framing) -> bytes | None:
    """The result without the padding it was asked with; None where there is nothing to cut."""
    if framing.source == (framing.asked.width, framing.asked.height):
        return None
    try:
        return png(returned(read(drawn), framing))
    except Reshaped:
        return None
