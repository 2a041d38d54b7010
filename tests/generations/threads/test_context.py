"""What goes along with a turn, whatever came before it: bounded, the oldest left out first, no other branch."""

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
from studio.generations.models import Turn
from studio.generations.threads import context as limits
from studio.generations.threads.context import context_of
from studio.generations.threads.speeches import MOST_BYTES, said
from studio.images import ResponseRequest, Size
from studio.images.responses import MAX_DATA_URL
from studio.library import files
from studio.library.models import Mask, Picture
from studio.upstreams.models import Upstream

from .conftest import Say, last_of

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def photograph() -> bytes:
    """A 4K PNG that does not compress: 3840×2160, some 12 MB."""
    noise = random.Random(4).randbytes(3840 * 2160)
    out = io.BytesIO()
    Image.merge("RGB", [Image.frombytes("L", (3840, 2160), noise)] * 3).save(out, "PNG", compress_level=1)
    return out.getvalue()


def sent(turn: Turn, folder: Path, upstream: Upstream | None = None) -> ResponseRequest:
    fresh = Turn.objects.for_page().get(pk=turn.pk)
    return said(fresh.generation.jobs.get(), upstream=upstream, folder=folder)


def words_of(request: ResponseRequest) -> list[str]:
    return [turn.text for turn in request.turns]


def test_fifty_turns_with_4k_pictures_stay_within_bounds(
    ben: User, say: Say, photograph: bytes, tmp_path: Path, client_of: Callable[[User], Client]
) -> None:
    kept, turn = files.store(photograph), None
    for number in range(50):
        turn = say(ben, f"Change number {number}", after=turn, kept=kept)
    assert turn is not None
    last = say(ben, "And once more", after=turn, kept=kept, is_answered=False)
    request = sent(last, tmp_path)
    assert kept.byte_count > 12_000_000
    assert len(request.pictures) == 1 + limits.MOST_PICTURES
    assert request.byte_count < MOST_BYTES * 4 / 3
    assert all(picture.url_length < MAX_DATA_URL for picture in request.pictures)
    assert request.problems() == []
    assert words_of(request)[0] == f"Change number {50 - limits.MOST_TURNS}"
    assert words_of(request)[-1] == "And once more"
    assert (last.left_out_turn_count, last.left_out_picture_count) == (
        50 - limits.MOST_TURNS,
        49 - limits.MOST_PICTURES,
    )
    page = client_of(ben).get(last.thread.get_absolute_url()).content.decode()
    assert "Not sent again: the 26 oldest messages and 46 earlier pictures." in page


def test_long_words_leave_older_words_no_room(ben: User, say: Say) -> None:
    first = say(ben, "Where it began")
    second = say(ben, "x" * 31_980, after=first)
    third = say(ben, "And now", after=second, is_answered=False)
    assert [turn.generation.prompt[:1] for turn in context_of(third).past] == ["x"]
    assert third.left_out_turn_count == 1


def test_a_branch_hears_nothing_of_the_others(ben: User, say: Say, tmp_path: Path) -> None:
    first = say(ben, "A chair by a window")
    second = say(ben, "warmer light", after=first)
    third = say(ben, "no curtains", after=second)
    say(ben, "a blue chair", after=third)
    branch = say(ben, "two chairs", after=second, is_answered=False)
    request = sent(branch, tmp_path)
    assert words_of(request) == ["A chair by a window", "Here it is.", "warmer light", "Here it is.", "two chairs"]
    assert branch.generation.source == last_of(second)
    # The version it goes on from is shown with the words about it, the one before it with the answer that drew it.
    assert [len(turn.pictures) for turn in request.turns] == [0, 1, 0, 0, 1]


def test_what_broke_off_is_no_part_of_the_conversation(ben: User, say: Say, tmp_path: Path) -> None:
    first = say(ben, "A chair")
    broken = say(ben, "a red one", after=first, is_answered=False)
    Turn.objects.filter(pk=broken.pk).update(answer="I will now")
    after = say(ben, "a green one", after=broken, base=last_of(first), is_answered=False)
    assert words_of(sent(after, tmp_path)) == ["A chair", "Here it is.", "a green one"]


def test_a_discarded_picture_is_not_shown_again(ben: User, say: Say) -> None:
    first = say(ben, "A chair")
    second = say(ben, "a red one", after=first)
    Picture.objects.filter(pk=getattr(last_of(first), "pk", 0)).update(trashed_at=timezone.now())
    third = say(ben, "a green one", after=second, is_answered=False)
    assert context_of(third).shown == frozenset()
    assert [picture.pk for picture in context_of(third).own] == [getattr(last_of(second), "pk", 0)]


def test_references_follow_the_version_they_are_about(ben: User, say: Say, tmp_path: Path) -> None:
    first = say(ben, "A chair", draws=3)
    one, two, _three = Picture.objects.order_by("pk")
    second = say(ben, "like image 2", after=first, base=two, references=[two, one], is_answered=False)
    request = sent(second, tmp_path)
    assert [picture.pk for picture in context_of(second).own] == [two.pk, one.pk]
    assert len(request.turns[-1].pictures) == 2
    assert len(request.pictures) == 3


def test_under_a_mask_only_its_own_picture_goes_along(ben: User, say: Say, tmp_path: Path) -> None:
    first = say(ben, "A chair", kept=large())
    second = say(ben, "another", after=first, kept=large())
    base = last_of(second)
    assert base is not None
    masked = say(ben, "a brass lamp", after=second, mask=mask_over(base, ben), size=Size(1008, 768), is_answered=False)
    request = sent(masked, tmp_path)
    assert [len(turn.pictures) for turn in request.turns] == [0, 0, 0, 0, 1]
    assert request.action == "edit"
    assert request.mask is not None
    picture, mask = (Image.open(part.opened()) for part in (request.pictures[0], request.mask))
    # Padded to what the model draws, both alike: 1000×760 becomes 1008×768.
    assert picture.size == mask.size == (1008, 768)
    assert mask.getchannel("A").getextrema() == (0, 255)


def test_only_a_gateway_that_remembers_is_asked_to_go_on_from_its_reply(
    ben: User, say: Say, gateway: Upstream, tmp_path: Path
) -> None:
    first = say(ben, "A chair")
    Turn.objects.filter(pk=first.pk).update(response_id="resp_1", response_upstream_id=gateway.pk)
    second = say(ben, "a red one", after=first, is_answered=False)
    stateless = sent(second, tmp_path, gateway).to_wire()
    assert not {"previous_response_id", "store"} & stateless.keys()
    gateway.can_chain = True
    chained = sent(second, tmp_path, gateway)
    assert (chained.previous_response_id, chained.store) == ("resp_1", True)
    assert (words_of(chained), chained.pictures) == (["a red one"], ())
    gateway.refused_parameters = ["previous_response_id"]
    assert len(words_of(sent(second, tmp_path, gateway))) == 3


def test_a_reply_of_another_gateway_is_told_again(ben: User, say: Say, gateway: Upstream, tmp_path: Path) -> None:
    first = say(ben, "A chair")
    Turn.objects.filter(pk=first.pk).update(response_id="resp_1", response_upstream_id=gateway.pk + 1)
    second = say(ben, "a red one", after=first, is_answered=False)
    gateway.can_chain = True
    request = sent(second, tmp_path, gateway)
    assert request.previous_response_id is None
    assert len(words_of(request)) == 3


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
