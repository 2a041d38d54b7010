import io

import pytest
from PIL import Image, ImageChops, ImageStat

from studio.sandbox import timing
from studio.sandbox.painter import coarsen, encode, paint
from studio.sandbox.painter.scenes import SCENES

PROMPTS = {
    "city": "a city skyline at night",
    "flowers": "peony flowers",
    "forest": "a deep forest",
    "hills": "mountains above a lake in winter",
    "pattern": "a bauhaus pattern",
    "portrait": "a portrait of a woman",
    "product": "a perfume bottle",
    "ribbons": "an abstract wallpaper",
    "dashboard": "a dashboard",
    "sea": "a boat on the sea at the beach",
    "space": "a ringed planet",
    "still_life": "coffee and oranges",
}


def painted(prompt: str, *, seed: str = "", quality: str = "low", size: tuple[int, int] = (320, 240)) -> Image.Image:
    return paint(prompt=prompt, seed=seed, width=size[0], height=size[1], quality=quality)


def test_every_scene_has_words_that_lead_to_it() -> None:
    assert set(PROMPTS) == set(SCENES)


@pytest.mark.parametrize("scene", SCENES)
def test_a_scene_is_the_same_for_the_same_seed_and_different_for_another(scene: str) -> None:
    first, again, other = (painted(PROMPTS[scene], seed=seed) for seed in ("1", "1", "2"))
    assert first.tobytes() == again.tobytes()
    assert ImageStat.Stat(ImageChops.difference(first, other)).mean[0] > 1


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("size", [(648, 216), (216, 648)])
def test_a_scene_fits_the_widest_and_the_tallest_shape(scene: str, size: tuple[int, int]) -> None:
    image = painted(PROMPTS[scene], size=size, quality="high")
    assert image.size == size
    assert sum(ImageStat.Stat(image).stddev) > 15


def test_the_words_choose_the_light() -> None:
    day, night = painted("hills on a sunny day"), painted("hills at night")
    assert sum(ImageStat.Stat(day).mean) > 1.8 * sum(ImageStat.Stat(night).mean)


def test_a_draft_and_its_final_version_share_their_composition() -> None:
    draft, final = (painted("the sea at sunset", quality=quality).reduce(40) for quality in ("low", "high"))
    assert ImageStat.Stat(ImageChops.difference(draft, final)).mean[0] < 40


def test_a_png_has_the_size_in_bytes_of_a_real_one() -> None:
    assert len(encode(painted("hills", size=(1024, 1024)), output_format="png")) > 900_000


def test_coarse_steps_come_nearer_to_the_picture() -> None:
    image = painted("a rose")
    away = [sum(ImageStat.Stat(ImageChops.difference(image, coarsen(image, step, 3))).mean) for step in range(3)]
    assert away == sorted(away, reverse=True)
    assert coarsen(image, 0, 1).size == image.size


@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
def test_the_file_has_the_requested_format(output_format: str) -> None:
    data = encode(painted("hills"), output_format=output_format, compression=None if output_format == "png" else 0)
    assert Image.open(io.BytesIO(data)).format == output_format.upper()


def test_larger_and_finer_pictures_take_longer() -> None:
    def seconds(width: int, height: int, quality: str) -> float:
        return timing.drawing_seconds(width=width, height=height, quality=quality, count=1, seed="s")

    assert 5 < seconds(1024, 1024, "low") < 10
    assert 15 < seconds(1024, 1024, "medium") < 25
    assert 120 < seconds(3840, 2160, "high") < 300
