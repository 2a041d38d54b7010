"""Threads as pages: begun, answered, branched, renamed, found, thrown away; and nobody else's."""

import re
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from studio.accounts.models import User
from studio.generations.models import Generation, Job, Thread, Turn
from studio.generations.threads.showing import shown_alone
from studio.images import ImageRequest, Size, ceiling
from studio.ledger.models import Budget, Entry
from studio.library.models import Picture
from studio.upstreams.models import Upstream

from .conftest import Say, last_of, posted, stored
from .test_context import mask_over

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


@pytest.fixture
def picture(ben: User) -> Picture:
    return Picture.objects.create(owner=ben, prompt="A chair by a window", **stored().fields())


def test_first_words_begin_a_thread_and_name_it(gateway: Upstream, ben: User, client_of: ClientOf) -> None:
    answer = client_of(ben).post("/threads/", posted(prompt="A red boat\nin the fog"))
    thread = Thread.objects.get()
    assert answer.url == f"/threads/{thread.pk}/"
    turn = thread.turns.get()
    assert (thread.title, thread.root, turn.parent) == ("A red boat in the fog", None, None)
    assert (turn.main_model, turn.is_forced) == ("gpt-5.5", False)
    job = turn.generation.jobs.get()
    assert (job.state, job.main_model, job.model) == ("queued", "gpt-5.5", "gpt-image-2")


def test_words_and_picture_are_both_reserved(gateway: Upstream, ben: User, client_of: ClientOf) -> None:
    client_of(ben).post("/threads/", posted())
    turn = Turn.objects.get()
    held = Entry.objects.get(verb="reserve").amount
    assert turn.text_ceiling > 0
    assert held > turn.text_ceiling


def test_a_thread_about_a_picture_begins_with_it_as_version_1(
    gateway: Upstream, ben: User, picture: Picture, client_of: ClientOf
) -> None:
    client = client_of(ben)
    page = client.get(f"/threads/new/?picture={picture.pk}").content.decode()
    assert "Version 1" in page
    assert "Goes on from version 1" in page
    client.post("/threads/", posted(prompt="warmer light", base=picture.pk))
    thread = Thread.objects.get()
    assert thread.root == picture
    assert thread.turns.get().generation.source == picture


def test_refine_leads_to_the_conversation_a_picture_is_part_of(
    ben: User, picture: Picture, say: Say, client_of: ClientOf
) -> None:
    client = client_of(ben)
    assert f'href="/threads/new/?picture={picture.pk}"' in client.get(picture.get_absolute_url()).content.decode()
    turn = say(ben, "warmer light", base=picture)
    drawn = last_of(turn)
    assert drawn is not None
    for shown in (picture, drawn):
        page = client.get(shown.get_absolute_url()).content.decode()
        assert f'href="/threads/{turn.thread_id}/?from={shown.pk}"' in page


def test_an_answer_by_htmx_brings_the_turn_a_token_and_the_place_after_it(
    ben: User, say: Say, client_of: ClientOf
) -> None:
    first = say(ben)
    fields = posted(prompt="no fog", parent=first.pk, base=getattr(last_of(first), "pk", ""))
    answer = client_of(ben).post(f"/threads/{first.thread_id}/turns/", fields, headers={"HX-Request": "true"})
    body = answer.content.decode()
    turn = Turn.objects.order_by("pk").last()
    assert turn is not None
    assert f'id="turn-{turn.pk}"' in body
    assert fields["token"] not in body
    assert re.search(r'id="base"[^>]* data-waiting', body)


def test_the_same_token_twice_is_one_turn_of_one_thread(gateway: Upstream, ben: User, client_of: ClientOf) -> None:
    client, fields = client_of(ben), posted()
    assert client.post("/threads/", fields).url == client.post("/threads/", fields).url
    assert (Thread.objects.count(), Turn.objects.count()) == (1, 1)


def test_the_same_token_with_other_words_is_refused_and_everything_typed_stays(
    gateway: Upstream, ben: User, client_of: ClientOf
) -> None:
    client, fields = client_of(ben), posted()
    client.post("/threads/", fields)
    answer = client.post("/threads/", fields | {"prompt": "A blue boat"})
    assert answer.status_code == 409
    assert "A blue boat</textarea>" in answer.content.decode()
    assert Turn.objects.count() == 1


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("gpt-image-2", "gpt-image-2 draws pictures and cannot lead a conversation"),
        ("gpt-image-2.5-flare", "draws pictures and cannot lead a conversation"),
        ("gpt-9", "gpt-9 is not one of the studio&#x27;s main models"),
    ],
)
def test_a_model_that_cannot_lead_is_refused_with_a_sentence(
    gateway: Upstream, ben: User, client_of: ClientOf, model: str, sentence: str
) -> None:
    answer = client_of(ben).post("/threads/", posted(main_model=model))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Generation.objects.exists()


def test_a_main_model_that_no_gateway_offers_is_said_so(gateway: Upstream, ben: User, client_of: ClientOf) -> None:
    Upstream.objects.update(main_models=["gpt-5.4"])
    page = client_of(ben).get("/threads/new/").content.decode()
    assert 'value="gpt-5.4"' in page
    assert 'value="gpt-5.5"' not in page
    answer = client_of(ben).post("/threads/", posted())
    assert "No gateway of this studio offers gpt-5.5 at the moment." in answer.content.decode()


def test_without_a_gateway_that_converses_the_page_says_so(gateway: Upstream, ben: User, client_of: ClientOf) -> None:
    Upstream.objects.update(can_respond=False)
    page = client_of(ben).get("/threads/new/").content.decode()
    assert "No gateway of this studio can hold a conversation" in page
    assert "<turn-form" not in page
    assert "Plan first" not in client_of(ben).get("/").content.decode()


def test_words_sent_where_no_gateway_converses_any_more_stay_in_the_box(
    gateway: Upstream, ben: User, client_of: ClientOf
) -> None:
    Upstream.objects.update(can_respond=False)
    answer = client_of(ben).post("/threads/", posted(prompt="A harbour nobody saw"))
    assert answer.status_code == 422
    assert "No gateway of this studio offers gpt-5.5 at the moment." in answer.content.decode()
    assert ">A harbour nobody saw</textarea>" in answer.content.decode()


def test_while_trouble_keeps_every_gateway_off_words_are_taken_and_wait(
    gateway: Upstream, ben: User, client_of: ClientOf
) -> None:
    gateway.switch_off(reason="key_refused")
    answer = client_of(ben).post("/threads/", posted())
    assert answer.status_code == 302
    assert Job.objects.get().state == Job.State.QUEUED
    Upstream.objects.update(disabled_reason="")  # an admin did
    assert client_of(ben).post("/threads/", posted()).status_code == 422


def test_nothing_is_said_after_an_answer_that_is_still_on_its_way(ben: User, say: Say, client_of: ClientOf) -> None:
    first = say(ben, is_answered=False)
    answer = client_of(ben).post(f"/threads/{first.thread_id}/turns/", posted(parent=first.pk))
    assert answer.status_code == 422
    assert "still on its way" in answer.content.decode()


@pytest.mark.parametrize("field", ["parent", "base", "mask"])
@pytest.mark.parametrize("value", ["999999", "x", "1" * 30, "-1", "٣"])
def test_a_place_that_does_not_exist_is_refused(
    ben: User, say: Say, client_of: ClientOf, field: str, value: str
) -> None:
    first = say(ben)
    answer = client_of(ben).post(f"/threads/{first.thread_id}/turns/", posted(**{field: value}))
    assert answer.status_code == 422
    assert Turn.objects.count() == 1


def test_a_version_of_another_thread_is_no_base_here(ben: User, say: Say, client_of: ClientOf) -> None:
    here, elsewhere = say(ben), say(ben, "Another")
    foreign = last_of(elsewhere)
    assert foreign is not None
    answer = client_of(ben).post(f"/threads/{here.thread_id}/turns/", posted(base=foreign.pk))
    assert answer.status_code == 422
    assert client_of(ben).get(f"/threads/{here.thread_id}/?from={foreign.pk}").status_code == 404


def test_a_stranger_finds_no_thread_and_says_nothing_in_it(
    ben: User, cleo: User, say: Say, client_of: ClientOf
) -> None:
    turn, stranger = say(ben, "A secret boat"), client_of(cleo)
    drawn = last_of(turn)
    assert drawn is not None
    place = f"/threads/{turn.thread_id}/"
    assert stranger.get(place).status_code == 404
    for name in ("turns", "title", "trashing", "restoration"):
        assert stranger.post(f"{place}{name}/", posted()).status_code == 404
    assert stranger.get(f"{place}mask/{drawn.pk}/").status_code == 404
    assert stranger.get(f"/threads/new/?picture={drawn.pk}").status_code == 404
    assert stranger.post("/threads/", posted(base=drawn.pk)).status_code == 422
    assert "secret" not in stranger.get("/threads/?q=secret").content.decode().replace('value="secret"', "").replace(
        "words: secret", ""
    )


def test_a_branch_is_marked_and_drawn_as_one(ben: User, say: Say, client_of: ClientOf) -> None:
    first = say(ben, "A chair")
    second = say(ben, "warmer light", after=first)
    say(ben, "no curtains", after=second)
    branch = say(ben, "two chairs", after=first)
    page = client_of(ben).get(branch.thread.get_absolute_url()).content.decode()
    tree = re.findall(r'data-depth="(\d)"( data-branch)?.*?<b data-number="(\d)"', page, re.DOTALL)
    assert [(number, depth, bool(mark)) for depth, mark, number in tree] == [
        ("1", "0", False),
        ("4", "1", True),
        ("2", "0", False),
        ("3", "0", False),
    ]
    assert page.count("from version 1") >= 1


def test_a_place_under_a_mask_says_what_goes_along(ben: User, say: Say, client_of: ClientOf) -> None:
    turn = say(ben)
    base = last_of(turn)
    assert base is not None
    mask = mask_over(base, ben)
    client = client_of(ben)
    page = client.get(f"/threads/{turn.thread_id}/?from={base.pk}&mask={mask.pk}").content.decode()
    assert f'name="mask" value="{mask.pk}"' in page
    assert "only this version goes along" in page
    client.post(f"/threads/{turn.thread_id}/turns/", posted(parent=turn.pk, base=base.pk, mask=mask.pk, size="auto"))
    edit = Generation.objects.order_by("-pk")[0]
    assert (edit.kind, edit.mask, edit.source, edit.is_locked) == ("refine", mask, base, True)


def test_a_mask_of_another_version_is_refused(ben: User, say: Say, client_of: ClientOf) -> None:
    first = say(ben)
    second = say(ben, "warmer", after=first)
    one, two = last_of(first), last_of(second)
    assert one is not None
    assert two is not None
    fields = posted(parent=second.pk, base=two.pk, mask=mask_over(one, ben).pk)
    answer = client_of(ben).post(f"/threads/{first.thread_id}/turns/", fields)
    assert "The mask belongs to another version" in answer.content.decode()


def test_words_of_both_sides_and_titles_are_found(ben: User, say: Say, client_of: ClientOf) -> None:
    say(ben, "A lighthouse", answer="Fog rolls in from the sea.")
    declined = say(ben, "A teapot", answer="", draws=0)
    Turn.objects.filter(pk=declined.pk).update(refusal="I would rather not pour.")
    client = client_of(ben)
    for words, found in {
        "teapot": 1,
        "rather pour": 1,
        "fog SEA": 1,
        "light": 1,
        "fog teapot": 0,
        "": 2,
        "100%": 0,
    }.items():
        page = client.get("/threads/", {"q": words}).content.decode()
        assert page.count('class="thread-card"') == found, words


def test_a_thread_is_renamed_thrown_away_and_taken_back(ben: User, say: Say, client_of: ClientOf) -> None:
    turn, client = say(ben, "A teapot"), client_of(ben)
    place = f"/threads/{turn.thread_id}/"
    client.post(f"{place}title/", {"title": "  The   tea pot "})
    assert Thread.objects.get().title == "The tea pot"
    client.post(f"{place}title/", {"title": "   "})
    assert Thread.objects.get().title == "The tea pot"
    assert client.post(f"{place}trashing/").url == "/threads/"
    assert 'class="thread-card"' not in client.get("/threads/").content.decode()
    assert 'class="thread-card"' in client.get("/threads/?trash=1").content.decode()
    assert client.post(f"{place}turns/", posted(parent=turn.pk)).status_code == 404
    assert "lies in the trash" in client.get(place).content.decode()
    client.post(f"{place}restoration/")
    assert 'class="thread-card"' in client.get("/threads/").content.decode()


def test_what_a_thread_says_is_not_in_the_feed_of_create(ben: User, say: Say, client_of: ClientOf) -> None:
    say(ben, "A teapot in a thread")
    page = client_of(ben).get("/").content.decode()
    assert 'class="generation-prompt"' not in page
    assert 'alt="A teapot in a thread"' in page[page.index('id="away"') :]


def test_each_turn_shows_words_and_picture_apart(ben: User, say: Say, client_of: ClientOf) -> None:
    turn = say(ben)
    say(ben, "What do you think of it?", after=turn, draws=0, answer="It is calm.")
    page = client_of(ben).get(turn.thread.get_absolute_url()).content.decode()
    assert "picture <b>$0.0060</b>" in page
    assert page.count("words <b>$0.0040</b>") == 2
    assert "answered in words, nothing was drawn" in page
    assert "<dt>Pictures</dt><dd>$0.0060</dd>" in page
    assert "<b>$0.0140</b>" in page


def test_a_budget_that_words_and_picture_do_not_fit_into_refuses_the_turn_and_keeps_the_words(
    gateway: Upstream, ben: User, client_of: ClientOf
) -> None:
    wish = ImageRequest(prompt="A red boat", size=Size(1024, 1024), quality="low")
    Budget.objects.create(scope="person", person=ben, month_limit=ceiling(wish) + Decimal("0.001"))
    answer = client_of(ben).post("/threads/", posted(prompt="A red boat"))
    assert answer.status_code == 422
    assert "budget" in answer.content.decode()
    assert ">A red boat</textarea>" in answer.content.decode()
    assert [rows.objects.count() for rows in (Thread, Turn, Entry)] == [0, 0, 0]


def test_a_long_thread_asks_the_database_no_more_often_than_a_short_one(
    ben: User, say: Say, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    client, turn = client_of(ben), say(ben)
    client.get(turn.thread.get_absolute_url())  # what is asked once and remembered
    with CaptureQueriesContext(connection) as short:
        client.get(turn.thread.get_absolute_url())
    for number in range(12):
        turn = say(ben, f"Change {number}", after=turn, references=[last_of(turn)])
    with django_assert_max_num_queries(len(short) + 6):
        page = client.get(turn.thread.get_absolute_url()).content.decode()
    assert page.count('class="turn"') == 13


def test_an_answer_that_came_while_its_page_was_read_is_shown_whole(ben: User, say: Say) -> None:
    say(ben, answer="I will")
    turn = Turn.objects.for_page().get()
    Turn.objects.update(answer="I will draw a boat.", text_price="0.0123")
    assert (shown_alone(turn).turn.answer, turn.text_price) == ("I will draw a boat.", Decimal("0.0123"))


def test_a_refusal_is_shown_as_one(ben: User, say: Say, client_of: ClientOf) -> None:
    turn = say(ben, draws=0, answer="")
    Turn.objects.filter(pk=turn.pk).update(refusal="I cannot draw that person.")
    page = client_of(ben).get(turn.thread.get_absolute_url()).content.decode()
    assert "The model declines." in page
    assert "I cannot draw that person." in page


def test_a_wish_is_not_filed_twice_for_a_form_without_a_token(
    gateway: Upstream, ben: User, client_of: ClientOf
) -> None:
    answer = client_of(ben).post("/threads/", posted(token="nonsense"))
    assert answer.status_code == 422
    assert not Turn.objects.exists()


def test_an_unanswered_turn_is_gone_on_from_where_it_stood(ben: User, say: Say, client_of: ClientOf) -> None:
    first = say(ben)
    broken = say(ben, "warmer", after=first, is_answered=False)
    Job.objects.filter(generation=broken.generation).update(
        state="failed", charge="maybe", error_kind="connection_cut", finished_at=timezone.now()
    )
    page = client_of(ben).get(first.thread.get_absolute_url()).content.decode()
    assert f'name="parent" value="{first.pk}"' in page
    assert uuid.UUID(re.findall(r'name="token" value="([^"]+)"', page)[0])
