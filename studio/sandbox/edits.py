"""From an edit as it came to a valid EditRequest and its original, or to the 400 that OpenAI would answer."""

import warnings
from collections.abc import Callable
from typing import Any, BinaryIO

from PIL import Image

from studio.images import EditRequest, ImageFile, ImageRequest, Problem
from studio.sandbox.order import AUTO_SIZE, Original
from studio.sandbox.refusal import Refusal, openai
from studio.sandbox.rules import USER_ERROR, Broken, checked, refusal_of
from studio.sandbox.uploads import Sent, Upload

MEDIA_TYPES = ("image/jpeg", "image/png", "image/webp")
FORMATS = ("JPEG", "PNG", "WEBP")
PIXEL_CAP = 40_000_000
"""Pixels of a picture that are decoded at all."""

_UNREADABLE = (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning)


def settle(sent: Sent) -> tuple[EditRequest, Original]:
    """Hold an edit against every rule and decode what it starts from (blocking); raises Broken."""
    words = checked(sent.fields)
    _check_media_types(sent.images)
    images = tuple(_file(upload, _bad_image(number)) for number, upload in enumerate(sent.images, 1))
    mask = _file(sent.mask, _BAD_MASK) if sent.mask else None
    request = EditRequest(**vars(words), images=images, mask=mask)
    if problems := request.problems():
        raise Broken(_refusal(problems[0], sent))
    return request, _original(request, sent)


def _original(request: ImageRequest, sent: Sent) -> Original:
    assert isinstance(request, EditRequest)
    edges = request.edges or AUTO_SIZE
    return Original(
        picture=_decoded(sent.images[0].file, _bad_image(1), lambda image: _in_rgb(image, edges)),
        region=_decoded(sent.mask.file, _BAD_MASK, lambda image: _region(image, edges)) if sent.mask else None,
        images=request.images,
        mask=request.mask,
        image_field=sent.image_field,
    )


def _check_media_types(uploads: list[Upload]) -> None:
    """The type a part was sent as is what OpenAI looks at first; a mask's it does not mind."""
    for index, upload in enumerate(uploads):
        if upload.content_type.partition(";")[0].strip().lower() not in MEDIA_TYPES:
            param = f"image[{index}]" if len(uploads) > 1 else "image"
            message = (
                f"Invalid file '{param}': unsupported mimetype ('{upload.content_type[:100]}'). "
                "Supported file formats are 'image/jpeg', 'image/png', and 'image/webp'."
            )
            raise Broken(openai(400, message, code="unsupported_file_mimetype", param=param))


def _file(upload: Upload, refusal: Refusal) -> ImageFile:
    """What a file's own bytes say of it, read from their beginning."""

    def facts(image: Image.Image) -> ImageFile:
        assert image.format
        return ImageFile(
            format=image.format.lower(),
            byte_count=upload.byte_count,
            width=image.width,
            height=image.height,
            has_alpha="A" in image.getbands(),
        )

    return _decoded(upload.file, refusal, facts)


def _decoded[T](file: BinaryIO, refusal: Refusal, read: Callable[[Image.Image], T]) -> T:
    try:
        file.seek(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(file, formats=FORMATS)
        if image.width * image.height > PIXEL_CAP:
            raise Broken(refusal)
        return read(image)
    except _UNREADABLE:
        raise Broken(refusal) from None


def _in_rgb(image: Image.Image, edges: tuple[int, int]) -> Image.Image:
    """The picture at the asked size, on white where it was transparent."""
    if not image.has_transparency_data:
        return image.convert("RGB").resize(edges, Image.Resampling.BICUBIC)
    small = image.convert("RGBA").resize(edges, Image.Resampling.BICUBIC)
    return Image.alpha_composite(Image.new("RGBA", edges, "white"), small).convert("RGB")


def _region(mask: Image.Image, edges: tuple[int, int]) -> Image.Image:
    """White where a mask is fully transparent, which is where the picture may change."""
    transparent = mask.getchannel("A").point([255] + [0] * 255)
    return transparent.resize(edges, Image.Resampling.NEAREST)


def _refusal(problem: Problem, sent: Sent) -> Refusal:
    answer: Callable[[Problem], Refusal] | None = _ANSWERS.get(problem.code)
    return answer(problem) if answer else refusal_of(problem, sent.fields)


def _too_many(problem: Problem) -> Refusal:
    limit, count = problem.values["limit"], problem.values["count"]
    message = (
        f"Invalid 'image': array too long. Expected an array with maximum length {limit}, "
        f"but got an array with length {count} instead."
    )
    return openai(400, message, code="array_above_max_length", param="image")


def _bad_image(number: Any) -> Refusal:
    message = f"Invalid image file or mode for image {number}, please check your image file."
    return openai(400, message, kind=USER_ERROR, code="invalid_image_file")


def _bad_mask(what: str) -> Refusal:
    message = f"Invalid mask image format - {what}"
    return openai(400, message, kind=USER_ERROR, code="invalid_mask_image_format")


def _too_heavy(problem: Problem) -> Refusal:
    message = f"Invalid '{problem.param}': the file must be smaller than 50MB."
    return openai(400, message, kind=USER_ERROR, code="image_file_too_large", param=problem.param)


_BAD_MASK = _bad_mask("mask image cannot be read")

_ANSWERS: dict[str, Callable[[Problem], Refusal]] = {
    "images_too_many": _too_many,
    "image_format_unknown": lambda problem: _bad_image(problem.values["number"]),
    "image_too_heavy": _too_heavy,
    "mask_format_unknown": lambda _: _bad_mask("mask image must be a PNG file"),
    "mask_without_alpha": lambda _: _bad_mask("mask image missing alpha channel"),
    "mask_too_heavy": _too_heavy,
    "mask_of_other_size": lambda _: _bad_mask("mask size does not match image size"),
    "mask_of_other_format": lambda _: _bad_mask("mask format does not match image format"),
}
