"""From the bytes of a request to its fields and files, each under a cap before it costs memory."""

import io
import re
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import pybase64
from PIL import Image
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from studio.sandbox.refusal import gateway, openai
from studio.sandbox.rules import Broken, json_object

MEGABYTE = 1024 * 1024
FORM_CAP = 256 * MEGABYTE
"""Bytes of a whole form, sub2api's own limit; its files lie on the disk (contract §4.3)."""

JSON_CAP = 64 * MEGABYTE
"""Bytes of an edit's JSON, which is held in memory with all its pictures."""

MAX_FILES, MAX_FIELDS = 32, 64
"""Parts of a form that are read at all; 17 images are read, to be refused by the rule they break."""

MAX_URL = 20_971_520
"""Characters of a data URL (contract §1.2)."""

_IMAGE_FIELD = re.compile(r"image(\[\d{0,3}\])?")
_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+);base64,")
_NUMBERS = ("n", "output_compression", "partial_images")
_BOOLEANS = dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True) | dict.fromkeys(
    ("0", "f", "F", "FALSE", "false", "False"), False
)
"""What Go reads as a boolean, and so sub2api in a form's `stream` (contract §5)."""


@dataclass(frozen=True)
class Upload:
    """A file that was sent, the type it was sent as, and its bytes."""

    file: BinaryIO
    content_type: str
    byte_count: int

    def edges(self) -> tuple[int, int] | None:
        """Width and height in px; None for a file that is no picture."""
        try:
            self.file.seek(0)
            return Image.open(self.file).size
        except (OSError, ValueError, Image.DecompressionBombError):
            return None


@dataclass(kw_only=True)
class Sent:
    """An edit as it came: fields with JSON's types, images, a mask; `image_field` is the form field of the images."""

    fields: dict[str, Any]
    images: list[Upload] = field(default_factory=list)
    mask: Upload | None = None
    image_field: str | None = None

    def close(self) -> None:
        """Let go of the files."""
        for upload in [*self.images, *([self.mask] if self.mask else [])]:
            upload.file.close()


async def body(request: Request, *, cap: int) -> bytes:
    """The request's whole body; raises Broken when it is larger than the cap in bytes."""
    return b"".join([chunk async for chunk in _capped(request.stream(), cap)])


async def read_edit(request: Request) -> Sent:
    """An edit in either of its encodings (contract §1.2); raises Broken."""
    if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        return await _read_form(request)
    return read_json(await body(request, cap=JSON_CAP))


def read_json(data: bytes) -> Sent:
    """An edit's JSON, its pictures as data URLs; raises Broken."""
    fields = json_object(data)
    images, mask = fields.pop("images", None), fields.pop("mask", None)
    if not isinstance(images, list) or not images:
        raise Broken(gateway(400, "invalid_request_error", "images[].image_url is required"))
    sent = Sent(fields=fields | ({} if fields.get("size") else {"size": "auto"}))
    sent.images = [_from_json(image, f"images[{index}]", "images[]") for index, image in enumerate(images[:MAX_FILES])]
    if mask is not None:
        sent.mask = _from_json(mask, "mask", "mask")
    return sent


async def _read_form(request: Request) -> Sent:
    stream = _capped(request.stream(), FORM_CAP)
    parser = MultiPartParser(request.headers, stream, max_files=MAX_FILES, max_fields=MAX_FIELDS)
    try:
        form = await parser.parse()
    except (MultiPartException, ValueError, LookupError):
        raise Broken(gateway(400, "invalid_request_error", "Failed to parse multipart form")) from None
    sent = Sent(fields={"size": "1024x1024"})
    for name, part in form.multi_items():
        _take(sent, name, part)
    if not sent.images:
        sent.close()
        raise Broken(gateway(400, "invalid_request_error", "image file is required"))
    return sent


def _take(sent: Sent, name: str, part: UploadFile | str) -> None:
    """Put one part of a form in its place; an image without a filename is overlooked, as sub2api does."""
    is_file = isinstance(part, UploadFile) and bool(part.filename)
    if isinstance(part, UploadFile) and is_file and (_IMAGE_FIELD.fullmatch(name) or name == "mask"):
        upload = Upload(part.file, part.content_type or "application/octet-stream", part.size or 0)
        if name == "mask":
            sent.mask = upload
        else:
            sent.images.append(upload)
            sent.image_field = sent.image_field or name
        return
    if isinstance(part, UploadFile):
        part.file.close()
    if not _IMAGE_FIELD.fullmatch(name) and name != "mask":
        sent.fields[name] = "" if isinstance(part, UploadFile) else _typed(name, part)


def _typed(name: str, text: str) -> Any:
    """A form's text as the value that JSON would have had, or as it is where it is none."""
    if name in _NUMBERS and re.fullmatch(r"-?\d{1,9}", text):
        return int(text)
    return _BOOLEANS.get(text, text) if name == "stream" else text


def _from_json(image: Any, param: str, general: str) -> Upload:
    url = image.get("image_url") if isinstance(image, dict) else None
    if isinstance(image, dict) and "file_id" in image:
        message = f"{general}.file_id is not supported, use {general}.image_url instead"
        raise Broken(gateway(400, "invalid_request_error", message))
    if not isinstance(url, str) or not url:
        raise Broken(gateway(400, "invalid_request_error", f"{general}.image_url is required"))
    return from_url(url, f"{param}.image_url")


def from_url(url: str, param: str) -> Upload:
    """The picture in a data URL; raises Broken."""
    if len(url) > MAX_URL:
        message = (
            f"Invalid '{param}': string too long. Expected a string with maximum length {MAX_URL}, "
            f"but got a string with length {len(url)} instead."
        )
        raise Broken(openai(400, message, code="string_above_max_length", param=param))
    head = _DATA_URL.match(url)
    if not head:
        message = f"Failed to download image from {param}: only data URLs can be read here."
        raise Broken(openai(400, message, code="failed_to_download_image", param=param))
    try:
        data = pybase64.b64decode(url[head.end() :], validate=True)
    except ValueError:
        message = f"Invalid '{param}': invalid base64-encoded image."
        raise Broken(openai(400, message, code="invalid_base64_image", param=param)) from None
    return Upload(io.BytesIO(data), head[1].lower(), len(data))


async def _capped(stream: AsyncIterator[bytes], cap: int) -> AsyncGenerator[bytes]:
    count = 0
    async for chunk in stream:
        count += len(chunk)
        if count > cap:
            limit = f"Request body too large, limit is {cap // MEGABYTE}MB"
            raise Broken(gateway(413, "invalid_request_error", limit))
        yield chunk
