"""The moderation, by hand and with the official SDK."""

import json
from typing import Any

import httpx
import openai
import pytest

from .conftest import Caller, Running


def moderate(caller: Caller, given: Any, **more: Any) -> httpx.Response:
    return caller.http.post(f"{caller.url}/moderations", content=json.dumps({"input": given} | more))


def test_an_ordinary_text_is_not_flagged(caller: Caller) -> None:
    reply = moderate(caller, "A harbour at dawn").json()
    [result] = reply["results"]
    assert reply["model"] == "omni-moderation-2024-09-26"
    assert result["flagged"] is False
    assert max(result["category_scores"].values()) < 0.01


def test_a_word_of_a_category_flags_it(caller: Caller) -> None:
    [result] = moderate(caller, "A murder in the old house").json()["results"]
    assert result["flagged"]
    assert [name for name, applies in result["categories"].items() if applies] == ["violence"]


@pytest.mark.parametrize(("score", "is_flagged"), [("0.49", False), ("0.5", True), ("1", True)])
def test_a_text_can_ask_for_a_score(caller: Caller, score: str, is_flagged: bool) -> None:
    [result] = moderate(caller, f"A boat score:self-harm/intent={score}").json()["results"]
    assert result["category_scores"]["self-harm/intent"] == float(score)
    assert result["flagged"] is is_flagged


def test_the_sdk_reads_one_result_for_each_text(sandbox: Running) -> None:
    sdk = openai.OpenAI(base_url=sandbox.url, api_key="sk-test", max_retries=0)
    reply = sdk.moderations.create(model="omni-moderation-latest", input=["A boat", "gore everywhere"])
    assert [result.flagged for result in reply.results] == [False, True]
    assert reply.results[1].category_scores.violence_graphic > 0.9


@pytest.mark.parametrize(
    ("given", "status"),
    [(None, 400), ([], 400), (7, 400), ("sandbox:moderation-503", 503), ("sandbox:moderation-404", 404)],
)
def test_what_cannot_be_moderated_is_refused(caller: Caller, given: Any, status: int) -> None:
    assert moderate(caller, given).status_code == status


def test_faults_of_drawings_and_of_moderations_do_not_apply_to_each_other(caller: Caller) -> None:
    assert moderate(caller, "sandbox:502 a boat").status_code == 200
    assert caller.draw("sandbox:moderation-503 a boat").status == 200


def test_a_moderation_is_not_in_the_billing_log(caller: Caller, sandbox: Running) -> None:
    before = len(sandbox.lines())
    moderate(caller, "A harbour at dawn")
    assert len(sandbox.lines()) == before
