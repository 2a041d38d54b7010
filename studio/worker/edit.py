"""The strategy of edits: the source, its mask and the references are sent as files."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import cast

from studio.gateway import Gateway, Part, Received, Timeouts
from studio.gateway.errors import GatewayError
from studio.generations import dispatch
from studio.generations.claims import Call
from studio.generations.models import Attempt
from studio.images import EditRequest
from studio.images.framing import Framing
from studio.images.prices import AUTO_EDGE
from studio.imaging.downscale import MAX_PART_BYTES, downscale, downscale_pair, opaque
from studio.imaging.framing import framing_of
from studio.imaging.framing_pixels import sent_mask, sent_picture
from studio.imaging.masking import PaintedMask
from studio.library import outbox
from studio.library.models import Picture

from .generate import complete_images
from .strategy import Listeners, call_options, next_step


@dataclass(frozen=True)
class EditFiles:
    """The files of one call; those written for it are in the attempt's outbox."""

    pictures: list[Part]
    mask: Part | None = None


class EditStrategy:
    def prepare(self, call: Call) -> EditFiles:
        related = ("job__generation__source", "job__generation__mask")
        attempt = Attempt.objects.select_related(*related).get(pk=call.attempt_id)
        return edit_files(attempt, folder=outbox.make_folder(attempt.pk))

    async def call(self, gateway: Gateway, call: Call, prepared: EditFiles, listeners: Listeners) -> Received:
        timeouts = Timeouts.for_request(call.request, limits=call.limits)
        return await gateway.edit(
            request=cast("EditRequest", call.request),
            images=prepared.pictures,
            mask=prepared.mask,
            image_field=call.image_field,
            **call_options(call, listeners, timeouts=timeouts),
        )

    def complete(self, attempt: Attempt, *, path: Path, received: Received | None, now: datetime) -> None:
        complete_images(attempt, path=path, received=received, now=now)

    def explain(self, attempt: Attempt, *, error: GatewayError, now: datetime, jitter: float) -> dispatch.Step:
        return next_step(attempt, error=error, now=now, jitter=jitter)


def edit_files(attempt: Attempt, *, folder: Path) -> EditFiles:
    """The source and its mask where there is one, then the references in their order."""
    generation = attempt.job.generation
    files = EditFiles(pictures=[])
    if generation.source is not None and generation.mask is not None:
        painted_mask = generation.mask.read()
        framing = framing_of(painted_mask, is_precise=generation.is_precise)
        files = masked_files(generation.source, painted_mask, framing, folder=folder)
    edges = generation.request.edges or (AUTO_EDGE, AUTO_EDGE)
    for picture in Picture.objects.filter(referred_to__generation=generation).order_by("referred_to__position"):
        path = folder / f"image-{len(files.pictures) + 1}"
        files.pictures.append(reference_file(picture, edges=edges, path=path))
    return files


def masked_files(source: Picture, painted_mask: PaintedMask, framing: Framing, *, folder: Path) -> EditFiles:
    """The source and its mask, both as PNG whatever the source's stored format."""
    picture, mask = downscale_pair(
        sent_picture(source.read_bytes(), framing, ground=source.ground), sent_mask(painted_mask, framing)
    )
    return EditFiles(
        pictures=[write_part(folder / "image-1.png", picture, "png")],
        mask=write_part(folder / "mask.png", mask.png(), "png"),
    )


def reference_file(picture: Picture, *, edges: tuple[int, int], path: Path) -> Part:
    """A picture as it is stored, read while it is sent; one with too many bytes is made smaller first.

    What is transparent is put on a plain ground, for models see the colours hidden under it. `edges` is the size of
    the result in px, which a smaller copy must still fill.
    """
    if picture.byte_count > MAX_PART_BYTES:
        data, kind = downscale(picture.read_bytes(), max_size=edges, ground=picture.ground)
        return write_part(path.with_suffix(f".{kind}"), data, kind)
    if picture.ground:
        data, kind = opaque(picture.read_bytes(), ground=picture.ground, max_size=edges)
        return write_part(path.with_suffix(f".{kind}"), data, kind)
    return Part(
        filename=f"{path.name}.{picture.format}",
        content_type=f"image/{picture.format}",
        source=outbox.stored_source(str(picture.file.name), folder=path.parent),
        byte_count=picture.byte_count,
    )


def write_part(path: Path, data: bytes, kind: str) -> Part:
    path.write_bytes(data)
    return Part(filename=path.name, content_type=f"image/{kind}", source=path)
