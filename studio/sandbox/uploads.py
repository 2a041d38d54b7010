"""Reads a request's body into fields and files, each with a limit on its size."""

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

from studio.sandbox.error_responses import gateway_error, openai_error
from studio.sandbox.validation import RequestRejected, parse_json_object

MEGABYTE = 1024 * 1024
MAX_FORM_BYTES = 256 * MEGABYTE
"""Limit for a whole form, the same as sub2api's; its files are on disk (contract §4.3)."""

MAX_JSON_BYTES = 64 * MEGABYTE
"""Limit for the JSON of an edit, which is held in memory with all its pictures."""

MAX_FILES, MAX_FIELDS = 32, 64
"""Limits for the parts of a form; above 16 images, so that a 17th gets the error of the rule it breaks."""

MAX_URL_LENGTH = 20_971_520
"""Characters of a data URL (contract §1.2)."""

_IMAGE_FIELD = re.compile(r"image(\[\d{0,3}\])?")
_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+);base64,")
_NUMBERS = ("n", "output_compression", "partial_images")
_BOOLEANS = dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True) | dict.fromkeys(
    ("0", "f", "F", "FALSE", "false", "False"), False
)
"""What sub2api, written in Go, accepts as a boolean in a form's `stream` (contract §5)."""


@dataclass(frozen=True)
class Upload:
    """A file that was sent, its declared type, and its size in bytes."""

    file: BinaryIO
    content_type: str
    byte_count: int

    def size(self) -> tuple[int, int] | None:
        """Width and height in px; None for a file that is not a picture."""
        try:
            self.file.seek(0)
            return Image.open(self.file).size
        except (OSError, ValueError, Image.DecompressionBombError):
            return None


@dataclass(kw_only=True)
class ReceivedEdit:
    """An edit before validation: fields with JSON's types, images, a mask, and the form field of the images."""

    fields: dict[str, Any]
    images: list[Upload] = field(default_factory=list)
    mask: Upload | None = None
    image_field: str | None = None

    def close(self) -> None:
        """Close the files."""
        for upload in [*self.images, *([self.mask] if self.mask else [])]:
            upload.file.close()


async def read_body(request: Request, *, limit: int) -> bytes:
    """The request's whole body; raises RequestRejected when it is larger than the limit in bytes."""
    return b"".join([chunk async for chunk in _limited(request.stream(), limit)])


async def read_edit(request: Request) -> ReceivedEdit:
    """An edit in either of its encodings (contract §1.2); raises RequestRejected."""
    if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        return await _read_form(request)
    return read_json_edit(await read_body(request, limit=MAX_JSON_BYTES))


def read_json_edit(data: bytes) -> ReceivedEdit:
    """An edit's JSON, its pictures as data URLs; raises RequestRejected."""
    fields = parse_json_object(data)
    images, mask = fields.pop("images", None), fields.pop("mask", None)
    if not isinstance(images, list) or not images:
        raise RequestRejected(gateway_error(400, "invalid_request_error", "images[].image_url is required"))
    received = ReceivedEdit(fields=fields | ({} if fields.get("size") else {"size": "auto"}))
    received.images = [
        _json_image(image, f"images[{index}]", "images[]") for index, image in enumerate(images[:MAX_FILES])
    ]
    if mask is not None:
        received.mask = _json_image(mask, "mask", "mask")
    return received


async def _read_form(request: Request) -> ReceivedEdit:
    stream = _limited(request.stream(), MAX_FORM_BYTES)
    parser = MultiPartParser(request.headers, stream, max_files=MAX_FILES, max_fields=MAX_FIELDS)
    try:
        form = await parser.parse()
    except (MultiPartException, ValueError, LookupError):
        raise RequestRejected(gateway_error(400, "invalid_request_error", "Failed to parse multipart form")) from None
    received = ReceivedEdit(fields={"size": "1024x1024"})
    for name, part in form.multi_items():
        _add_part(received, name, part)
    if not received.images:
        received.close()
        raise RequestRejected(gateway_error(400, "invalid_request_error", "image file is required"))
    return received


def _add_part(received: ReceivedEdit, name: str, part: UploadFile | str) -> None:
    """Add one part of a form; an image without a filename is ignored, as sub2api does."""
    is_file = isinstance(part, UploadFile) and bool(part.filename)
    if isinstance(part, UploadFile) and is_file and (_IMAGE_FIELD.fullmatch(name) or name == "mask"):
        upload = Upload(part.file, part.content_type or "application/octet-stream", part.size or 0)
        if name == "mask":
            received.mask = upload
        else:
            received.images.append(upload)
            received.image_field = received.image_field or name
        return
    if isinstance(part, UploadFile):
        part.file.close()
    if not _IMAGE_FIELD.fullmatch(name) and name != "mask":
        received.fields[name] = "" if isinstance(part, UploadFile) else _typed_value(name, part)


def _typed_value(name: str, text: str) -> Any:
    """A form's text as the value it would have in JSON; unchanged where it is not valid."""
    if name in _NUMBERS and re.fullmatch(r"-?\d{1,9}", text):
        return int(text)
    return _BOOLEANS.get(text, text) if name == "stream" else text


def _json_image(image: Any, param: str, general: str) -> Upload:
    url = image.get("image_url") if isinstance(image, dict) else None
    if isinstance(image, dict) and "file_id" in image:
        message = f"{general}.file_id is not supported, use {general}.image_url instead"
        raise RequestRejected(gateway_error(400, "invalid_request_error", message))
    if not isinstance(url, str) or not url:
        raise RequestRejected(gateway_error(400, "invalid_request_error", f"{general}.image_url is required"))
    return upload_from_data_url(url, f"{param}.image_url")


def upload_from_data_url(url: str, param: str) -> Upload:
    """The picture in a data URL; raises RequestRejected."""
    if len(url) > MAX_URL_LENGTH:
        message = (
            f"Invalid '{param}': string too long. Expected a string with maximum length {MAX_URL_LENGTH}, "
            f"but got a string with length {len(url)} instead."
        )
        raise RequestRejected(openai_error(400, message, code="string_above_max_length", param=param))
    head = _DATA_URL.match(url)
    if not head:
        message = f"Failed to download image from {param}: only data URLs can be read here."
        raise RequestRejected(openai_error(400, message, code="failed_to_download_image", param=param))
    try:
        data = pybase64.b64decode(url[head.end() :], validate=True)
    except ValueError:
        message = f"Invalid '{param}': invalid base64-encoded image."
        raise RequestRejected(openai_error(400, message, code="invalid_base64_image", param=param)) from None
    return Upload(io.BytesIO(data), head[1].lower(), len(data))


async def _limited(stream: AsyncIterator[bytes], limit: int) -> AsyncGenerator[bytes]:
    count = 0
    async for chunk in stream:
        count += len(chunk)
        if count > limit:
            message = f"Request body too large, limit is {limit // MEGABYTE}MB"
            raise RequestRejected(gateway_error(413, "invalid_request_error", message))
        yield chunk
