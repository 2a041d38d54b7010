"""The lock keeps protected pixels to the bit, counts what the model changed, and refuses a result that does not fit."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw

from studio.images.framing import precise_framing, whole_framing
from studio.imaging.blend import blend, weights
from studio.imaging.decoding import encode, read_pixels
from studio.imaging.framing_pixels import sent_mask, sent_picture
from studio.imaging.lock import Locked, LockRefused, lock
from studio.imaging.masking import PaintedMask, read_mask
from studio.imaging.pixels import image_of, pixels_of
from tests.library.brought_files import hidden_magenta
from tests.library.sample_pictures import opened, painted_mask, pixels, saved, scene

SIZE = (1024, 816)
BOX = (300, 250, 600, 500)
BOXES = (BOX, (700, 100, 720, 120))


SCENE = scene(SIZE)
SCENE_PNG = saved(SCENE, compress_level=1)


@cache
def mask_of(size: tuple[int, int] = SIZE, *boxes: tuple[int, int, int, int]) -> PaintedMask:
    return read_mask(saved(painted_mask(size, *(boxes or BOXES))), source=size)


@cache
def protected(size: tuple[int, int] = SIZE, *boxes: tuple[int, int, int, int]) -> np.ndarray[Any, Any]:
    return np.array(painted_mask(size, *(boxes or BOXES)).getchannel("A")) == 255


def redrawn(source: Image.Image, *, seed: int = 3, sigma: float = 2.0) -> Image.Image:
    """The same picture with new grain, a stain of other colours outside the mask, and new content inside."""
    levels = np.array(source.convert("RGB")) + np.random.default_rng(seed).normal(0, sigma, (*source.size[::-1], 3))
    image = Image.fromarray(levels.clip(0, 255).round().astype(np.uint8))
    draw = ImageDraw.Draw(image)
    draw.ellipse((20, 20, 120, 90), fill="magenta")
    draw.rectangle((280, 230, 620, 520), fill="green")
    return image


def moved(image: Image.Image, across: float = 0, down: float = 0, zoom: float = 1) -> Image.Image:
    middle = (image.width / 2, image.height / 2)
    corner = (middle[0] - (middle[0] + across) / zoom, middle[1] - (middle[1] + down) / zoom)
    way = (1 / zoom, 0, corner[0], 0, 1 / zoom, corner[1])
    return image.transform(image.size, Image.Transform.AFFINE, way, Image.Resampling.BICUBIC)


@cache
def redrawn_scene(sigma: float = 2.0) -> Image.Image:
    return redrawn(SCENE, sigma=sigma)


def locked(source: Image.Image, result: Image.Image, mask: PaintedMask, **options: Any) -> Locked:
    data = SCENE_PNG if source is SCENE else saved(source, compress_level=1)
    return lock(data, pixels_of(result), mask, **options)


def copy_of(found: Locked) -> np.ndarray[Any, Any]:
    """The locked copy's levels, alpha as a fourth where it has one."""
    return np.array(image_of(found.pixels))


@pytest.mark.parametrize(("mode", "feather"), [("RGB", None), ("RGB", 0), ("RGB", 64), ("RGBA", None), ("RGBA", 22)])
def test_protected_pixels_stay_bit_identical_with_their_alpha_and_what_is_painted_shows(
    mode: str, feather: int | None
) -> None:
    source = scene(SIZE, mode=mode)
    found = locked(source, redrawn(source), mask_of(), feather=feather)
    copy = opened(encode(found.pixels).data)

    assert (copy.format, copy.mode, copy.size) == ("PNG", mode, SIZE)
    assert np.array_equal(np.array(copy)[protected()], np.array(source)[protected()])
    if mode == "RGBA":
        assert np.array(copy)[370:380, 445:455, 3].min() == 255


def test_every_region_keeps_a_core_that_is_wholly_new() -> None:
    source = SCENE
    result = redrawn_scene()
    copy = copy_of(locked(source, result, mask_of(), feather=64))

    assert np.array_equal(copy[370:380, 445:455], np.array(result)[370:380, 445:455])
    small = (slice(100, 120), slice(700, 720))
    assert (copy[small] == np.array(result)[small]).all(axis=2).sum() >= 4


def test_without_feather_every_painted_pixel_is_new() -> None:
    source = SCENE
    result = redrawn_scene()
    copy = copy_of(locked(source, result, mask_of(), feather=0))
    assert np.array_equal(copy[~protected()], np.array(result)[~protected()])


def test_the_weight_of_the_result_rises_with_the_distance_to_protected_pixels() -> None:
    source, result = Image.new("RGB", SIZE, (0, 0, 0)), Image.new("RGB", SIZE, (200, 100, 50))
    copy = copy_of(locked(source, result, mask_of(SIZE, BOX), feather=10, even_if_moved=True))
    assert [int(level) for level in copy[375, 299:311, 0]] == [0, 20, 40, 60, 80, 100, 120, 140, 160, 180, 200, 200]


def test_where_the_paint_reaches_the_border_nothing_fades_there() -> None:
    source = SCENE
    result = redrawn_scene()
    copy = copy_of(locked(source, result, mask_of(SIZE, (0, 200, 300, 600)), feather=20))
    assert np.array_equal(copy[400, :250], np.array(result)[400, :250])


def test_the_leak_is_what_an_independent_count_finds() -> None:
    source = SCENE
    result = redrawn_scene(4)
    leak = locked(source, result, mask_of()).leak

    bands = ImageChops.difference(source, result).split()
    changed = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2]).point(
        lambda level: 255 * (level > 8)
    )
    changed.paste(0, BOXES[0])
    changed.paste(0, BOXES[1])
    assert leak.changed_count == changed.histogram()[255] > 5000
    assert leak.protected_count == SIZE[0] * SIZE[1] - 300 * 250 - 20 * 20
    assert leak.share == leak.changed_count / leak.protected_count


def test_grain_is_no_leak() -> None:
    source = SCENE
    result = Image.fromarray((np.array(source).clip(8, 247) + 7).astype(np.uint8)).convert("RGB")
    found = locked(source.point(lambda level: min(247, max(8, level))), result, mask_of())
    assert found.leak.changed_count == 0


@pytest.mark.parametrize("shift", [(1, 0), (0, -2), (0.8, 0.6), (7, 5), (60, -31)])
def test_a_shifted_result_is_not_composited_blindly(shift: tuple[float, float]) -> None:
    source = SCENE
    with pytest.raises(LockRefused) as caught:
        locked(source, moved(redrawn_scene(), *shift), mask_of())

    assert caught.value.kind == "shifted"
    assert caught.value.sentence.endswith(".")
    assert caught.value.alignment is not None
    assert caught.value.alignment.across == pytest.approx(shift[0], abs=0.35)
    assert caught.value.alignment.down == pytest.approx(shift[1], abs=0.35)


@pytest.mark.parametrize("zoom", [0.985, 1.006, 1.02])
def test_a_rescaled_result_is_not_composited_blindly(zoom: float) -> None:
    source = SCENE
    with pytest.raises(LockRefused) as caught:
        locked(source, moved(redrawn_scene(), zoom=zoom), mask_of())
    assert caught.value.kind == "rescaled"
    assert caught.value.alignment is not None
    assert caught.value.alignment.zoom == pytest.approx(zoom, abs=0.002)


def test_another_picture_altogether_is_not_composited_blindly() -> None:
    with pytest.raises(LockRefused) as caught:
        locked(SCENE, scene(SIZE, seed=99), mask_of())
    assert caught.value.kind == "different"


def test_a_result_of_other_proportions_is_not_composited_at_all() -> None:
    with pytest.raises(LockRefused) as caught:
        locked(SCENE, scene((1024, 1024)), mask_of(), even_if_moved=True)
    assert caught.value.kind == "wrong_ratio"


@pytest.mark.parametrize("sigma", [0, 2, 6])
def test_grain_and_stains_are_no_movement(sigma: float) -> None:
    source = SCENE
    assert locked(source, redrawn_scene(sigma), mask_of()).alignment.is_aligned


def test_pictures_with_nothing_in_them_count_as_aligned() -> None:
    plain = Image.new("RGB", SIZE, "teal")
    assert locked(plain, redrawn(plain), mask_of()).alignment.is_aligned


def test_a_moved_result_is_composited_when_a_person_insists() -> None:
    source = SCENE
    found = locked(source, moved(redrawn_scene(), 5, 0), mask_of(), even_if_moved=True)
    assert found.alignment.kind == "shifted"
    assert np.array_equal(copy_of(found)[protected()], np.array(source)[protected()])


def test_a_result_of_another_size_is_resampled_and_names_its_size() -> None:
    source = SCENE
    found = locked(source, redrawn_scene().resize((512, 408), Image.Resampling.LANCZOS), mask_of())
    assert found.resized_from == (512, 408)
    assert np.array_equal(copy_of(found)[protected()], np.array(source)[protected()])
    assert locked(source, redrawn_scene(), mask_of()).resized_from is None


def test_a_jpeg_source_is_kept_as_it_decodes() -> None:
    data = saved(SCENE, "JPEG", quality=85)
    copy = copy_of(lock(data, pixels_of(redrawn(opened(data))), mask_of()))
    assert np.array_equal(copy[protected()], pixels(data)[protected()])


def test_a_size_that_is_not_valid_goes_there_and_back_without_resampling() -> None:
    size = (1003, 813)
    source, mask = scene(size), mask_of(size)
    framing = whole_framing(*size)

    sent = opened(sent_picture(saved(source), framing, ground=""))
    mask_sent = sent_mask(mask, framing)
    assert sent.size == mask_sent.size == (1008, 816)
    assert np.array_equal(np.array(sent)[:813, :1003], np.array(source))
    assert np.array_equal(np.array(sent)[:813, 1003:], np.array(source)[:, -1:].repeat(5, axis=1))
    assert np.array_equal(mask_sent.painted[:813, :1003], mask.painted)

    found = locked(source, sent, mask, feather=0)
    assert np.array_equal(copy_of(found), np.array(source))
    assert found.leak.changed_count == 0


def test_a_precision_edit_is_stitched_back_under_the_lock() -> None:
    size, box = (1600, 1200), (1200, 1000, 1300, 1080)
    source, mask = scene(size), mask_of(size, box)
    framing = precise_framing(*size, mask.box)
    assert framing is not None

    drawn = opened(sent_picture(saved(source), framing, ground=""))
    mask_sent = sent_mask(mask, framing)
    assert drawn.size == mask_sent.size == framing.requested.edges
    drawn.paste((250, 10, 10), mask=Image.fromarray(mask_sent.painted))
    found = locked(source, drawn, mask, framing=framing, feather=0)

    copy = copy_of(found)
    assert np.array_equal(copy[protected(size, box)], np.array(source)[protected(size, box)])
    assert np.abs(copy[1020:1060, 1220:1280].astype(int) - (250, 10, 10)).max() <= 2
    assert found.leak.protected_count == framing.box.width * framing.box.height - 100 * 80


def test_a_mask_of_another_picture_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="belong together"):
        locked(SCENE, SCENE, mask_of((640, 512), (9, 9, 99, 99)))


def test_the_difference_is_red_where_protected_pixels_changed_and_nowhere_else() -> None:
    source = SCENE
    shown = opened(locked(source, redrawn_scene(), mask_of()).difference)

    assert (shown.format, shown.size) == ("WEBP", SIZE)
    red, green, _blue = (np.array(band).astype(int) for band in shown.convert("RGB").split())
    assert (red - green)[40:70, 50:90].min() > 60
    assert (red - green)[300:450, 350:550].max() < 30
    assert (red - green)[700:, :].max() < 30


@st.composite
def masks(draw: st.DrawFn) -> np.ndarray[Any, Any]:
    """Specks, boxes and lines in any number, touching borders and each other."""
    width, height = draw(st.integers(4, 48)), draw(st.integers(4, 48))
    chance = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    painted = chance.random((height, width)) < draw(st.sampled_from([0, 0.02, 0.3, 0.9]))
    for _ in range(draw(st.integers(0, 3))):
        left, top = int(chance.integers(0, width)), int(chance.integers(0, height))
        painted[top : top + int(chance.integers(1, height)), left : left + int(chance.integers(1, width))] = True
    return painted


@settings(max_examples=150, deadline=None)
@given(masks(), st.integers(0, 64), st.integers(0, 2**32 - 1))
def test_whatever_is_painted_the_protected_pixels_stay(painted: Any, feather: int, seed: int) -> None:
    old, new = np.random.default_rng(seed).integers(0, 256, (2, *painted.shape, 3), dtype=np.uint8)
    copy = old.copy()

    blend(copy, new, painted, feather)

    assert np.array_equal(copy[~painted], old[~painted])
    assert ((copy >= np.minimum(old, new)) & (copy <= np.maximum(old, new))).all()


@settings(max_examples=5, deadline=None)
@given(masks(), st.integers(0, 64), st.integers(0, 2**32 - 1))
def test_protected_pixels_stay_through_files_and_scaling_as_well(painted: Any, feather: int, seed: int) -> None:
    levels = np.random.default_rng(seed).integers(0, 256, (2, *painted.shape, 3), dtype=np.uint8)
    source, result = (Image.fromarray(one) for one in levels)
    framing = whole_framing(*source.size)
    raw = read_pixels(sent_picture(saved(result), framing, ground=""))

    copy = copy_of(lock(saved(source), raw, PaintedMask(painted), feather=feather, even_if_moved=True))

    assert np.array_equal(copy[~painted], levels[0][~painted])


@settings(max_examples=150, deadline=None)
@given(masks(), st.integers(0, 64))
def test_the_weight_is_the_distance_over_the_smaller_of_feather_and_depth(painted: Any, feather: int) -> None:
    weight = weights(painted, feather)
    ys, xs = np.nonzero(~painted)
    assert not weight[~painted].any()
    for region in regions(painted):
        if not len(ys):
            assert all(weight[spot] == 1 for spot in region)
            continue
        distance = {(y, x): float(np.hypot(ys - y, xs - x).min()) for y, x in region}
        reach = min(feather, max(distance.values()))
        expected = {spot: min(1.0, d / reach) if reach else 1.0 for spot, d in distance.items()}
        assert all(abs(weight[spot] - share) < 1e-4 for spot, share in expected.items())
        assert max(weight[spot] for spot in region) == 1


def regions(painted: Any) -> list[list[tuple[int, int]]]:
    """Pixels that touch, also at corners, found by walking."""
    left = {(int(y), int(x)) for y, x in zip(*np.nonzero(painted), strict=True)}
    found = []
    while left:
        walk = region = [left.pop()]
        for y, x in walk:
            near = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & left
            left -= near
            region.extend(near)
        found.append(region)
    return found


def test_what_is_painted_on_nothing_can_be_seen_and_the_rest_stays_transparent() -> None:
    source = hidden_magenta(SIZE)
    shown = Image.new("RGB", SIZE, "white")
    shown.paste(source, mask=source.getchannel("A"))
    shown.paste((20, 60, 200), (400, 300, 500, 400))

    found = lock(saved(source), pixels_of(shown), mask_of(SIZE, (380, 280, 520, 420)), ground="#ffffff", feather=8)

    copy = np.array(image_of(found.pixels)).astype(int)
    assert found.leak.changed_count == 0
    assert tuple(copy[350, 450]) == (20, 60, 200, 255)
    assert copy[450, 600, 3] == 0
    visible = copy[280:420, 380:520][copy[280:420, 380:520, 3] > 0]
    assert not (np.abs(visible[:, :3] - (255, 0, 255)).max(axis=1) < 60).any(), "no hidden colour shows at the rim"
