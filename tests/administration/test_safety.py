"""The safety page: the log of refusals, mistakes, and the thresholds of the second check."""

import html
import json
import re
import tomllib
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from studio.accounts.models import AuditEvent, StudioSettings, User
from studio.administration.views.safety import toml
from studio.generations.models import Generation
from studio.safety import policy
from studio.safety.models import SafetyNote
from tests.create.test_refused_prompts import request_form

ClientOf = Callable[[User], Client]


@pytest.fixture
def note(ben: User) -> SafetyNote:
    return SafetyNote.objects.record(
        person=ben, source="policy", category="explicit", text="a nude study", now=timezone.now()
    )


def test_admins_see_who_was_refused_what_for_and_when(note: SafetyNote, ada: User, client_of: ClientOf) -> None:
    page = client_of(ada).get("/settings/safety/").content.decode()
    assert "Nudity or explicit sexual content" in page
    assert "Ben" in page
    assert "refused by the studio" in page


def test_refused_prompts_are_shown_only_if_they_were_stored(ben: User, ada: User, client_of: ClientOf) -> None:
    for keeps in (False, True):
        StudioSettings(pk=1, safety_keeps_text=keeps).save()
        SafetyNote.objects.record(
            person=ben, source="policy", category="explicit", text=f"kept: {keeps}", now=timezone.now()
        )
    page = client_of(ada).get("/settings/safety/").content.decode()
    assert "kept: True" in page
    assert "kept: False" not in page


def test_the_log_is_filtered_by_category_and_pages_backwards(note: SafetyNote, ada: User, client_of: ClientOf) -> None:
    client = client_of(ada)
    assert "Ben" not in client.get("/settings/safety/?category=violence").content.decode()
    assert "Ben" not in client.get(f"/settings/safety/?before={note.pk}").content.decode()
    assert client.get("/settings/safety/?before=nonsense&category=nonsense").status_code == 200


def test_a_refusal_marked_as_a_mistake_becomes_a_test_case_with_the_prompt_an_admin_gives(
    note: SafetyNote, ada: User, client_of: ClientOf
) -> None:
    client = client_of(ada)
    client.post(f"/settings/safety/{note.pk}/mistake/", {"text": "a nude study, charcoal"})
    note.refresh_from_db()
    assert (note.wrong_by, note.text) == (ada, "a nude study, charcoal")
    case = {
        "prompt": "a nude study, charcoal",
        "refused_for": "explicit",
        "refused_by": "policy",
        "expected": "allow",
    }
    assert tomllib.loads(client.get("/settings/safety/cases.toml").content.decode())["case"] == [case]
    assert json.loads(client.get("/settings/safety/cases.json").content)["case"] == [case]
    assert AuditEvent.objects.filter(action="safety.mistake", actor=ada).count() == 1


def test_a_refusal_without_its_prompt_is_no_test_case(note: SafetyNote, ada: User, client_of: ClientOf) -> None:
    client = client_of(ada)
    client.post(f"/settings/safety/{note.pk}/mistake/")
    client.post(f"/settings/safety/{note.pk}/mistake/", {"text": "too late"})
    assert json.loads(client.get("/settings/safety/cases.json").content)["case"] == []
    assert AuditEvent.objects.filter(action="safety.mistake").count() == 1


@pytest.mark.parametrize("text", ['quotes " and \\ slashes', "two\nlines\ttab", "del \x7f nul \x00", "裸 🇳 naïve"])
def test_every_text_survives_the_export(text: str) -> None:
    assert tomllib.loads(f"prompt = {toml(text)}")["prompt"] == text


def test_thresholds_are_kept_and_audited(ada: User, client_of: ClientOf) -> None:
    client_of(ada).post("/settings/safety/thresholds/", {"violence": "0.5", "sexual": ""})
    assert StudioSettings.load().moderation_thresholds == {"violence": 0.5}
    event = AuditEvent.objects.get(action="safety.thresholds")
    assert (event.actor, event.after) == (ada, {"violence": 0.5})


@pytest.mark.parametrize("score", ["1.5", "-1", "much", "nan"])
def test_a_threshold_that_is_no_score_is_refused_beside_its_field(score: str, ada: User, client_of: ClientOf) -> None:
    response = client_of(ada).post("/settings/safety/thresholds/", {"violence": score})
    assert response.status_code == 422
    assert "field-error" in response.content.decode()
    assert StudioSettings.load().moderation_thresholds == {}


def test_an_admin_sets_whether_prompts_are_stored_and_may_go_unchecked(ada: User, client_of: ClientOf) -> None:
    client_of(ada).post("/settings/studio/", {"safety_keeps_text": "on"})
    settings = StudioSettings.load()
    assert (settings.safety_keeps_text, settings.moderation_fails_open) == (True, False)


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("two lovers kissing on a balcony, passionate embrace", "adult, non-explicit, no nudity, fully clothed"),
        ("一对恋人在阳台上拥吻，浪漫", "成年人，不露骨，无裸露，着装完整"),
    ],
)
def test_a_romantic_prompt_is_offered_the_words_it_lacks(
    prompt: str, words: str, ben: User, client_of: ClientOf
) -> None:
    client = client_of(ben)
    advice = client.post("/advice/", {"prompt": prompt}).content.decode()
    assert f'{words}"' in advice
    assert client.post("/advice/", {"prompt": f"{prompt}, {words}"}).content.decode().strip() == ""


@pytest.mark.parametrize(
    ("scene", "guide"),
    [
        (
            "two lovers kissing on a balcony, passionate embrace. ",
            ("adult", "non-explicit", "no nudity", "fully clothed"),
        ),
        ("a couple in bed, sensual mood, soft light", ("adult", "non-explicit", "no nudity", "fully clothed")),
        ("一对恋人在阳台上拥吻，浪漫。", ("成年人", "不露骨", "无裸露", "着装完整")),
    ],
)
def test_one_click_on_the_advice_makes_a_prompt_that_is_submitted_unchanged_and_needs_no_more(
    scene: str, guide: tuple[str, ...], ben: User, client_of: ClientOf
) -> None:
    assert policy.judge(scene).level is policy.Level.ADVISE
    client = client_of(ben)
    [offered] = re.findall(r'data-words="([^"]*)"', client.post("/advice/", {"prompt": scene}).content.decode())
    # What the button does with it: see static/js/elements/safety-advice.js.
    prompt = scene.rstrip(" ,，.。;；") + html.unescape(offered)
    assert [word for word in guide if word not in prompt] == []
    assert policy.judge(prompt).level is policy.Level.ALLOW
    assert client.post("/advice/", {"prompt": prompt}).content.decode().strip() == ""
    assert client.post("/generations/", request_form(prompt)).status_code == 302
    assert Generation.objects.get().prompt == prompt


def test_an_ordinary_prompt_gets_no_advice(ben: User, client_of: ClientOf) -> None:
    assert client_of(ben).post("/advice/", {"prompt": "a lighthouse"}).content.decode().strip() == ""
