"""Objections: whoever is refused may call it a mistake; the words go to the admins then, and not before."""

import html
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from studio.accounts.models import AuditEvent, StudioSettings, User
from studio.library.models import Picture
from studio.safety.models import SafetyNote
from studio.upstreams.models import Upstream
from tests.conversations import AddTurn, store_picture, turn_form
from tests.create.test_refused_prompts import DISALLOWED, request_form
from tests.worker.test_words_sent import mask_file

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


def by_a_prompt(client: Client, _owner: User, **options: Any) -> Any:
    return client.post("/generations/", request_form(DISALLOWED), **options)


def by_an_edit(client: Client, owner: User, **options: Any) -> Any:
    picture = Picture.objects.create(owner=owner, **store_picture((640, 640)).fields())
    form = {"token": str(uuid.uuid4()), "prompt": DISALLOWED, "model": "gpt-image-2", "quality": "low", "n": "1"}
    return client.post(f"/pictures/{picture.pk}/mask/", form | {"lock": "on", "mask": mask_file()}, **options)


def by_a_thread(client: Client, _owner: User, **options: Any) -> Any:
    return client.post("/threads/", turn_form(prompt=DISALLOWED), **options)


def by_a_plan(client: Client, _owner: User, **options: Any) -> Any:
    return client.post("/plans/", {"plan_token": str(uuid.uuid4()), "prompt": DISALLOWED}, **options)


WAYS = [
    pytest.param(by_a_prompt, {}, id="the page of Create"),
    pytest.param(by_a_prompt, HTMX, id="the composer"),
    pytest.param(by_an_edit, {}, id="the mask editor"),
    pytest.param(by_a_thread, {}, id="a new thread"),
    pytest.param(by_a_thread, HTMX, id="a thread's composer"),
    pytest.param(by_a_plan, HTMX, id="a plan"),
]


def offered(page: str) -> str:
    """The words that the button on a page would send."""
    [words] = re.findall(r"<refusal-objection.*?<template>(.*?)</template>", page, re.DOTALL)
    return html.unescape(words)


def object_to(client: Client, note: SafetyNote, text: str = DISALLOWED) -> Any:
    return client.post(f"/refusals/{note.pk}/objection/", {"text": text})


@pytest.fixture
def note(ben: User) -> SafetyNote:
    return SafetyNote.objects.record(
        person=ben, source="policy", category="explicit", text="never kept", now=timezone.now()
    )


@pytest.mark.parametrize(("send", "headers"), WAYS)
def test_wherever_a_prompt_is_refused_its_person_may_call_it_a_mistake(
    send: Any, headers: dict[str, str], gateway: Upstream, ben: User, client_of: ClientOf
) -> None:
    response = send(client_of(ben), ben, headers=headers)
    assert response.status_code == 422
    page, note = response.content.decode(), SafetyNote.objects.get()
    assert "This is a mistake" in page
    assert f'data-url="/refusals/{note.pk}/objection/"' in page
    assert "Sends your words to the admins. The studio did not keep them." in " ".join(page.split())
    assert (offered(page), note.text) == (DISALLOWED, "")


def test_a_thread_sends_along_what_was_said_before_and_says_so(
    gateway: Upstream, add_turn: AddTurn, ben: User, client_of: ClientOf
) -> None:
    turn = add_turn(ben, "a red boat", draws=1)
    form = turn_form(prompt=DISALLOWED, parent=turn.pk, base=Picture.objects.get(owner=ben).pk)
    page = client_of(ben).post(f"/threads/{turn.thread_id}/turns/", form, headers=HTMX).content.decode()
    assert "your words and the conversation before them" in page
    assert offered(page).startswith(DISALLOWED)
    assert "a red boat" in offered(page)


def test_where_the_studio_keeps_refused_prompts_no_words_are_sent(ben: User, client_of: ClientOf) -> None:
    StudioSettings(pk=1, safety_keeps_text=True).save()
    page = by_a_prompt(client_of(ben), ben, headers=HTMX).content.decode()
    assert "This studio keeps refused prompts." in page
    assert "<template>" not in page[page.index("<refusal-objection") :].partition("</refusal-objection>")[0]
    client_of(ben).post(f"/refusals/{SafetyNote.objects.get().pk}/objection/", {"text": "something else"})
    assert SafetyNote.objects.get().text == DISALLOWED


def test_a_refusal_of_another_kind_has_no_such_button(ben: User, client_of: ClientOf, settings: Any) -> None:
    settings.RATES = settings.RATES | {"submit": 1}
    client = client_of(ben)
    client.post("/generations/", request_form("a lighthouse"), headers=HTMX)
    response = client.post("/generations/", request_form("a lighthouse"), headers=HTMX)
    assert response.status_code == 429
    assert "refusal-objection" not in response.content.decode()


def test_an_objection_keeps_the_words_and_stands_first_for_the_admins(
    note: SafetyNote, ben: User, ada: User, client_of: ClientOf
) -> None:
    assert object_to(client_of(ben), note).status_code == 204
    later = SafetyNote.objects.record(person=ben, source="policy", category="hate", text="", now=timezone.now())
    page = client_of(ada).get("/settings/safety/").content.decode()
    assert page.index("Called a mistake") < page.index(DISALLOWED) < page.index("Refused prompts")
    assert 'class="settings-nav-count"' in page
    note.refresh_from_db()
    later.refresh_from_db()
    assert (note.is_objected, note.text, later.is_objected) == (True, DISALLOWED, False)


def test_calling_it_a_mistake_again_changes_nothing(note: SafetyNote, ben: User, client_of: ClientOf) -> None:
    before = timezone.now() - timedelta(hours=1)
    assert note.object(text="the first words", now=before)
    assert object_to(client_of(ben), note, "other words").status_code == 204
    note.refresh_from_db()
    assert (note.objected_at, note.text) == (before, "the first words")


def test_nobody_objects_for_somebody_else(
    note: SafetyNote, ada: User, cleo: User, ben: User, client_of: ClientOf
) -> None:
    assert [object_to(client_of(user), note).status_code for user in (ada, cleo)] == [404, 404]
    assert client_of(ben).post("/refusals/999999999/objection/").status_code == 404
    assert not SafetyNote.objects.objected().exists()


@pytest.mark.parametrize("source", ["moderation", "upstream"])
def test_only_what_the_policy_refused_is_open_to_it(source: str, ben: User, client_of: ClientOf) -> None:
    other = SafetyNote.objects.record(person=ben, source=source, category="sexual", text="", now=timezone.now())
    assert object_to(client_of(ben), other).status_code == 404


@pytest.mark.parametrize("text", ["", "\0", "裸 🇳 naïve \ud83d", "x" * 200_000, "<script>alert(1)</script>"])
def test_whatever_is_sent_is_kept_as_words_or_left_out(
    text: str, note: SafetyNote, ben: User, ada: User, client_of: ClientOf
) -> None:
    text = text.encode("utf-8", "replace").decode()
    assert object_to(client_of(ben), note, text).status_code == 204
    note.refresh_from_db()
    assert note.text == text.replace("\0", "")[: SafetyNote.TEXT_LENGTH]
    page = client_of(ada).get("/settings/safety/")
    assert page.status_code == 200
    assert "<script>alert(1)" not in page.content.decode()


def test_a_file_instead_of_words_is_no_error(note: SafetyNote, ben: User, client_of: ClientOf) -> None:
    form = {"text": SimpleUploadedFile("words.txt", b"words")}
    assert client_of(ben).post(f"/refusals/{note.pk}/objection/", form).status_code == 204


def test_a_dismissed_objection_is_over_and_its_words_are_forgotten(
    note: SafetyNote, ben: User, ada: User, client_of: ClientOf
) -> None:
    object_to(client_of(ben), note)
    client = client_of(ada)
    for _ in range(2):
        assert client.post(f"/settings/safety/{note.pk}/dismissal/").status_code == 302
    note.refresh_from_db()
    assert (note.text, note.is_objected, note.wrong_at) == ("", False, None)
    assert AuditEvent.objects.filter(action="safety.dismissal", actor=ada).count() == 1
    assert "Called a mistake" not in client.get("/settings/safety/").content.decode()


def test_a_studio_that_keeps_refused_prompts_keeps_those_of_dismissed_objections(note: SafetyNote, ada: User) -> None:
    StudioSettings(pk=1, safety_keeps_text=True).save()
    note.object(text=DISALLOWED, now=timezone.now())
    assert note.dismiss(now=timezone.now())
    note.refresh_from_db()
    assert note.text == DISALLOWED


def test_an_objection_that_an_admin_agrees_with_becomes_a_test_case(
    note: SafetyNote, ben: User, ada: User, client_of: ClientOf
) -> None:
    object_to(client_of(ben), note)
    client_of(ada).post(f"/settings/safety/{note.pk}/mistake/")
    [case] = SafetyNote.objects.cases()
    assert (case.text, case.wrong_by) == (DISALLOWED, ada)
    assert not SafetyNote.objects.objected().exists()
    assert not case.dismiss(now=timezone.now())
