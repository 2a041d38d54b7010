"""Edit requests: the images and the mask they may have, and what is sent of them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.images import MAX_IMAGE_BYTES, MAX_IMAGES, EditRequest, ImageFile, Size, Usage, ceiling, cost, image_tokens


def file(**given: Any) -> ImageFile:
    return ImageFile(**({"format": "png", "byte_count": 1_000_000, "width": 1024, "height": 640} | given))


def mask(**given: Any) -> ImageFile:
    return file(**({"has_alpha": True} | given))


def edit(**given: Any) -> EditRequest:
    return EditRequest(**({"prompt": "a red hat", "size": Size(1024, 640), "images": (file(),)} | given))


def test_a_picture_alone_with_a_mask_or_with_fifteen_others_breaks_no_rule() -> None:
    others = tuple(file(format=name, width=64, height=64) for name in ("png", "jpeg", "webp") * 5)
    for wanted in (edit(), edit(mask=mask()), edit(images=(file(), *others), mask=mask())):
        assert wanted.problems() == []


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ({"images": ()}, "images_missing", "Choose a picture to change."),
        ({"images": (file(),) * 17}, "images_too_many", "Send at most 16 pictures; these are 17."),
        (
            {"images": (file(), file(format="gif"))},
            "image_format_unknown",
            "Picture 2 is no PNG, JPEG or WebP file.",
        ),
        (
            {"images": (file(byte_count=50_000_001),)},
            "image_too_heavy",
            "Picture 1 has 51 MB; a picture must have less than 50 MB.",
        ),
        ({"mask": mask(format="webp")}, "mask_format_unknown", "A mask must be a PNG file."),
        (
            {"mask": file()},
            "mask_without_alpha",
            "The mask has no transparency, so it does not say what may change.",
        ),
        (
            {"mask": mask(byte_count=MAX_IMAGE_BYTES)},
            "mask_too_heavy",
            "The mask has 50 MB; it must have less than 50 MB.",
        ),
        (
            {"mask": mask(width=1008)},
            "mask_of_other_size",
            "The mask has 1008×640 pixels and the picture 1024×640; they must be equally large.",
        ),
        (
            {"mask": mask(), "images": (file(format="jpeg"),)},
            "mask_of_other_format",
            "With a mask, the first picture must be a PNG file as well.",
        ),
        ({"prompt": " "}, "prompt_empty", "Write what the picture should show."),
    ],
)
def test_each_broken_rule_has_its_sentence(given: dict[str, Any], code: str, words: str) -> None:
    problems = edit(**given).problems()
    assert [(problem.code, str(problem)) for problem in problems] == [(code, words)]


def test_a_file_just_below_the_limit_may_be_sent() -> None:
    assert edit(images=(file(byte_count=MAX_IMAGE_BYTES - 1),)).problems() == []


def test_the_text_fields_always_name_the_size_and_never_what_forms_do_not_take() -> None:
    assert edit(moderation="low", user="u-1").to_fields() == {
        "model": "gpt-image-2",
        "prompt": "a red hat",
        "size": "1024x640",
        "quality": "auto",
        "output_format": "png",
        "n": "1",
        "user": "u-1",
    }
    streamed = edit(stream=True, partial_images=2, size="auto").to_fields()
    assert (streamed["stream"], streamed["partial_images"], streamed["size"]) == ("true", "2", "auto")


@pytest.mark.parametrize(
    ("edges", "tokens"),
    [
        ((1104, 1424), 1496),  # measured by a reader of bills
        ((1024, 1024), 1024),
        ((2048, 2048), 1521),
        ((3840, 2160), 1508),
        ((512, 512), 1024),  # enlarged twice
        ((100, 50), 28),
    ],
)
def test_an_image_that_is_sent_takes_its_patches_in_tokens(edges: tuple[int, int], tokens: int) -> None:
    assert image_tokens(*edges) == tokens


@given(st.integers(1, 50_000), st.integers(1, 50_000))
def test_no_image_takes_more_than_the_ceiling_counts(width: int, height: int) -> None:
    assert 1 <= image_tokens(width, height) <= 1536
    assert image_tokens(width, height) == image_tokens(height, width)


def test_the_ceiling_of_an_edit_counts_every_image() -> None:
    alone, crowded = edit(), edit(images=(file(),) * MAX_IMAGES)
    more = ceiling(crowded, references=crowded.references) - ceiling(alone, references=alone.references)
    assert more == cost(Usage(input_image_tokens=15 * 1536))
