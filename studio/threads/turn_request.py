"""Building the request of a turn or plan as it is sent, with its pictures made small enough."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from django.core.files.storage import default_storage

from studio.gateway.errors import ReplyForgotten
from studio.generations.models import Attempt, Job
from studio.images import ImageRequest, ResponseRequest, SentPicture
from studio.imaging.downscale import downscale, downscale_pair, opaque
from studio.imaging.framing import framing_of
from studio.imaging.framing_pixels import sent_mask, sent_picture
from studio.imaging.thumbnails import THUMBNAIL_WIDTHS, thumbnail_name
from studio.library import outbox
from studio.library.models import Mask, Picture
from studio.upstreams.models import Upstream

from .context import Context, SendPicture, context_of, pictures_of
from .models import ModelReply, Turn, model_reply_of
from .planning import plan_request

MAX_BYTES = 24_000_000  # of all pictures of a turn together; base64 adds a third
MAX_BYTES_EACH = 8_000_000
MAX_BYTES_MASKED = 15_000_000  # a masked picture is sent alone; some gateways limit a data URL to 20 MiB
ROOM = (2048, 2048)  # px; models scale down anything larger
SMALL = THUMBNAIL_WIDTHS[1]  # px; the width of earlier pictures, as on the page

CHAINING = "previous_response_id"


@dataclass(frozen=True)
class TurnRequest:
    """The request of one call; the files written for it are in the attempt's outbox."""

    attempt_id: int
    request: ResponseRequest


def build_turn_request(attempt_id: int) -> TurnRequest:
    """The request of an attempt; pictures with too many bytes are written again, smaller."""
    related = ["job__generation__source", "job__generation__mask", "job__generation__owner", "upstream"]
    attempt = Attempt.objects.select_related(*related).get(pk=attempt_id)
    reply = model_reply_of(attempt.job.generation)
    assert reply is not None
    clear_partial_reply(reply)
    request = response_request(attempt.job, reply, upstream=attempt.upstream, folder=outbox.make_folder(attempt_id))
    return TurnRequest(attempt_id, request=replace(request, user=attempt.user_alias.hex))


def clear_partial_reply(reply: ModelReply) -> None:
    """Remove the partial text of an earlier attempt that broke off."""
    if reply.answer or reply.refusal:
        type(reply)._default_manager.filter(pk=reply.pk).update(answer="", refusal="", incomplete_reason="")


def response_request(job: Job, reply: ModelReply, *, upstream: Upstream | None, folder: Path) -> ResponseRequest:
    """The request of a job's turn or plan as its upstream takes it; its files go into `folder`."""
    if isinstance(reply, Turn):
        request = turn_request(job, reply, upstream=upstream, folder=folder)
    else:
        request = plan_request(job.generation.prompt, main_model=reply.main_model)
    return without_refused(request, upstream)


def without_refused(request: ResponseRequest, upstream: Upstream | None) -> ResponseRequest:
    """The same request without the parameters this upstream refused before."""
    if upstream is None:
        return request
    refused = [*upstream.refused_parameters, *(() if upstream.streams else ["stream"])]
    for name in refused:
        request = request.without(name) or request
    return request


def turn_request(job: Job, turn: Turn, *, upstream: Upstream | None, folder: Path) -> ResponseRequest:
    generation, context = job.generation, context_of(turn)
    max_bytes = min(MAX_BYTES_EACH, MAX_BYTES // max(1, len(context.own)))

    def own(picture: Picture) -> SentPicture:
        return sent_own(picture, max_bytes=max_bytes, folder=folder)

    if generation.source and generation.mask:
        base, mask = masked_pair(generation.source, generation.mask, folder=folder)
        return context_request(
            turn,
            context,
            tool=job.request,
            folder=folder,
            own=lambda picture: base if picture == generation.source else own(picture),
            mask=mask,
        )
    request = context_request(turn, context, tool=job.request, folder=folder, own=own)
    forgotten = job.attempts.filter(round=job.round, error_kind=ReplyForgotten.kind)
    return request if forgotten.exists() else chained_request(request, turn, context, upstream=upstream)


def context_request(
    turn: Turn,
    context: Context,
    *,
    tool: ImageRequest,
    folder: Path,
    own: SendPicture,
    mask: SentPicture | None = None,
) -> ResponseRequest:
    return context.request(
        turn.generation.prompt,
        main_model=turn.main_model,
        is_forced=turn.is_forced,
        tool=tool,
        own=own,
        earlier=partial(sent_earlier, folder=folder),
        mask=mask,
    )


def masked_pair(source: Picture, mask: Mask, *, folder: Path) -> tuple[SentPicture, SentPicture]:
    """The source of a turn with a mask, as a PNG of the requested size, and its mask in the same size."""
    area = mask.read()
    framing = framing_of(area, is_precise=False)
    data, fitted = downscale_pair(
        sent_picture(source.read_bytes(), framing, ground=source.ground),
        sent_mask(area, framing),
        max_bytes=MAX_BYTES_MASKED,
    )
    return write_picture(folder / "image-1.png", data, "png"), write_picture(folder / "mask.png", fitted.png(), "png")


def chained_request(
    request: ResponseRequest, turn: Turn, context: Context, *, upstream: Upstream | None
) -> ResponseRequest:
    """Continue from the upstream's earlier reply where it stores replies: only the new prompt is sent.

    Pictures of that reply are known there and not sent again.
    """
    if upstream is None or not upstream.can_chain or CHAINING in upstream.refused_parameters:
        return request
    parent = turn.parent
    if parent is None or not parent.response_id or parent.response_upstream_id != upstream.pk:
        return replace(request, store=True)
    known = {picture.pk for picture in pictures_of(parent)}
    last = request.turns[-1]
    new_pictures = tuple(
        sent for picture, sent in zip(context.own, last.pictures, strict=True) if picture.pk not in known
    )
    return replace(
        request, turns=(replace(last, pictures=new_pictures),), previous_response_id=parent.response_id, store=True
    )


def sent_own(picture: Picture, *, max_bytes: int, folder: Path) -> SentPicture:
    """A picture of the turn itself: as it is stored, or smaller where it has too many bytes."""
    if picture.byte_count > max_bytes:
        data, kind = downscale(picture.read_bytes(), max_size=ROOM, max_bytes=max_bytes, ground=picture.ground)
    elif picture.ground:
        data, kind = opaque(picture.read_bytes(), ground=picture.ground, max_size=ROOM, max_bytes=max_bytes)
    else:
        return stored_picture(picture, folder=folder)
    return write_picture(folder / f"picture-{picture.pk}.{kind}", data, kind)


def stored_picture(picture: Picture, *, folder: Path) -> SentPicture:
    return SentPicture(
        content_type=f"image/{picture.format}",
        source=outbox.stored_source(str(picture.file.name), folder=folder),
        byte_count=picture.byte_count,
        width=picture.width,
        height=picture.height,
    )


def sent_earlier(picture: Picture, *, folder: Path) -> SentPicture:
    """A picture of an earlier turn: as its larger thumbnail."""
    name = thumbnail_name(str(picture.file.name), SMALL)
    if picture.ground:
        with default_storage.open(name) as file:
            data, kind = opaque(file.read(), ground=picture.ground, max_size=ROOM)
        return write_picture(folder / f"earlier-{picture.pk}.{kind}", data, kind)
    width = min(SMALL, picture.width)
    return SentPicture(
        content_type="image/webp",
        source=outbox.stored_source(name, folder=folder),
        byte_count=default_storage.size(name),
        width=width,
        height=max(1, picture.height * width // picture.width),
    )


def write_picture(path: Path, data: bytes, kind: str) -> SentPicture:
    path.write_bytes(data)
    return SentPicture(content_type=f"image/{kind}", source=path, byte_count=len(data))
