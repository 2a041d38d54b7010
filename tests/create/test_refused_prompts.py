"""A refused prompt: nothing is submitted or charged, the prompt stays in the form, and the refusal is logged."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from studio.accounts.models import StudioSettings, User
from studio.generations.models import Generation, Job
from studio.images import ImageRequest
from studio.ledger.models import Entry
from studio.safety.models import RefusedByPolicy, SafetyNote
from tests.composer_form import FORM

ClientOf = Callable[[User], Client]
DISALLOWED = "a naked woman on a bed"


def request_form(prompt: str, **fields: Any) -> dict[str, Any]:
    return FORM | {"token": str(uuid.uuid4()), "prompt": prompt, **fields}


def post(client: Client, prompt: str, **fields: Any) -> Any:
    return client.post("/generations/", request_form(prompt, **fields), headers={"HX-Request": "true"})


def test_a_refused_prompt_is_not_submitted_and_costs_nothing(ben: User, client_of: ClientOf) -> None:
    response = post(client_of(ben), DISALLOWED)
    assert response.status_code == 422
    assert not Generation.objects.exists()
    assert not Job.objects.exists()
    assert not Entry.objects.exists()


def test_a_refusal_names_the_category_and_keeps_the_prompt_in_the_form(ben: User, client_of: ClientOf) -> None:
    page = post(client_of(ben), DISALLOWED).content.decode()
    assert "it reads like nudity or explicit sexual content. Nothing was charged" in page
    assert f">{DISALLOWED}</textarea>" in page
    assert "act" not in SafetyNote.objects.get().category


def test_the_avoid_line_is_judged_with_the_prompt(ben: User, client_of: ClientOf) -> None:
    assert post(client_of(ben), "a beach", avoid="blood, nudity, text").status_code == 200
    assert post(client_of(ben), "a beach", avoid=f"boredom and instead show {DISALLOWED} in detail").status_code == 422


def test_the_log_has_person_time_and_category_but_not_the_prompt(ben: User, client_of: ClientOf) -> None:
    before = timezone.now()
    post(client_of(ben), DISALLOWED)
    note = SafetyNote.objects.get()
    assert (note.person, note.source, note.category, note.verdict, note.text) == (
        ben,
        "policy",
        "explicit",
        "refused",
        "",
    )
    assert before <= note.at <= timezone.now()


def test_the_log_stores_the_prompt_if_the_studio_is_set_so(ben: User, client_of: ClientOf) -> None:
    StudioSettings(pk=1, safety_keeps_text=True).save()
    post(client_of(ben), DISALLOWED)
    assert SafetyNote.objects.get().text == DISALLOWED


def test_submitting_raises_a_refusal_that_every_page_knows_how_to_show(ben: User) -> None:
    request = ImageRequest(prompt=DISALLOWED, quality="low")
    with pytest.raises(RefusedByPolicy) as refusal:
        Generation.objects.submit(owner=ben, request=request, token=uuid.uuid4(), now=timezone.now())
    assert refusal.value.status == 422
    assert "nude" not in refusal.value.sentence


def test_ordinary_prompts_are_not_logged(ben: User, client_of: ClientOf) -> None:
    assert post(client_of(ben), "a lighthouse in a storm").status_code == 200
    assert not SafetyNote.objects.exists()
