"""Pictures with too many bytes for a form: as large as the limit allows, with masks that still fit."""

import io

import numpy as np
import pytest
from PIL import Image

from studio.imaging.downscale import downscale, downscale_pair
from studio.imaging.masking import PaintedMask


def noise(width: int, height: int, mode: str = "RGB", *, levels_from: int = 0, levels_to: int = 256) -> bytes:
    levels = np.random.default_rng(7).integers(levels_from, levels_to, (height, width, len(mode)), np.uint8)
    out = io.BytesIO()
    Image.fromarray(levels).save(out, "PNG")
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize(
    ("size", "max_size", "expected"),
    [((640, 320), (320, 320), (452, 226)), ((320, 640), (320, 320), (226, 452)), ((64, 64), (320, 320), (64, 64))],
)
def test_a_picture_is_scaled_to_the_pixels_of_the_request_and_keeps_its_ratio(
    size: tuple[int, int], max_size: tuple[int, int], expected: tuple[int, int]
) -> None:
    data, kind = downscale(noise(*size), max_size=max_size)
    assert (opened(data).size, kind) == (expected, "png")


def test_a_picture_with_still_too_many_bytes_becomes_a_jpeg() -> None:
    data, kind = downscale(noise(256, 256, levels_from=118, levels_to=138), max_size=(256, 256), max_bytes=90_000)
    assert (opened(data).format, opened(data).size, kind) == ("JPEG", (256, 256), "jpeg")


def test_a_transparent_picture_is_put_on_its_ground_so_that_it_can_be_a_jpeg() -> None:
    data, kind = downscale(noise(256, 256, "RGBA"), max_size=(256, 256), max_bytes=100_000)
    assert (opened(data).mode, kind) == ("RGB", "jpeg")
    assert len(data) <= 100_000


def test_a_picture_and_its_mask_are_scaled_together() -> None:
    painted = np.zeros((256, 512), np.bool_)
    painted[:, 256:] = True
    picture, mask = downscale_pair(noise(512, 256), PaintedMask(painted), max_bytes=200_000)
    width, height = opened(picture).size
    assert len(picture) <= 200_000
    assert mask.size == (width, height) == (2 * height, height)
    assert mask.share == 0.5


def test_a_picture_within_the_limit_is_sent_as_it_is() -> None:
    data, mask = noise(64, 64), PaintedMask(np.ones((64, 64), np.bool_))
    assert downscale_pair(data, mask) == (data, mask)
