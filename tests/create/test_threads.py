"""The pages of threads: starting, answering, branching, renaming, searching, trashing, and access."""

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
from studio.create.turn_presenter import present_turn
from studio.generations.models import Attempt, Generation, Job
from studio.images import ImageRequest, Size, ceiling
from studio.ledger.models import Budget, Entry
from studio.library.models import Picture
from studio.threads.models import Thread, Turn
from studio.upstreams.models import Upstream
from tests.conversations import AddTurn, last_of, store_picture, turn_form
from tests.create.test_waiting import run as call
from tests.threads.test_context import mask_over

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


@pytest.fixture
def picture(ben: User) -> Picture:
    return Picture.objects.create(owner=ben, prompt="A chair by a window", **store_picture().fields())


def test_the_first_turn_starts_a_thread_and_gives_it_a_title(gateway: Upstream, ben: User, client_of: ClientOf) -> None:
    answer = client_of(ben).post("/threads/", turn_form(prompt="A red boat\nin the fog"))
    thread = Thread.objects.get()
    assert answer.url == f"/threads/{thread.pk}/"
    turn = thread.turns.get()
    assert (thread.title, thread.root, turn.parent) == ("A red boat in the fog", None, None)
    assert (turn.main_model, turn.is_forced) == ("gpt-5.5", False)
    job = turn.generation.jobs.get()
    assert (job.state, job.main_model, job.model) == ("queued", "gpt-5.5", "gpt-image-2")


def test_text_and_picture_are_both_reserved(gateway: Upstream, ben: User, client_of: ClientOf) -> None:
    client_of(ben).post("/threads/", turn_form())
    turn = Turn.objects.get()
    held = Entry.objects.get(verb="reserve").amount
    assert turn.generation.text_ceiling > 0
    assert held > turn.generation.text_ceiling


def test_a_thread_about_a_picture_begins_with_it_as_version_1(
    gateway: Upstream, ben: User, picture: Picture, client_of: ClientOf
) -> None:
    client = client_of(ben)
    page = client.get(f"/threads/new/?picture={picture.pk}").content.decode()
    assert "Version 1" in page
    assert "Continues from version 1" in page
    client.post("/threads/", turn_form(prompt="warmer light", base=picture.pk))
    thread = Thread.objects.get()
    assert thread.root == picture
    assert thread.turns.get().generation.source == picture


def test_a_thread_is_named_after_its_picture_until_it_is_renamed(
    gateway: Upstream, ben: User, picture: Picture, client_of: ClientOf
) -> None:
    client = client_of(ben)
    client.post("/threads/", turn_form(prompt="warmer light", base=picture.pk))
    thread = Thread.objects.get()
    assert thread.title == "A chair by a window"
    client.post(f"/threads/{thread.pk}/turns/", turn_form(prompt="and a cushion"))
    client.post(f"/threads/{thread.pk}/title/", {"title": "The reading corner"})
    thread.refresh_from_db()
    assert thread.title == "The reading corner"


def test_a_thread_about_an_upload_is_named_by_its_number(gateway: Upstream, ben: User, client_of: ClientOf) -> None:
    upload = Picture.objects.create(owner=ben, kind="uploaded", **store_picture().fields())
    client_of(ben).post("/threads/", turn_form(prompt="warmer light", base=upload.pk))
    assert Thread.objects.get().title == f"Picture {upload.pk}"


def test_a_thread_leads_to_the_comparison_of_two_versions(
    ben: User, picture: Picture, add_turn: AddTurn, client_of: ClientOf
) -> None:
    client = client_of(ben)
    turn = add_turn(ben, "warmer light", base=picture)
    drawn = last_of(turn)
    assert drawn is not None
    page = client.get(f"/threads/{turn.thread_id}/").content.decode()
    address = f"/comparison/?picture={picture.pk}&amp;picture={drawn.pk}"
    assert page.count(f'href="{address}"') == 2  # at the turn, and under the versions


def test_a_turn_under_way_says_how_long_such_turns_take(
    ben: User, picture: Picture, add_turn: AddTurn, client_of: ClientOf
) -> None:
    earlier = add_turn(ben, "warmer light", base=picture)
    job = earlier.generation.jobs.get()
    Attempt.objects.filter(job=job).delete()
    call(job, seconds_ago=60, latency=42)
    later = add_turn(ben, "cooler light", after=earlier, is_answered=False)
    job = later.generation.jobs.get()
    job.attempts.all().delete()
    call(job, seconds_ago=8)
    page = client_of(ben).get(f"/threads/{later.thread_id}/").content.decode()
    assert re.search(r"thinking</span>\s*<elapsed-time[^>]*data-expected=\"42\"", page)
    assert "of about 42 s" in page


def test_refine_leads_to_the_conversation_a_picture_is_part_of(
    ben: User, picture: Picture, add_turn: AddTurn, client_of: ClientOf
) -> None:
    client = client_of(ben)
    assert f'href="/threads/new/?picture={picture.pk}"' in client.get(picture.get_absolute_url()).content.decode()
    turn = add_turn(ben, "warmer light", base=picture)
    drawn = last_of(turn)
    assert drawn is not None
    for shown in (picture, drawn):
        page = client.get(shown.get_absolute_url()).content.decode()
        assert f'href="/threads/{turn.thread_id}/?from={shown.pk}"' in page


def test_the_htmx_response_to_a_turn_has_a_new_token_and_the_next_position(
    ben: User, add_turn: AddTurn, client_of: ClientOf
) -> None:
    first = add_turn(ben)
    fields = turn_form(prompt="no fog", parent=first.pk, base=getattr(last_of(first), "pk", ""))
    answer = client_of(ben).post(f"/threads/{first.thread_id}/turns/", fields, headers={"HX-Request": "true"})
    body = answer.content.decode()
    turn = Turn.objects.order_by("pk").last()
    assert turn is not None
    assert f'id="turn-{turn.pk}"' in body
    assert fields["token"] not in body
    assert re.search(r'id="base"[^>]* data-waiting', body)


def test_the_same_token_twice_is_one_turn_of_one_thread(gateway: Upstream, ben: User, client_of: ClientOf) -> None:
    client, fields = client_of(ben), turn_form()
    assert client.post("/threads/", fields).url == client.post("/threads/", fields).url
    assert (Thread.objects.count(), Turn.objects.count()) == (1, 1)


def test_the_same_token_with_another_prompt_is_refused_and_everything_typed_stays(
    gateway: Upstream, ben: User, client_of: ClientOf
) -> None:
    client, fields = client_of(ben), turn_form()
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
    answer = client_of(ben).post("/threads/", turn_form(main_model=model))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Generation.objects.exists()


def test_a_main_model_that_no_gateway_offers_is_refused(gateway: Upstream, ben: User, client_of: ClientOf) -> None:
    Upstream.objects.update(main_models=["gpt-5.4"])
    page = client_of(ben).get("/threads/new/").content.decode()
    assert 'value="gpt-5.4"' in page
    assert 'value="gpt-5.5"' not in page
    answer = client_of(ben).post("/threads/", turn_form())
    assert "No gateway of this studio offers gpt-5.5 at the moment." in answer.content.decode()


def test_the_page_says_so_where_no_gateway_can_hold_a_conversation(
    gateway: Upstream, ben: User, client_of: ClientOf
) -> None:
    Upstream.objects.update(can_respond=False)
    page = client_of(ben).get("/threads/new/").content.decode()
    assert "No gateway supports conversations right now" in page
    assert "<turn-form" not in page
    assert "Plan first" not in client_of(ben).get("/").content.decode()


def test_a_prompt_stays_in_the_form_where_no_gateway_offers_the_main_model_any_more(
    gateway: Upstream, ben: User, client_of: ClientOf
) -> None:
    Upstream.objects.update(can_respond=False)
    answer = client_of(ben).post("/threads/", turn_form(prompt="A harbour nobody saw"))
    assert answer.status_code == 422
    assert "No gateway of this studio offers gpt-5.5 at the moment." in answer.content.decode()
    assert ">A harbour nobody saw</textarea>" in answer.content.decode()


def test_a_turn_is_queued_while_every_gateway_is_switched_off(
    gateway: Upstream, ben: User, client_of: ClientOf
) -> None:
    gateway.switch_off(reason="key_refused")
    answer = client_of(ben).post("/threads/", turn_form())
    assert answer.status_code == 302
    assert Job.objects.get().state == Job.State.QUEUED
    Upstream.objects.update(disabled_reason="")  # an admin did
    assert client_of(ben).post("/threads/", turn_form()).status_code == 422


def test_no_turn_follows_one_that_is_still_running(ben: User, add_turn: AddTurn, client_of: ClientOf) -> None:
    first = add_turn(ben, is_answered=False)
    answer = client_of(ben).post(f"/threads/{first.thread_id}/turns/", turn_form(parent=first.pk))
    assert answer.status_code == 422
    assert "still on its way" in answer.content.decode()


@pytest.mark.parametrize("field", ["parent", "base", "mask"])
@pytest.mark.parametrize("value", ["999999", "x", "1" * 30, "-1", "٣"])
def test_a_position_that_does_not_exist_is_refused(
    ben: User, add_turn: AddTurn, client_of: ClientOf, field: str, value: str
) -> None:
    first = add_turn(ben)
    answer = client_of(ben).post(f"/threads/{first.thread_id}/turns/", turn_form(**{field: value}))
    assert answer.status_code == 422
    assert Turn.objects.count() == 1


def test_a_version_of_another_thread_is_no_base_here(ben: User, add_turn: AddTurn, client_of: ClientOf) -> None:
    here, elsewhere = add_turn(ben), add_turn(ben, "Another")
    foreign = last_of(elsewhere)
    assert foreign is not None
    answer = client_of(ben).post(f"/threads/{here.thread_id}/turns/", turn_form(base=foreign.pk))
    assert answer.status_code == 422
    assert client_of(ben).get(f"/threads/{here.thread_id}/?from={foreign.pk}").status_code == 404


def test_a_stranger_can_neither_open_nor_answer_in_someone_elses_thread(
    ben: User, cleo: User, add_turn: AddTurn, client_of: ClientOf
) -> None:
    turn, stranger = add_turn(ben, "A secret boat"), client_of(cleo)
    drawn = last_of(turn)
    assert drawn is not None
    place = f"/threads/{turn.thread_id}/"
    assert stranger.get(place).status_code == 404
    for name in ("turns", "title", "trashing", "restoration"):
        assert stranger.post(f"{place}{name}/", turn_form()).status_code == 404
    assert stranger.get(f"{place}mask/{drawn.pk}/").status_code == 404
    assert stranger.get(f"/threads/new/?picture={drawn.pk}").status_code == 404
    assert stranger.post("/threads/", turn_form(base=drawn.pk)).status_code == 422
    assert "secret" not in stranger.get("/threads/?q=secret").content.decode().replace('value="secret"', "").replace(
        "words: secret", ""
    )


def test_a_branch_is_marked_and_shown_as_one(ben: User, add_turn: AddTurn, client_of: ClientOf) -> None:
    first = add_turn(ben, "A chair")
    second = add_turn(ben, "warmer light", after=first)
    add_turn(ben, "no curtains", after=second)
    branch = add_turn(ben, "two chairs", after=first)
    page = client_of(ben).get(branch.thread.get_absolute_url()).content.decode()
    tree = re.findall(r'data-depth="(\d)"( data-branch)?.*?<b data-number="(\d)"', page, re.DOTALL)
    assert [(number, depth, bool(mark)) for depth, mark, number in tree] == [
        ("1", "0", False),
        ("4", "1", True),
        ("2", "0", False),
        ("3", "0", False),
    ]
    assert page.count("from version 1") >= 1


def test_a_position_with_a_mask_shows_what_is_sent(ben: User, add_turn: AddTurn, client_of: ClientOf) -> None:
    turn = add_turn(ben)
    base = last_of(turn)
    assert base is not None
    mask = mask_over(base, ben)
    client = client_of(ben)
    page = client.get(f"/threads/{turn.thread_id}/?from={base.pk}&mask={mask.pk}").content.decode()
    assert f'name="mask" value="{mask.pk}"' in page
    assert "only this version is sent" in page
    client.post(f"/threads/{turn.thread_id}/turns/", turn_form(parent=turn.pk, base=base.pk, mask=mask.pk, size="auto"))
    edit = Generation.objects.order_by("-pk")[0]
    assert (edit.kind, edit.mask, edit.source, edit.is_locked) == ("refine", mask, base, True)


def test_a_mask_of_another_version_is_refused(ben: User, add_turn: AddTurn, client_of: ClientOf) -> None:
    first = add_turn(ben)
    second = add_turn(ben, "warmer", after=first)
    one, two = last_of(first), last_of(second)
    assert one is not None
    assert two is not None
    fields = turn_form(parent=second.pk, base=two.pk, mask=mask_over(one, ben).pk)
    answer = client_of(ben).post(f"/threads/{first.thread_id}/turns/", fields)
    assert "The mask belongs to another version" in answer.content.decode()


def test_a_search_finds_titles_prompts_and_replies(ben: User, add_turn: AddTurn, client_of: ClientOf) -> None:
    add_turn(ben, "A lighthouse", answer="Fog rolls in from the sea.")
    declined = add_turn(ben, "A teapot", answer="", draws=0)
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


def test_a_thread_is_renamed_thrown_away_and_taken_back(ben: User, add_turn: AddTurn, client_of: ClientOf) -> None:
    turn, client = add_turn(ben, "A teapot"), client_of(ben)
    place = f"/threads/{turn.thread_id}/"
    client.post(f"{place}title/", {"title": "  The   tea pot "})
    assert Thread.objects.get().title == "The tea pot"
    client.post(f"{place}title/", {"title": "   "})
    assert Thread.objects.get().title == "The tea pot"
    assert client.post(f"{place}trashing/").url == "/threads/"
    assert 'class="thread-card"' not in client.get("/threads/").content.decode()
    assert 'class="thread-card"' in client.get("/threads/?trash=1").content.decode()
    assert client.post(f"{place}turns/", turn_form(parent=turn.pk)).status_code == 404
    assert "is in the trash" in client.get(place).content.decode()
    client.post(f"{place}restoration/")
    assert 'class="thread-card"' in client.get("/threads/").content.decode()


def test_turns_are_not_in_the_feed_of_create(ben: User, add_turn: AddTurn, client_of: ClientOf) -> None:
    add_turn(ben, "A teapot in a thread")
    page = client_of(ben).get("/").content.decode()
    assert 'class="generation-prompt"' not in page
    assert 'alt="A teapot in a thread"' in page[page.index('id="away"') :]


def test_each_turn_shows_the_prices_of_text_and_picture_apart(
    ben: User, add_turn: AddTurn, client_of: ClientOf
) -> None:
    turn = add_turn(ben)
    add_turn(ben, "What do you think of it?", after=turn, draws=0, answer="It is calm.")
    page = client_of(ben).get(turn.thread.get_absolute_url()).content.decode()
    assert "picture <b>$0.0060</b>" in page
    assert page.count("text <b>$0.0040</b>") == 2
    assert "replied with text, no picture generated" in page
    assert "<dt>Pictures</dt><dd>$0.0060</dd>" in page
    assert "<b>$0.0140</b>" in page


def test_a_budget_too_small_for_text_and_picture_refuses_the_turn_and_keeps_the_prompt(
    gateway: Upstream, ben: User, client_of: ClientOf
) -> None:
    request = ImageRequest(prompt="A red boat", size=Size(1024, 1024), quality="low")
    Budget.objects.create(scope="person", person=ben, month_limit=ceiling(request) + Decimal("0.001"))
    answer = client_of(ben).post("/threads/", turn_form(prompt="A red boat"))
    assert answer.status_code == 422
    assert "budget" in answer.content.decode()
    assert ">A red boat</textarea>" in answer.content.decode()
    assert [rows.objects.count() for rows in (Thread, Turn, Entry)] == [0, 0, 0]


def test_a_long_thread_asks_the_database_no_more_often_than_a_short_one(
    ben: User, add_turn: AddTurn, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    client, turn = client_of(ben), add_turn(ben)
    client.get(turn.thread.get_absolute_url())  # what is asked once and remembered
    with CaptureQueriesContext(connection) as short:
        client.get(turn.thread.get_absolute_url())
    for number in range(12):
        turn = add_turn(ben, f"Change {number}", after=turn, references=[last_of(turn)])
    with django_assert_max_num_queries(len(short) + 6):
        page = client.get(turn.thread.get_absolute_url()).content.decode()
    assert page.count('class="turn"') == 13


def test_a_reply_that_ends_while_its_page_is_built_is_shown_whole(ben: User, add_turn: AddTurn) -> None:
    add_turn(ben, answer="I will")
    turn = Turn.objects.for_page().get()
    Turn.objects.update(answer="I will draw a boat.", text_price="0.0123")
    assert (present_turn(turn).turn.answer, turn.text_price) == ("I will draw a boat.", Decimal("0.0123"))


def test_a_refusal_is_shown_as_one(ben: User, add_turn: AddTurn, client_of: ClientOf) -> None:
    turn = add_turn(ben, draws=0, answer="")
    Turn.objects.filter(pk=turn.pk).update(refusal="I cannot draw that person.")
    page = client_of(ben).get(turn.thread.get_absolute_url()).content.decode()
    assert "The model declined." in page
    assert "I cannot draw that person." in page


def test_a_form_without_a_token_is_not_submitted_twice(gateway: Upstream, ben: User, client_of: ClientOf) -> None:
    answer = client_of(ben).post("/threads/", turn_form(token="nonsense"))
    assert answer.status_code == 422
    assert not Turn.objects.exists()


def test_after_an_unanswered_turn_the_thread_continues_before_it(
    ben: User, add_turn: AddTurn, client_of: ClientOf
) -> None:
    first = add_turn(ben)
    broken = add_turn(ben, "warmer", after=first, is_answered=False)
    Job.objects.filter(generation=broken.generation).update(
        state="failed", charge="maybe", error_kind="connection_cut", finished_at=timezone.now()
    )
    page = client_of(ben).get(first.thread.get_absolute_url()).content.decode()
    assert f'name="parent" value="{first.pk}"' in page
    assert uuid.UUID(re.findall(r'name="token" value="([^"]+)"', page)[0])
