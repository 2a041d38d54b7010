"""The context of a turn: bounded, the oldest turns left out first, and nothing of other branches."""

import io
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone
from PIL import Image

from studio.accounts.models import User
from studio.images import ResponseRequest, Size
from studio.images.responses import MAX_DATA_URL
from studio.library import files
from studio.library.models import Mask, Picture
from studio.threads import context as limits
from studio.threads.context import context_of
from studio.threads.models import Turn
from studio.threads.turn_request import MAX_BYTES, response_request
from studio.upstreams.models import Upstream
from tests.conversations import AddTurn, last_of

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def photograph() -> bytes:
    """A 4K PNG that does not compress: 3840×2160, some 12 MB."""
    noise = random.Random(4).randbytes(3840 * 2160)
    out = io.BytesIO()
    Image.merge("RGB", [Image.frombytes("L", (3840, 2160), noise)] * 3).save(out, "PNG", compress_level=1)
    return out.getvalue()


def sent(turn: Turn, folder: Path, upstream: Upstream | None = None) -> ResponseRequest:
    current = Turn.objects.for_page().get(pk=turn.pk)
    return response_request(current.generation.jobs.get(), current, upstream=upstream, folder=folder)


def texts_of(request: ResponseRequest) -> list[str]:
    return [turn.text for turn in request.turns]


def test_fifty_turns_with_4k_pictures_stay_within_bounds(
    ben: User, add_turn: AddTurn, photograph: bytes, tmp_path: Path, client_of: Callable[[User], Client]
) -> None:
    file, turn = files.store(photograph), None
    for number in range(50):
        turn = add_turn(ben, f"Change number {number}", after=turn, file=file)
    assert turn is not None
    last = add_turn(ben, "And once more", after=turn, file=file, is_answered=False)
    request = sent(last, tmp_path)
    assert file.byte_count > 12_000_000
    assert len(request.pictures) == 1 + limits.MAX_PICTURES
    assert request.byte_count < MAX_BYTES * 4 / 3
    assert all(picture.url_length < MAX_DATA_URL for picture in request.pictures)
    assert request.problems() == []
    assert texts_of(request)[0] == f"Change number {50 - limits.MAX_TURNS}"
    assert texts_of(request)[-1] == "And once more"
    assert (last.left_out_turn_count, last.left_out_picture_count) == (
        50 - limits.MAX_TURNS,
        49 - limits.MAX_PICTURES,
    )
    page = client_of(ben).get(last.thread.get_absolute_url()).content.decode()
    assert "Not sent again: the 26 oldest messages and 46 earlier pictures." in page


def test_long_prompts_leave_no_room_for_older_turns(ben: User, add_turn: AddTurn) -> None:
    first = add_turn(ben, "Where it began")
    second = add_turn(ben, "x" * 31_980, after=first)
    third = add_turn(ben, "And now", after=second, is_answered=False)
    assert [turn.generation.prompt[:1] for turn in context_of(third).past] == ["x"]
    assert third.left_out_turn_count == 1


def test_a_branch_does_not_get_the_context_of_others(ben: User, add_turn: AddTurn, tmp_path: Path) -> None:
    first = add_turn(ben, "A chair by a window")
    second = add_turn(ben, "warmer light", after=first)
    third = add_turn(ben, "no curtains", after=second)
    add_turn(ben, "a blue chair", after=third)
    branch = add_turn(ben, "two chairs", after=second, is_answered=False)
    request = sent(branch, tmp_path)
    assert texts_of(request) == ["A chair by a window", "Here it is.", "warmer light", "Here it is.", "two chairs"]
    assert branch.generation.source == last_of(second)
    # The version it goes on from is shown with the words about it, the one before it with the answer that drew it.
    assert [len(turn.pictures) for turn in request.turns] == [0, 1, 0, 0, 1]


def test_what_broke_off_is_no_part_of_the_conversation(ben: User, add_turn: AddTurn, tmp_path: Path) -> None:
    first = add_turn(ben, "A chair")
    broken = add_turn(ben, "a red one", after=first, is_answered=False)
    Turn.objects.filter(pk=broken.pk).update(answer="I will now")
    after = add_turn(ben, "a green one", after=broken, base=last_of(first), is_answered=False)
    assert texts_of(sent(after, tmp_path)) == ["A chair", "Here it is.", "a green one"]


def test_a_discarded_picture_is_not_shown_again(ben: User, add_turn: AddTurn) -> None:
    first = add_turn(ben, "A chair")
    second = add_turn(ben, "a red one", after=first)
    Picture.objects.filter(pk=getattr(last_of(first), "pk", 0)).update(trashed_at=timezone.now())
    third = add_turn(ben, "a green one", after=second, is_answered=False)
    assert context_of(third).shown == frozenset()
    assert [picture.pk for picture in context_of(third).own] == [getattr(last_of(second), "pk", 0)]


def test_references_follow_the_version_they_are_about(ben: User, add_turn: AddTurn, tmp_path: Path) -> None:
    first = add_turn(ben, "A chair", draws=3)
    one, two, _three = Picture.objects.order_by("pk")
    second = add_turn(ben, "like image 2", after=first, base=two, references=[two, one], is_answered=False)
    request = sent(second, tmp_path)
    assert [picture.pk for picture in context_of(second).own] == [two.pk, one.pk]
    assert len(request.turns[-1].pictures) == 2
    assert len(request.pictures) == 3


def test_under_a_mask_only_its_own_picture_goes_along(ben: User, add_turn: AddTurn, tmp_path: Path) -> None:
    first = add_turn(ben, "A chair", file=large())
    second = add_turn(ben, "another", after=first, file=large())
    base = last_of(second)
    assert base is not None
    masked = add_turn(
        ben, "a brass lamp", after=second, mask=mask_over(base, ben), size=Size(1008, 768), is_answered=False
    )
    request = sent(masked, tmp_path)
    assert [len(turn.pictures) for turn in request.turns] == [0, 0, 0, 0, 1]
    assert request.action == "edit"
    assert request.mask is not None
    picture, mask = (Image.open(part.open()) for part in (request.pictures[0], request.mask))
    # Padded to what the model draws, both alike: 1000×760 becomes 1008×768.
    assert picture.size == mask.size == (1008, 768)
    assert mask.getchannel("A").getextrema() == (0, 255)


def test_only_a_gateway_that_remembers_is_asked_to_go_on_from_its_reply(
    ben: User, add_turn: AddTurn, gateway: Upstream, tmp_path: Path
) -> None:
    first = add_turn(ben, "A chair")
    Turn.objects.filter(pk=first.pk).update(response_id="resp_1", response_upstream_id=gateway.pk)
    second = add_turn(ben, "a red one", after=first, is_answered=False)
    stateless = sent(second, tmp_path, gateway).to_wire()
    assert not {"previous_response_id", "store"} & stateless.keys()
    gateway.can_chain = True
    chained = sent(second, tmp_path, gateway)
    assert (chained.previous_response_id, chained.store) == ("resp_1", True)
    assert (texts_of(chained), chained.pictures) == (["a red one"], ())
    gateway.refused_parameters = ["previous_response_id"]
    assert len(texts_of(sent(second, tmp_path, gateway))) == 3


def test_the_conversation_is_sent_in_full_where_another_gateway_made_the_reply(
    ben: User, add_turn: AddTurn, gateway: Upstream, tmp_path: Path
) -> None:
    first = add_turn(ben, "A chair")
    Turn.objects.filter(pk=first.pk).update(response_id="resp_1", response_upstream_id=gateway.pk + 1)
    second = add_turn(ben, "a red one", after=first, is_answered=False)
    gateway.can_chain = True
    request = sent(second, tmp_path, gateway)
    assert request.previous_response_id is None
    assert len(texts_of(request)) == 3


def large() -> files.Stored:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((1000, 760)).convert("RGB").save(out, "PNG")
    return files.store(out.getvalue())


def mask_over(picture: Picture, owner: User) -> Mask:
    """A mask whose left half changes."""
    alpha = Image.new("L", (picture.width, picture.height), 255)
    alpha.paste(0, (0, 0, picture.width // 2, picture.height))
    sheet = Image.new("RGBA", alpha.size, (0, 0, 0, 255))
    sheet.putalpha(alpha)
    out = io.BytesIO()
    sheet.save(out, "PNG")
    name = default_storage.save("masks/test.png", ContentFile(out.getvalue()))
    facts = {"width": picture.width, "height": picture.height, "share": 0.5, "sha256": str(picture.pk)}
    return Mask.objects.create(owner=owner, picture=picture, file=name, **facts)
