"""`/media/`: pictures as files, to their owner only; an ASGI app beside Django, which would gather them in memory."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user
from django.core.files.storage import default_storage
from django.db import close_old_connections
from django.http import HttpRequest
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from .files import thumbnail_name
from .models import THUMBNAIL_WIDTHS, Mask, Picture
from .partials import partial_name

CHUNK = 256 * 1024  # bytes read at a time, and all that a stalled reader holds
# Its own threads: a page full of thumbnails never keeps others from theirs, and the reverse.
_threads = ThreadPoolExecutor(8, thread_name_prefix="media")

PICTURE = re.compile(
    r"(?P<pk>\d{1,18})/(?P<name>(?:original|raw)\.(?:png|jpeg|webp)|difference\.webp|(?P<width>\d{1,5})\.webp)"
)
MASK = re.compile(r"masks/(?P<pk>\d{1,18})\.png")
PARTIAL = re.compile(r"jobs/(?P<pk>\d{1,18})/partial-(?P<index>\d{1,4})\.webp")
ADDRESSES = (PICTURE, MASK, PARTIAL)
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
}
FOREVER = "private, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file somebody may see, and what is said about it."""

    name: str  # on the storage
    size: int  # bytes
    etag: str
    content_type: str
    filename: str
    cache: str = FOREVER


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    response = await respond(request)
    for name, value in HEADERS.items():
        response.headers[name] = value
    await response(scope, receive, send)


async def respond(request: Request) -> Response:
    if request.method not in ("GET", "HEAD"):
        return PlainTextResponse("Only GET and HEAD.", 405, {"Allow": "GET, HEAD"})
    asset = await in_thread(find_asset, request.url.path, request.cookies.get(settings.SESSION_COOKIE_NAME))
    if asset is None:
        return PlainTextResponse("Not found.", 404, {"Cache-Control": "no-store"})
    return answer(asset, request)


async def in_thread[T](function: Callable[..., T], *args: Any) -> T:
    return await asyncio.get_running_loop().run_in_executor(_threads, function, *args)


# ── Who may see what ────────────────────────────────────────────────────────────────────────────────────────────────


def find_asset(path: str, session_key: str | None) -> Asset | None:
    """The file at an address, or None: not there and not yours look alike from outside."""
    close_old_connections()
    try:
        user = signed_in(session_key)
        address = path.removeprefix(settings.MEDIA_URL)
        if user is None:
            return None
        if match := PICTURE.fullmatch(address):
            return picture_asset(user, **match.groupdict())
        if match := MASK.fullmatch(address):
            return mask_asset(user, pk=match["pk"])
        if match := PARTIAL.fullmatch(address):
            return partial_asset(user, **match.groupdict())
        return None
    except FileNotFoundError:
        return None
    finally:
        close_old_connections()


def signed_in(session_key: str | None) -> Any | None:
    """The active user a session cookie belongs to, under the same rules as in Django's pages, or None."""
    if not session_key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(request)
    return user if user.is_authenticated and user.is_active else None


def picture_asset(user: Any, *, pk: str, name: str, width: str | None) -> Asset | None:
    picture = Picture.objects.seen_by(user).filter(pk=int(pk)).first()
    if picture is None:
        return opened_asset(user, pk=int(pk), name=name, width=width)
    found = file_of(picture, name=name, width=width)
    if found and name.startswith("original") and picture.opened_at is None:
        Picture.objects.filter(pk=picture.pk).note_opened(now=timezone.now())
    return found


def opened_asset(user: Any, *, pk: int, name: str, width: str | None) -> Asset | None:
    """A file of somebody else's picture that this admin has opened; no browser keeps it for later."""
    picture = Picture.objects.opened_by(user, now=timezone.now()).filter(pk=pk).first()
    found = file_of(picture, name=name, width=width) if picture else None
    return replace(found, cache="private, no-store") if found else None


def file_of(picture: Picture, *, name: str, width: str | None) -> Asset | None:
    pk = str(picture.pk)
    stem = "-".join(filter(None, ["easel", pk, slugify(picture.prompt[:60], allow_unicode=True)]))
    if width is None and name == f"original.{picture.format}":
        file = str(picture.file.name)
        return asset(file, etag=picture.sha256, filename=f"{stem}.{picture.format}")
    if name in (picture.raw_url.rpartition("/")[2], picture.difference_url.rpartition("/")[2]):
        kept = picture.raw_file if name.startswith("raw") else picture.difference_file
        return asset(str(kept.name), etag=f"{picture.sha256}-{name}", filename=f"{stem}-{name}")
    if width is not None and int(width) in THUMBNAIL_WIDTHS:
        file = thumbnail_name(str(picture.file.name), int(width))
        return asset(file, etag=f"{picture.sha256}-{width}", filename=f"{stem}-{width}.webp")
    return None


def mask_asset(user: Any, *, pk: str) -> Asset | None:
    mask = Mask.objects.filter(pk=int(pk), owner=user).first()
    return asset(str(mask.file.name), etag=mask.sha256, filename=f"easel-mask-{pk}.png") if mask else None


def partial_asset(user: Any, *, pk: str, index: str) -> Asset | None:
    if not apps.get_model("generations", "Job").objects.filter(pk=int(pk), owner=user).exists():
        return None
    file = partial_name(int(pk), int(index))
    # A later round writes the same name anew, so this one is asked for again each time.
    etag = f"{default_storage.size(file)}-{default_storage.get_modified_time(file).timestamp()}"
    return asset(file, etag=etag, filename=f"easel-job-{pk}-partial-{index}.webp", cache="private, no-cache")


def asset(name: str, *, etag: str, filename: str, cache: str = FOREVER) -> Asset:
    """Raise FileNotFoundError when the storage has no such file."""
    content_type = f"image/{filename.rpartition('.')[2]}"
    return Asset(name, default_storage.size(name), f'"{etag}"', content_type, filename, cache)


# ── The answer ──────────────────────────────────────────────────────────────────────────────────────────────────────


def answer(asset: Asset, request: Request) -> Response:
    """Answer with the file, a part of it, or the news that the asker has it already."""
    headers = {"ETag": asset.etag, "Cache-Control": asset.cache}
    if has_it(asset, request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    is_download = "download" in request.query_params
    headers |= {
        "Accept-Ranges": "bytes",
        "Content-Type": asset.content_type,
        "Content-Disposition": content_disposition_header(is_download, asset.filename) or "inline",
    }
    span = asked_range(asset, request)
    if span is not None and not span:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{asset.size}"})
    if span is not None:
        headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{asset.size}"
    status, span = (200, range(asset.size)) if span is None else (206, span)
    headers["Content-Length"] = str(len(span))
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    return StreamingResponse(chunks(asset.name, span), status, headers)


def has_it(asset: Asset, if_none_match: str) -> bool:
    known = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return asset.etag in known or "*" in known


def asked_range(asset: Asset, request: Request) -> range | None:
    """The bytes asked for; empty when the file has none of them; None for the whole file (also for several ranges)."""
    match = RANGE.fullmatch(request.headers.get("range", "").strip())
    if match is None or match[1] == match[2] == "" or request.headers.get("if-range", asset.etag) != asset.etag:
        return None
    if match[1] == "":
        return range(max(0, asset.size - int(match[2])), asset.size)
    stop = min(int(match[2]) + 1, asset.size) if match[2] else asset.size
    if match[2] and int(match[2]) < int(match[1]):
        return None
    return range(int(match[1]), stop)


async def chunks(name: str, span: range) -> AsyncIterator[bytes]:
    """Read a stored file piece by piece, each in a thread, so that a slow reader costs one piece of memory."""
    file = await in_thread(opened, name, span)
    left = len(span)
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
        # An S3 file, which django-storages would fetch whole into memory; its object can be asked for a part.
        return file.obj.get(Range=f"bytes={span.start}-{span.stop - 1}")["Body"]
    file.seek(span.start)
    return file
