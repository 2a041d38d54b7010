"""`/media/`: picture files for their owner only, from an ASGI app beside Django, which would hold them in memory."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import close_old_connections
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from studio.accounts.asgi_session import person_of
from studio.accounts.models import User
from studio.imaging.thumbnails import THUMBNAIL_WIDTHS, thumbnail_name
from studio.web.availability import unavailable_response
from studio.web.error_responses import headers_of, picture_response

from .models import Mask, Picture
from .partials import partial_name
from .storage import PATIENCE, STORAGE, is_unreachable

CHUNK = 256 * 1024  # bytes read at a time, and all that a stalled reader holds
# Threads of its own, so that thumbnails never wait for other work, and the reverse.
_threads = ThreadPoolExecutor(8, thread_name_prefix="media")

PICTURE = re.compile(
    r"(?P<pk>\d{1,18})/(?P<name>original(?:\.(?:png|jpeg|webp))?|raw\.[a-z0-9]{2,5}|difference\.webp|(?P<width>\d{1,5})\.webp)"
)
MASK = re.compile(r"masks/(?P<pk>\d{1,18})\.png")
PARTIAL = re.compile(r"jobs/(?P<pk>\d{1,18})/partial-(?P<index>\d{1,4})\.webp")
REPLY = re.compile(r"replies/(?P<pk>\d{1,18})")
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    # What a browser keeps is for the session it was sent to: whoever signs in there next asks anew.
    "Vary": "Cookie",
}
FOREVER = "private, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that the person may see, and its headers."""

    name: str  # on the storage
    size: int  # bytes
    etag: str
    content_type: str
    filename: str
    cache: str = FOREVER
    is_download: bool = False  # whether it is never shown in place


class Media:
    """The ASGI app; it reads the database.

    `owns_job(person, job_id)` says whose partial pictures are whose; `kept_reply(person, reply_id)` finds a person's
    own reply, as its names on the storage and for the download.
    """

    def __init__(
        self,
        *,
        owns_job: Callable[[User, int], bool],
        kept_reply: Callable[[User, int], tuple[str, str] | None] = lambda _person, _reply_id: None,
    ) -> None:
        self.owns_job = owns_job
        self.kept_reply = kept_reply

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self.respond(Request(scope, receive))
        for name, value in HEADERS.items():
            response.headers[name] = value
        await response(scope, receive, send)

    async def respond(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return PlainTextResponse("Only GET and HEAD.", 405, {"Allow": "GET, HEAD"})
        if STORAGE.is_used and STORAGE.is_away:
            return await in_thread(unavailable, request)
        try:
            try:
                asset = await in_thread(self.find_asset, request.scope)
            except FileGone:
                return await in_thread(missing, request)
            if asset is None:
                return PlainTextResponse("Not found.", 404, {"Cache-Control": "no-store"})
            return await file_response(asset, request)
        except Exception as error:
            if not is_unreachable(error):
                raise
            await in_thread(partial(STORAGE.check, seconds=PATIENCE))
            return await in_thread(unavailable, request)

    def find_asset(self, scope: Scope) -> Asset | None:
        """The file at an address; None where it does not exist or belongs to somebody else, which look the same.

        Raise FileGone for a picture that the person may see and whose file is lost or was deleted.
        """
        close_old_connections()
        try:
            user = person_of(scope)
            address = str(scope["path"]).removeprefix(settings.MEDIA_URL)
            if user is None:
                return None
            if match := PICTURE.fullmatch(address):
                try:
                    return picture_asset(user, **match.groupdict())
                except FileNotFoundError:
                    raise FileGone from None
            if match := MASK.fullmatch(address):
                return mask_asset(user, pk=match["pk"])
            if match := REPLY.fullmatch(address):
                return reply_asset(self.kept_reply(user, int(match["pk"])))
            match = PARTIAL.fullmatch(address)
            return partial_asset(**match.groupdict()) if match and self.owns_job(user, int(match["pk"])) else None
        except FileNotFoundError:
            return None
        finally:
            close_old_connections()


class FileGone(Exception):
    """The storage does not have the file of a picture."""


def missing(request: Request) -> Response:
    """The sentence that a picture's file is gone, drawn in its place where a picture was asked for."""
    if not request.headers.get("accept", "").startswith("image/"):
        return PlainTextResponse("Not found.", 404, {"Cache-Control": "no-store"})
    answer = picture_response(gettext("This picture’s file is no longer on the studio’s storage."), status=404)
    return Response(answer.content, answer.status_code, dict(answer.items()))


def unavailable(request: Request) -> Response:
    """The sentence that the storage is away, in the place of a picture or of what else was asked for."""
    answer = unavailable_response(STORAGE, headers_of(request.scope), method=request.method)
    return Response(answer.content, answer.status_code, dict(answer.items()))


async def in_thread[T](function: Callable[..., T], *args: Any) -> T:
    return await asyncio.get_running_loop().run_in_executor(_threads, function, *args)


# ── Who may see what ────────────────────────────────────────────────────────────────────────────────────────────────


def picture_asset(user: Any, *, pk: str, name: str, width: str | None) -> Asset | None:
    picture = Picture.objects.seen_by(user).filter(pk=int(pk)).first()
    if picture is None:
        return opened_picture_asset(user, pk=int(pk), name=name, width=width)
    found = picture_file(picture, name=name, width=width)
    if found and picture.owner_id != user.pk:
        # Shared: the browser asks each time whether it still is.
        return replace(found, cache="private, no-cache")
    if found and name.startswith("original") and picture.opened_at is None:
        Picture.objects.owned_by(user).filter(pk=picture.pk).note_opened(now=timezone.now())
    return found


def opened_picture_asset(user: Any, *, pk: int, name: str, width: str | None) -> Asset | None:
    """A file of somebody else's picture that this admin has opened; no browser keeps it for later."""
    picture = Picture.objects.opened_by(user, now=timezone.now()).filter(pk=pk).first()
    found = picture_file(picture, name=name, width=width) if picture else None
    return replace(found, cache="private, no-store") if found else None


def picture_file(picture: Picture, *, name: str, width: str | None) -> Asset | None:
    if picture.purged_at:
        raise FileNotFoundError
    stem = picture.stem
    if width is None and name in ("original", f"original.{picture.format}"):
        return stored_asset(str(picture.file.name), etag=picture.sha256, filename=picture.file_name)
    if name in (picture.raw_url.rpartition("/")[2], picture.difference_url.rpartition("/")[2]):
        further = picture.raw_file if name.startswith("raw") else picture.difference_file
        return stored_asset(str(further.name), etag=f"{picture.sha256}-{name}", filename=f"{stem}-{name}")
    if width is not None and int(width) in THUMBNAIL_WIDTHS:
        file = thumbnail_name(str(picture.file.name), int(width))
        return stored_asset(file, etag=f"{picture.sha256}-{width}", filename=f"{stem}-{width}.webp")
    return None


def mask_asset(user: Any, *, pk: str) -> Asset | None:
    mask = Mask.objects.filter(pk=int(pk), owner=user).first()
    return stored_asset(str(mask.file.name), etag=mask.sha256, filename=f"easel-mask-{pk}.png") if mask else None


def partial_asset(*, pk: str, index: str) -> Asset:
    file = partial_name(int(pk), int(index))
    # A later round writes the same name anew, so the browser revalidates it each time.
    etag = f"{default_storage.size(file)}-{default_storage.get_modified_time(file).timestamp()}"
    return stored_asset(file, etag=etag, filename=f"easel-job-{pk}-partial-{index}.webp", cache="private, no-cache")


def reply_asset(found: tuple[str, str] | None) -> Asset | None:
    """A kept reply, or the picture in it: never shown by the browser, which cannot know what it is."""
    if found is None:
        return None
    name, filename = found
    file = stored_asset(name, etag=name.rpartition("/")[2], filename=filename, cache="private, no-store")
    return replace(file, content_type="application/octet-stream", is_download=True)


def stored_asset(name: str, *, etag: str, filename: str, cache: str = FOREVER) -> Asset:
    """Raise FileNotFoundError when the storage has no such file."""
    content_type = f"image/{filename.rpartition('.')[2]}"
    return Asset(name, default_storage.size(name), f'"{etag}"', content_type, filename, cache)


# ── The response ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def file_response(asset: Asset, request: Request) -> Response:
    """The response with the file or a part of it, or 304 where the browser has it already."""
    headers = {"ETag": asset.etag, "Cache-Control": asset.cache}
    if matches_etag(asset, request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    is_download = asset.is_download or "download" in request.query_params
    headers |= {
        "Accept-Ranges": "bytes",
        "Content-Type": asset.content_type,
        "Content-Disposition": content_disposition_header(is_download, asset.filename) or "inline",
    }
    span = requested_range(asset, request)
    if span is not None and not span:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{asset.size}"})
    if span is not None:
        headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{asset.size}"
    status, span = (200, range(asset.size)) if span is None else (206, span)
    headers["Content-Length"] = str(len(span))
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    # Opened before the answer begins, so that a storage that is away can still be said.
    file = await in_thread(opened, asset.name, span)
    return StreamingResponse(chunks(file, len(span)), status, headers)


def matches_etag(asset: Asset, if_none_match: str) -> bool:
    known = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return asset.etag in known or "*" in known


def requested_range(asset: Asset, request: Request) -> range | None:
    """The requested bytes; empty where the file has none of them; None for the whole file (also for several ranges)."""
    match = RANGE.fullmatch(request.headers.get("range", "").strip())
    if match is None or match[1] == match[2] == "" or request.headers.get("if-range", asset.etag) != asset.etag:
        return None
    if match[1] == "":
        return range(max(0, asset.size - int(match[2])), asset.size)
    stop = min(int(match[2]) + 1, asset.size) if match[2] else asset.size
    if match[2] and int(match[2]) < int(match[1]):
        return None
    return range(int(match[1]), stop)


async def chunks(file: Any, left: int) -> AsyncIterator[bytes]:
    """Read an open file piece by piece, each in a thread, so that a slow reader costs one piece of memory."""
    try:
        while left > 0 and (chunk := await in_thread(file.read, min(CHUNK, left))):
            left -= len(chunk)
            yield chunk
    finally:
        await in_thread(file.close)


def opened(name: str, span: range) -> Any:
    """Open a stored file where the span begins."""
    file = default_storage.open(name)
    if hasattr(file, "obj") and span:
        # An S3 file, which django-storages would fetch whole into memory; its object can be read in part.
        return file.obj.get(Range=f"bytes={span.start}-{span.stop - 1}")["Body"]
    file.seek(span.start)
    return file
