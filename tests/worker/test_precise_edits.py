"""Precise edits: only the painted part is generated, and composited so that everything else stays unchanged."""

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
from studio.generations.models import Generation, Job
from studio.images.framing import Box, precise_framing, whole_framing
from studio.imaging.framing import framing_of
from studio.imaging.masking import read_mask
from studio.ledger.models import Entry
from studio.library.models import Mask, Picture
from studio.upstreams.models import Upstream
from studio.worker.runner import Runner
from tests.running import wait_for_jobs
from tests.sandbox.conftest import Running

from .test_edits import changed_outside, edit, mask_png, opened, photo, upload

__all__ = ["edit", "upload"]

pytestmark = pytest.mark.usefixtures("transactional_db")

ClientOf = Callable[[User], Client]

LARGE = (4000, 2600)
CORNER = (3500, 2200, 3899, 2499)  # left, top, right, bottom; it touches no edge, but its context would
IN_CORNER = Box(3500, 2200, 400, 300)


def enlarged(width: int, height: int) -> bytes:
    """A large picture that is quick to encode: each pixel of a small one repeated."""
    small, out = Image.open(io.BytesIO(photo(width // 8, height // 8))), io.BytesIO()
    small.resize((width, height), Image.Resampling.NEAREST).save(out, "PNG", compress_level=1)
    return out.getvalue()


@pytest.fixture
def picture_row(ben: User) -> Callable[..., Picture]:
    """The row of a picture without its file, enough for sizes and prices."""

    def picture_row(width: int, height: int, owner: User = ben) -> Picture:
        facts = {"file": "none.png", "sha256": "0" * 64, "byte_count": 1, "format": "png"}
        return Picture.objects.create(owner=owner, kind="uploaded", width=width, height=height, **facts)

    return picture_row


def mask_row(picture: Picture, *, size: tuple[int, int] | None = None, owner: User | None = None) -> Mask:
    width, height = size or (picture.width, picture.height)
    facts = {"width": width, "height": height, "share": 0.1, "file": "none.png", "sha256": uuid.uuid4().hex}
    return Mask.objects.create(owner=owner or picture.owner, picture=picture, **facts)


def get_framings(client: Client, picture: Picture, box: Box, **fields: Any) -> Any:
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
    assert generation.request.size == framing.requested

    [job] = wait_for_jobs(generation)
    picture = Picture.objects.get(result__job=job)
    assert (picture.lock_verdict, picture.size) == ("locked", "4000x2600")
    before, after = opened(source.file), opened(picture.file)
    assert changed_outside(before, after, CORNER) == 0
    assert before.crop(CORNER).tobytes() != after.crop(CORNER).tobytes()
    assert opened(picture.raw_file).size == framing.requested.edges
    line = sandbox.wait_for_line(endpoint="edits", size=str(framing.requested))
    assert [sent["size"] for sent in line["images"]] == [str(framing.requested)]
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


def test_the_same_token_with_another_framing_is_another_request(
    upstream: Upstream, upload: Callable[..., Picture], edit: Callable[..., Any]
) -> None:
    source, token = upload(photo()), str(uuid.uuid4())
    assert edit(source, mask_png(), token=token).status_code == 302
    assert edit(source, mask_png(), token=token, send="precise").status_code == 409
    assert Generation.objects.count() == 1


def test_both_framings_have_their_sizes_and_prices(
    client_of: ClientOf, ben: User, picture_row: Callable[..., Picture]
) -> None:
    answer = get_framings(client_of(ben), picture_row(*LARGE), IN_CORNER, quality="high").json()
    assert (answer["is_proposed"], answer["reason"]) == (False, "")
    expected = {"whole": whole_framing(*LARGE), "precise": precise_framing(*LARGE, IN_CORNER)}
    for name, framing in expected.items():
        assert framing is not None
        framing_data = answer[name]
        drawn = images.output_tokens(framing_data["width"], framing_data["height"], "high") * Decimal("0.00003")
        sent = images.image_tokens(framing_data["width"], framing_data["height"]) * Decimal("0.000008")
        assert framing_data["size"] == str(framing.requested)
        assert framing_data["input_tokens"] == images.image_tokens(framing_data["width"], framing_data["height"])
        assert {Decimal(framing_data["price"][name]) for name in ("low", "high", "expected")} == {drawn + sent}
    assert answer["precise"]["scale"] >= 1 > answer["whole"]["scale"]


def test_an_open_quality_is_priced_as_a_range(
    client_of: ClientOf, ben: User, picture_row: Callable[..., Picture]
) -> None:
    picture = picture_row(1024, 1024)
    price = get_framings(client_of(ben), picture, Box(100, 100, 200, 200), quality="auto").json()["whole"]["price"]
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
def test_a_precise_framing_is_proposed_with_a_reason_where_the_whole_would_lose_detail(
    client_of: ClientOf,
    ben: User,
    picture_row: Callable[..., Picture],
    size: tuple[int, int],
    box: Box,
    words: str,
) -> None:
    answer = get_framings(client_of(ben), picture_row(*size), box).json()
    assert answer["is_proposed"] is bool(words)
    assert words in answer["reason"]


def test_where_no_part_can_be_cut_out_the_whole_is_all_there_is(
    upstream: Upstream, upload: Callable[..., Picture], edit: Callable[..., Any], client_of: ClientOf, ben: User
) -> None:
    picture = upload(photo())
    assert get_framings(client_of(ben), picture, Box(0, 0, 1024, 768)).json()["precise"] is not None
    strip = upload(photo(1024, 300))
    assert get_framings(client_of(ben), strip, Box(0, 0, 1024, 300)).json()["precise"] is None
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
def test_an_invalid_box_gets_a_sentence(
    client_of: ClientOf, ben: User, picture_row: Callable[..., Picture], changes: Any, words: str
) -> None:
    answer = get_framings(client_of(ben), picture_row(1024, 1024), Box(100, 100, 200, 200), **changes)
    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_a_stranger_learns_nothing_about_someone_elses_picture(
    client_of: ClientOf, cleo: User, picture_row: Callable[..., Picture]
) -> None:
    assert get_framings(client_of(cleo), picture_row(1024, 1024), IN_CORNER).status_code == 404


def test_a_way_of_sending_that_does_not_exist_is_refused(
    upstream: Upstream, upload: Callable[..., Picture], edit: Callable[..., Any]
) -> None:
    assert edit(upload(photo()), mask_png(), send="half").status_code == 422
    assert not Job.objects.exists()


def test_a_tiny_mask_is_sent_after_confirmation(
    upstream: Upstream, upload: Callable[..., Picture], edit: Callable[..., Any]
) -> None:
    picture, dot = upload(photo()), mask_png(box=(300, 200, 309, 209))
    refused = edit(picture, dot)
    assert refused.status_code == 422
    assert "Only 100 pixels are painted" in refused.content.decode()
    assert edit(picture, dot, is_confirmed="on").status_code == 302


def test_only_masks_that_fit_are_offered_and_those_of_this_picture_first(
    client_of: ClientOf, ben: User, cleo: User, picture_row: Callable[..., Picture]
) -> None:
    picture, other = picture_row(1200, 800), picture_row(600, 400)
    own = mask_row(picture)
    scaled = mask_row(other)
    unlike, foreign = mask_row(other, size=(400, 600)), mask_row(picture, owner=cleo)
    page = client_of(ben).get(f"/pictures/{picture.pk}/mask/").content.decode()
    assert 0 < page.index(own.url) < page.index(scaled.url)
    assert unlike.url not in page
    assert foreign.url not in page


def test_the_framing_of_an_edit_is_found_again_from_its_mask() -> None:
    painted = read_mask(mask_png(*LARGE, box=CORNER), source=LARGE)
    assert painted.box == IN_CORNER
    assert framing_of(painted, is_precise=True) == precise_framing(*LARGE, IN_CORNER)
