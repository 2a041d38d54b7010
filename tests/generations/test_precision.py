"""Precision edits: only the painted part is drawn, and put back so that everything else stays as it was."""

import io
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from studio import images
from studio.accounts.models import User
from studio.generations import framings
from studio.generations.models import Generation, Job
from studio.generations.runner import Runner
from studio.images.framing import Box, precise_framing, whole_framing
from studio.ledger.models import Entry
from studio.library.masking import read_mask
from studio.library.models import Mask, Picture
from studio.upstreams.models import Upstream
from tests.sandbox.conftest import Running

from .conftest import over
from .test_edits import changed_outside, edit, mask_png, opened, photo, upload

__all__ = ["edit", "upload"]

pytestmark = pytest.mark.usefixtures("transactional_db")

ClientOf = Callable[[User], Client]

LARGE = (4000, 2600)
CORNER = (3500, 2200, 3899, 2499)  # left, top, right, bottom; what is painted touches no edge but its context would
IN_CORNER = Box(3500, 2200, 400, 300)


def enlarged(width: int, height: int) -> bytes:
    """A large picture that is quick to write: every pixel of a small one several times over."""
    small, out = Image.open(io.BytesIO(photo(width // 8, height // 8))), io.BytesIO()
    small.resize((width, height), Image.Resampling.NEAREST).save(out, "PNG", compress_level=1)
    return out.getvalue()


@pytest.fixture
def kept_picture(ben: User) -> Callable[..., Picture]:
    """A picture's row without its file: enough for sizes and prices."""

    def kept_picture(width: int, height: int, owner: User = ben) -> Picture:
        facts = {"file": "none.png", "sha256": "0" * 64, "byte_count": 1, "format": "png"}
        return Picture.objects.create(owner=owner, kind="uploaded", width=width, height=height, **facts)

    return kept_picture


def kept_mask(picture: Picture, *, size: tuple[int, int] | None = None, owner: User | None = None) -> Mask:
    width, height = size or (picture.width, picture.height)
    facts = {"width": width, "height": height, "share": 0.1, "file": "none.png", "sha256": uuid.uuid4().hex}
    return Mask.objects.create(owner=owner or picture.owner, picture=picture, **facts)


def ways(client: Client, picture: Picture, box: Box, **fields: Any) -> Any:
    return client.get(f"/pictures/{picture.pk}/mask/framings/", box._asdict() | fields)


def test_a_precise_edit_of_a_large_picture_changes_nothing_outside_the_mask(
    runner: Runner, sandbox: Running, upload: Callable[..., Picture], edit: Callable[..., Any]
) -> None:
    source = upload(enlarged(*LARGE))
    answer = edit(source, mask_png(*LARGE, box=CORNER), send="precise", lock=None)
    assert answer.status_code == 302, answer.content
    generation = Generation.objects.get()
    framing = precise_framing(*LARGE, IN_CORNER)
    assert framing is not None
    assert (generation.is_precise, generation.is_locked) == (True, True)
    assert generation.size == str(framing.asked)

    [job] = over(generation)
    picture = Picture.objects.get(job=job)
    assert (picture.lock_verdict, picture.size) == ("locked", "4000x2600")
    before, after = opened(source.file), opened(picture.file)
    assert changed_outside(before, after, CORNER) == 0
    assert before.crop(CORNER).tobytes() != after.crop(CORNER).tobytes()
    assert opened(picture.raw_file).size == (framing.asked.width, framing.asked.height)
    line = sandbox.wait_for_line(endpoint="edits", size=str(framing.asked))
    assert [sent["size"] for sent in line["images"]] == [str(framing.asked)]
    settled = Entry.objects.get(verb="settle")
    assert settled.input_image_tokens == framing.input_tokens
    assert settled.amount <= Entry.objects.get(verb="reserve").amount


def test_a_precise_edit_reserves_less_than_one_of_the_whole_picture(
    upstream: Upstream, upload: Callable[..., Picture], edit: Callable[..., Any]
) -> None:
    source, painted = upload(enlarged(2400, 1600)), mask_png(2400, 1600)
    assert edit(source, painted, quality="high").status_code == 302
    assert edit(source, painted, quality="high", send="precise").status_code == 302
    whole, precise = Entry.objects.filter(verb="reserve").order_by("pk").values_list("amount", flat=True)
    assert precise < whole
    assert list(Generation.objects.order_by("pk").values_list("is_precise", flat=True)) == [False, True]


def test_the_same_token_with_another_way_of_sending_is_another_wish(
    upstream: Upstream, upload: Callable[..., Picture], edit: Callable[..., Any]
) -> None:
    source, token = upload(photo()), str(uuid.uuid4())
    assert edit(source, mask_png(), token=token).status_code == 302
    assert edit(source, mask_png(), token=token, send="precise").status_code == 409
    assert Generation.objects.count() == 1


def test_both_ways_come_with_their_sizes_and_prices(
    client_of: ClientOf, ben: User, kept_picture: Callable[..., Picture]
) -> None:
    answer = ways(client_of(ben), kept_picture(*LARGE), IN_CORNER, quality="high").json()
    assert (answer["is_proposed"], answer["reason"]) == (False, "")
    expected = {"whole": whole_framing(*LARGE), "precise": precise_framing(*LARGE, IN_CORNER)}
    for name, framing in expected.items():
        assert framing is not None
        way = answer[name]
        drawn = images.output_tokens(way["width"], way["height"], "high") * Decimal("0.00003")
        sent = images.image_tokens(way["width"], way["height"]) * Decimal("0.000008")
        assert way["size"] == str(framing.asked)
        assert way["input_tokens"] == images.image_tokens(way["width"], way["height"])
        assert {Decimal(way["price"][name]) for name in ("low", "high", "expected")} == {drawn + sent}
    assert answer["precise"]["scale"] >= 1 > answer["whole"]["scale"]


def test_an_open_quality_is_priced_as_a_range(
    client_of: ClientOf, ben: User, kept_picture: Callable[..., Picture]
) -> None:
    picture = kept_picture(1024, 1024)
    price = ways(client_of(ben), picture, Box(100, 100, 200, 200), quality="auto").json()["whole"]["price"]
    assert Decimal(price["low"]) < Decimal(price["expected"]) < Decimal(price["high"])


@pytest.mark.parametrize(
    ("size", "box", "words"),
    [
        ((4800, 1200), Box(100, 100, 200, 200), "longer than 3:1"),
        ((6000, 4000), Box(100, 100, 200, 200), "larger than the model draws"),
        ((6000, 4000), Box(0, 0, 6000, 4000), ""),
        ((1024, 1024), Box(100, 100, 200, 200), ""),
    ],
)
def test_precision_is_proposed_in_words_where_the_whole_would_suffer(
    client_of: ClientOf,
    ben: User,
    kept_picture: Callable[..., Picture],
    size: tuple[int, int],
    box: Box,
    words: str,
) -> None:
    answer = ways(client_of(ben), kept_picture(*size), box).json()
    assert answer["is_proposed"] is bool(words)
    assert words in answer["reason"]


def test_where_no_part_can_be_cut_out_the_whole_is_all_there_is(
    upstream: Upstream, upload: Callable[..., Picture], edit: Callable[..., Any], client_of: ClientOf, ben: User
) -> None:
    picture = upload(photo())
    assert ways(client_of(ben), picture, Box(0, 0, 1024, 768)).json()["precise"] is not None
    strip = upload(photo(1024, 300))
    assert ways(client_of(ben), strip, Box(0, 0, 1024, 300)).json()["precise"] is None
    answer = edit(strip, mask_png(1024, 300, box=(0, 0, 1023, 298)), send="precise")
    assert answer.status_code == 422
    assert "Send the whole picture instead" in answer.content.decode()
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"left": ""}, "required"),
        ({"left": "-1"}, "greater than or equal to 0"),
        ({"width": "0"}, "greater than or equal to 1"),
        ({"width": "9" * 5000}, ""),
        ({"left": "1e3"}, "whole number"),
        ({"left": "900"}, "outside the picture"),
        ({"quality": "hd"}, "quality"),
        ({"model": "none"}, "valid choice"),
    ],
)
def test_a_broken_question_is_answered_in_words(
    client_of: ClientOf, ben: User, kept_picture: Callable[..., Picture], changes: Any, words: str
) -> None:
    answer = ways(client_of(ben), kept_picture(1024, 1024), Box(100, 100, 200, 200), **changes)
    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_a_stranger_learns_nothing_about_someone_elses_picture(
    client_of: ClientOf, cleo: User, kept_picture: Callable[..., Picture]
) -> None:
    assert ways(client_of(cleo), kept_picture(1024, 1024), IN_CORNER).status_code == 404


def test_a_way_of_sending_that_does_not_exist_is_refused(
    upstream: Upstream, upload: Callable[..., Picture], edit: Callable[..., Any]
) -> None:
    assert edit(upload(photo()), mask_png(), send="half").status_code == 422
    assert not Job.objects.exists()


def test_a_tiny_mask_is_sent_once_it_was_meant(
    upstream: Upstream, upload: Callable[..., Picture], edit: Callable[..., Any]
) -> None:
    picture, dot = upload(photo()), mask_png(box=(300, 200, 309, 209))
    refused = edit(picture, dot)
    assert refused.status_code == 422
    assert "Only 100 pixels are painted" in refused.content.decode()
    assert edit(picture, dot, is_meant="on").status_code == 302


def test_only_masks_that_fit_are_offered_and_those_of_this_picture_first(
    client_of: ClientOf, ben: User, cleo: User, kept_picture: Callable[..., Picture]
) -> None:
    picture, other = kept_picture(1200, 800), kept_picture(600, 400)
    own = kept_mask(picture)
    scaled = kept_mask(other)
    unlike, foreign = kept_mask(other, size=(400, 600)), kept_mask(picture, owner=cleo)
    page = client_of(ben).get(f"/pictures/{picture.pk}/mask/").content.decode()
    assert 0 < page.index(own.url) < page.index(scaled.url)
    assert unlike.url not in page
    assert foreign.url not in page


def test_the_framing_of_an_edit_is_found_again_from_its_mask() -> None:
    painted = read_mask(mask_png(*LARGE, box=CORNER), source=LARGE)
    assert painted.box == IN_CORNER
    assert framings.framing_of(painted, is_precise=True) == precise_framing(*LARGE, IN_CORNER)
