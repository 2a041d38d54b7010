"""Turns a received edit into a valid EditRequest and its source, or into the error that OpenAI would return."""

import warnings
from collections.abc import Callable
from typing import Any, BinaryIO

from PIL import Image

from studio.images import EditRequest, ImageFile, ImageRequest, Problem
from studio.sandbox.drawing_spec import AUTO_SIZE, EditSource
from studio.sandbox.error_responses import ErrorResponse, openai_error
from studio.sandbox.painter import editable_region, source_picture
from studio.sandbox.uploads import ReceivedEdit, Upload
from studio.sandbox.validation import USER_ERROR, RequestRejected, error_for, validate_fields

MEDIA_TYPES = ("image/jpeg", "image/png", "image/webp")
FORMATS = ("JPEG", "PNG", "WEBP")
MAX_PIXELS = 40_000_000
"""Pictures with more pixels are not decoded."""

_UNREADABLE = (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning)


def validate_edit(received: ReceivedEdit) -> tuple[EditRequest, EditSource]:
    """Check an edit against every rule and decode its source (blocking); raises RequestRejected."""
    fields_only = validate_fields(received.fields)
    _check_media_types(received.images)
    images = tuple(_file(upload, _bad_image(number)) for number, upload in enumerate(received.images, 1))
    mask = _file(received.mask, _BAD_MASK) if received.mask else None
    request = EditRequest(**vars(fields_only), images=images, mask=mask)
    if problems := request.problems():
        raise RequestRejected(_error_for(problems[0], received))
    return request, _edit_source(request, received)


def _edit_source(request: ImageRequest, received: ReceivedEdit) -> EditSource:
    assert isinstance(request, EditRequest)
    edges = request.edges or AUTO_SIZE
    return EditSource(
        picture=_decoded(received.images[0].file, _bad_image(1), lambda image: source_picture(image, edges)),
        region=_decoded(received.mask.file, _BAD_MASK, lambda image: editable_region(image, edges))
        if received.mask
        else None,
        images=request.images,
        mask=request.mask,
        image_field=received.image_field,
    )


def _check_media_types(uploads: list[Upload]) -> None:
    """Check the declared types first, as OpenAI does; it ignores that of a mask."""
    for index, upload in enumerate(uploads):
        if upload.content_type.partition(";")[0].strip().lower() not in MEDIA_TYPES:
            param = f"image[{index}]" if len(uploads) > 1 else "image"
            message = (
                f"Invalid file '{param}': unsupported mimetype ('{upload.content_type[:100]}'). "
                "Supported file formats are 'image/jpeg', 'image/png', and 'image/webp'."
            )
            raise RequestRejected(openai_error(400, message, code="unsupported_file_mimetype", param=param))


def _file(upload: Upload, error: ErrorResponse) -> ImageFile:
    """A file's properties, read from its own bytes."""

    def image_file(image: Image.Image) -> ImageFile:
        assert image.format
        return ImageFile(
            format=image.format.lower(),
            byte_count=upload.byte_count,
            width=image.width,
            height=image.height,
            has_alpha="A" in image.getbands(),
        )

    return _decoded(upload.file, error, image_file)


def _decoded[T](file: BinaryIO, error: ErrorResponse, read: Callable[[Image.Image], T]) -> T:
    try:
        file.seek(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(file, formats=FORMATS)
        if image.width * image.height > MAX_PIXELS:
            raise RequestRejected(error)
        return read(image)
    except _UNREADABLE:
        raise RequestRejected(error) from None


def _error_for(problem: Problem, received: ReceivedEdit) -> ErrorResponse:
    make_error: Callable[[Problem], ErrorResponse] | None = _ERRORS.get(problem.code)
    return make_error(problem) if make_error else error_for(problem, received.fields)


def _too_many(problem: Problem) -> ErrorResponse:
    limit, count = problem.values["limit"], problem.values["count"]
    message = (
        f"Invalid 'image': array too long. Expected an array with maximum length {limit}, "
        f"but got an array with length {count} instead."
    )
    return openai_error(400, message, code="array_above_max_length", param="image")


def _bad_image(number: Any) -> ErrorResponse:
    message = f"Invalid image file or mode for image {number}, please check your image file."
    return openai_error(400, message, kind=USER_ERROR, code="invalid_image_file")


def _bad_mask(what: str) -> ErrorResponse:
    message = f"Invalid mask image format - {what}"
    return openai_error(400, message, kind=USER_ERROR, code="invalid_mask_image_format")


def _too_heavy(problem: Problem) -> ErrorResponse:
    message = f"Invalid '{problem.param}': the file must be smaller than 50MB."
    return openai_error(400, message, kind=USER_ERROR, code="image_file_too_large", param=problem.param)


_BAD_MASK = _bad_mask("mask image cannot be read")

_ERRORS: dict[str, Callable[[Problem], ErrorResponse]] = {
    "images_too_many": _too_many,
    "image_format_unknown": lambda problem: _bad_image(problem.values["number"]),
    "image_too_heavy": _too_heavy,
    "mask_format_unknown": lambda _: _bad_mask("mask image must be a PNG file"),
    "mask_without_alpha": lambda _: _bad_mask("mask image missing alpha channel"),
    "mask_too_heavy": _too_heavy,
    "mask_of_other_size": lambda _: _bad_mask("mask size does not match image size"),
    "mask_of_other_format": lambda _: _bad_mask("mask format does not match image format"),
}
