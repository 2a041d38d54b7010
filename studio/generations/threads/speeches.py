"""A conversation on its way out: which request is sent, and its pictures made light enough to go along."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, cast

from django.core.files.storage import default_storage

from studio.gateway.errors import ReplyForgotten
from studio.images import ImageRequest, ResponseRequest, SentPicture
from studio.library.files import thumbnail_name
from studio.library.framed import sent_mask, sent_picture
from studio.library.lightening import lightened, lightened_pair
from studio.library.models import THUMBNAIL_WIDTHS, Mask, Picture
from studio.upstreams.models import Upstream

from ..edits import bytes_of, folder_of, painted_of
from ..framings import framing_of
from ..models import Attempt, Generation, Job, Plan, Turn
from .context import Context, context_of, drawn_by
from .planning import planned

MOST_BYTES = 24_000_000  # of all pictures of a turn together, before base64 makes a third more of them
MOST_BYTES_EACH = 8_000_000
MOST_BYTES_MASKED = 15_000_000  # a painted picture goes along alone; some gateways cut a data URL at 20 MiB
ROOM = (2048, 2048)  # px; no model was seen to look at more of a picture
SMALL = THUMBNAIL_WIDTHS[1]  # px; earlier pictures go along as the page shows them

CHAINING = "previous_response_id"


@dataclass(frozen=True)
class Speech:
    """The request of one call, and the folder of the files made for it, which goes when the call is over."""

    request: ResponseRequest
    folder: Path

    def clear(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def prepare(attempt_id: int) -> Speech:
    """What an attempt of a conversation sends; pictures too heavy are written anew, smaller."""
    related = ["job__generation__source", "job__generation__mask", "job__generation__owner", "upstream"]
    attempt = Attempt.objects.select_related(*related).get(pk=attempt_id)
    folder = folder_of(attempt_id)
    folder.mkdir(parents=True, exist_ok=True)
    forget_words(attempt.job.generation)
    request = said(attempt.job, upstream=attempt.upstream, folder=folder)
    return Speech(request=replace(request, user=attempt.user_alias.hex), folder=folder)


def forget_words(wish: Generation) -> None:
    """Begin anew: what an earlier attempt said before it broke off is not what this one says."""
    if wish.talk and (wish.talk.answer or wish.talk.refusal):
        type(wish.talk)._default_manager.filter(pk=wish.talk.pk).update(answer="", refusal="", incomplete_reason="")


def said(job: Job, *, upstream: Upstream | None, folder: Path) -> ResponseRequest:
    """The request that says what a job's plan or turn says, in the upstream's dialect, with its files in a folder."""
    talk = job.generation.talk
    if isinstance(talk, Plan):
        return in_dialect(planned(talk), upstream)
    assert isinstance(talk, Turn)
    return in_dialect(spoken(job, talk, upstream=upstream, folder=folder), upstream)


def in_dialect(request: ResponseRequest, upstream: Upstream | None) -> ResponseRequest:
    """The same request without what an upstream was found not to take."""
    if upstream is None:
        return request
    refused = [*upstream.refused_parameters, *(() if upstream.can_stream else ["stream"])]
    for name in refused:
        request = request.without(name) or request
    return request


def spoken(job: Job, talk: Turn, *, upstream: Upstream | None, folder: Path) -> ResponseRequest:
    wish, tool = job.generation, job.request()
    context = context_of(talk)
    if wish.source and wish.mask:
        return painted(talk, context, tool=tool, source=wish.source, mask=wish.mask, folder=folder)
    most = min(MOST_BYTES_EACH, MOST_BYTES // max(1, len(context.own)))
    request = context.request(
        talk, tool=tool, own=lambda picture: sent_own(picture, most=most, folder=folder), earlier=sent_earlier
    )
    forgotten = job.attempts.filter(round=job.round, error_kind=ReplyForgotten.kind)
    return request if forgotten.exists() else chained(request, talk, context, upstream=upstream)


def painted(
    turn: Turn, context: Context, *, tool: ImageRequest, source: Picture, mask: Mask, folder: Path
) -> ResponseRequest:
    """A turn with a mask: its picture as PNG of the asked size, the mask exactly over it, references behind it."""
    area = painted_of(mask)
    framing = framing_of(area, is_precise=False)
    data, fitted = lightened_pair(
        sent_picture(bytes_of(source), framing), sent_mask(area, framing), most=MOST_BYTES_MASKED
    )
    base = written(folder / "image-1.png", data, "png")
    most = min(MOST_BYTES_EACH, MOST_BYTES // max(1, len(context.own)))

    def own(picture: Picture) -> SentPicture:
        return base if picture == source else sent_own(picture, most=most, folder=folder)

    sheet = written(folder / "mask.png", fitted.png(), "png")
    return context.request(turn, tool=tool, own=own, earlier=sent_earlier, mask=sheet)


def chained(request: ResponseRequest, turn: Turn, context: Context, *, upstream: Upstream | None) -> ResponseRequest:
    """Where the upstream remembers its replies, the turn goes on from the one it made before: only the new words go.

    A picture that reply drew is known there and stays here.
    """
    if upstream is None or not upstream.can_chain or CHAINING in upstream.refused_parameters:
        return request
    parent = turn.parent
    if parent is None or not parent.response_id or parent.response_upstream_id != upstream.pk:
        return replace(request, store=True)
    known = {picture.pk for picture in drawn_by(parent)}
    last = request.turns[-1]
    fresh = tuple(sent for picture, sent in zip(context.own, last.pictures, strict=True) if picture.pk not in known)
    return replace(request, turns=(replace(last, pictures=fresh),), previous_response_id=parent.response_id, store=True)


def sent_own(picture: Picture, *, most: int, folder: Path) -> SentPicture:
    """A picture the words are about: as it is stored, or smaller where it is too heavy to be sent so."""
    if picture.byte_count <= most:
        return stored(picture)
    data, kind = lightened(bytes_of(picture), room=ROOM, most=most)
    return written(folder / f"picture-{picture.pk}.{kind}", data, kind)


def stored(picture: Picture) -> SentPicture:
    name = str(picture.file.name)
    return SentPicture(
        content_type=f"image/{picture.format}",
        source=lambda: cast("BinaryIO", default_storage.open(name)),
        byte_count=picture.byte_count,
        width=picture.width,
        height=picture.height,
    )


def sent_earlier(picture: Picture) -> SentPicture:
    """A picture of before, for the model to remember: as its larger thumbnail."""
    name = thumbnail_name(str(picture.file.name), SMALL)
    width = min(SMALL, picture.width)
    return SentPicture(
        content_type="image/webp",
        source=lambda: cast("BinaryIO", default_storage.open(name)),
        byte_count=default_storage.size(name),
        width=width,
        height=max(1, picture.height * width // picture.width),
    )


def written(path: Path, data: bytes, kind: str) -> SentPicture:
    path.write_bytes(data)
    return SentPicture(content_type=f"image/{kind}", source=path, byte_count=len(data))
