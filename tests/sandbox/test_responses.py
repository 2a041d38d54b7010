"""POST /v1/responses: pictures and texts, stored responses, the bill, and errors."""

import base64
import io
import json
import uuid
from decimal import Decimal
from typing import Any

import openai
import pytest
from openai.types.responses import Response
from openai.types.responses.response_output_item import ImageGenerationCall
from PIL import Image

from studio.images import find_main_model, output_tokens, text_cost
from studio.images.usage import TextUsage

from .conftest import Answer, Caller, Running, run_node

TOOL = {
    "type": "image_generation",
    "model": "gpt-image-2",
    "size": "1024x640",
    "quality": "low",
    "output_format": "jpeg",
}
SAME_PICTURE = {"X-Client-Request-Id": "same-picture"}
TOKENS = output_tokens(1024, 640, "low")


def paint(colour: str = "teal", size: tuple[int, int] = (1024, 640), mode: str = "RGB") -> str:
    file = io.BytesIO()
    Image.new(mode, size, colour).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def shown(url: str, text: str = "Make it warmer") -> list[dict[str, Any]]:
    parts = [{"type": "input_text", "text": text}, {"type": "input_image", "image_url": url}]
    return [{"role": "user", "content": parts}]


@pytest.fixture
def ask(caller: Caller) -> Any:
    def ask(given: Any = "A lighthouse", *, key: str = "sk-test", name: str = "", **more: Any) -> Answer:
        body = {"model": "gpt-5.5", "input": given, "tools": [TOOL]} | more
        answer = Answer()
        headers = {"Authorization": f"Bearer {key}", "X-Request-ID": name or str(uuid.uuid4())} | SAME_PICTURE
        response = caller.http.post(f"{caller.url}/responses", content=json.dumps(body), headers=headers)
        answer.status, answer.headers, answer.body = response.status_code, response.headers, response.content
        return answer

    return ask


def items(answer: Answer, kind: str) -> list[dict[str, Any]]:
    return [item for item in answer.json["output"] if item["type"] == kind]


def picture(answer: Answer) -> Image.Image:
    [item] = items(answer, "image_generation_call")
    return Image.open(io.BytesIO(base64.b64decode(item["result"])))


def text_of(answer: Answer) -> str:
    return "".join(
        part.get("text", part.get("refusal")) for item in items(answer, "message") for part in item["content"]
    )


def test_an_answer_holds_a_reasoning_a_picture_and_words(ask: Any) -> None:
    answer = ask()
    assert [item["type"] for item in answer.json["output"]] == ["reasoning", "image_generation_call", "message"]
    assert picture(answer).size == (1024, 640)
    assert text_of(answer) == "Here is your picture."
    [call] = items(answer, "image_generation_call")
    assert (call["size"], call["quality"], call["output_format"], call["action"]) == (
        "1024x640",
        "low",
        "jpeg",
        "generate",
    )
    assert call["revised_prompt"].startswith("A lighthouse, in ")


def test_both_usages_are_reported_apart_and_billed(ask: Any, sandbox: Running) -> None:
    name = str(uuid.uuid4())
    answer = ask(name=name)
    line = sandbox.wait_for_line(id=name)
    assert answer.json["tool_usage"]["image_gen"]["output_tokens"] == TOKENS
    assert line["usage"] == answer.json["tool_usage"]["image_gen"]
    assert line["text_usage"] == answer.json["usage"]
    usage = TextUsage.from_wire(line["text_usage"])
    assert usage is not None
    assert Decimal(line["text_cost"]) == text_cost(usage, find_main_model("gpt-5.5").rates)
    assert Decimal(line["cost"]) > 0
    assert (line["endpoint"], line["main_model"], line["model"]) == ("responses", "gpt-5.5", "gpt-image-2")


def test_the_end_user_is_logged(ask: Any, sandbox: Running) -> None:
    name = str(uuid.uuid4())
    ask(name=name, safety_identifier="someone")
    assert sandbox.wait_for_line(id=name)["user"] == "someone"


@pytest.mark.parametrize(
    "more", [{"tools": []}, {"tool_choice": "none"}, {"input": "What would suit a harbour?"}], ids=str
)
def test_an_answer_in_text_alone_bills_the_main_model_alone(ask: Any, sandbox: Running, more: Any) -> None:
    name = str(uuid.uuid4())
    answer = ask(name=name, **more)
    assert items(answer, "image_generation_call") == []
    assert text_of(answer)
    line = sandbox.wait_for_line(id=name)
    assert (line["billed"], line["usage"], line["cost"]) == (True, None, "0")
    assert Decimal(line["text_cost"]) > 0


def test_a_forced_tool_draws_even_for_a_question(ask: Any) -> None:
    assert picture(ask("A harbour?", tool_choice={"type": "image_generation"})).size == (1024, 640)


def test_a_tool_without_a_model_uses_the_default_model(ask: Any, sandbox: Running) -> None:
    name = str(uuid.uuid4())
    ask(name=name, tools=[{key: value for key, value in TOOL.items() if key != "model"}])
    assert sandbox.wait_for_line(id=name)["model"] == "gpt-image-1"


def test_a_picture_in_the_input_is_edited(ask: Any) -> None:
    answer = ask(shown(paint()), tools=[TOOL | {"output_format": "png"}])
    [call] = items(answer, "image_generation_call")
    assert call["action"] == "edit"
    assert answer.json["tool_usage"]["image_gen"]["input_tokens_details"]["image_tokens"] > 0
    assert text_of(answer) == "I changed the picture as you asked."


def test_a_mask_says_which_picture_and_where(ask: Any) -> None:
    mask = Image.new("RGBA", (1024, 640), (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), (0, 0, 256, 640))
    file = io.BytesIO()
    mask.save(file, "PNG")
    url = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
    given = [*shown(paint("teal")), *shown(paint("red", (512, 512)))]
    answer = ask(given, tools=[TOOL | {"output_format": "png", "input_image_mask": {"image_url": url}}])
    red, green, blue = picture(answer).convert("RGB").getpixel((900, 600))  # type: ignore[misc]
    assert abs(red - 0) < 40
    assert abs(green - 128) < 40
    assert abs(blue - 128) < 40


def test_the_action_generate_ignores_the_picture_in_the_input(ask: Any) -> None:
    answer = ask(shown(paint()), tools=[TOOL | {"action": "generate"}])
    assert items(answer, "image_generation_call")[0]["action"] == "generate"


def test_a_response_and_its_picture_can_be_named_by_their_ids(ask: Any) -> None:
    first = ask()
    second = ask("Make it night", previous_response_id=first.json["id"])
    assert items(second, "image_generation_call")[0]["action"] == "edit"
    assert second.json["usage"]["input_tokens_details"]["cached_tokens"] > 0
    [call] = items(first, "image_generation_call")
    third = ask([*shown(paint()), {"type": "image_generation_call", "id": call["id"]}])
    assert third.status == 200


@pytest.mark.parametrize(
    ("more", "key", "words"),
    [
        ({"previous_response_id": "resp_0"}, "sk-test", "not found"),
        ({"previous_response_id": "resp_0"}, "sk-oauth-1", "requires an OpenAI API-key account"),
        ({"store": True}, "sk-oauth-1", "Store must be set to false"),
        ({"input": [{"type": "image_generation_call", "id": "ig_0"}]}, "sk-test", "Items are not persisted"),
    ],
)
def test_what_was_not_stored_cannot_be_used(ask: Any, more: Any, key: str, words: str) -> None:
    answer = ask(key=key, **more)
    assert answer.status in (400, 404)
    assert words in answer.body.decode()


def test_another_key_finds_no_response(ask: Any) -> None:
    first = ask()
    assert ask(key="sk-stranger", previous_response_id=first.json["id"]).status == 400


def test_a_response_with_store_false_is_not_stored(ask: Any) -> None:
    first = ask(store=False)
    assert first.json["store"] is False
    assert ask(previous_response_id=first.json["id"]).status == 400


def test_a_chatgpt_account_draws_without_storing(ask: Any) -> None:
    answer = ask(key="sk-oauth-1", store=False)
    assert picture(answer).size == (1024, 640)
    assert answer.json["store"] is False


def message(role: str, kind: str) -> list[dict[str, Any]]:
    return [{"role": role, "content": [{"type": kind, "text": "x"}]}]


@pytest.mark.parametrize(
    ("more", "status", "param"),
    [
        ({"model": "gpt-image-2"}, 400, "model"),
        ({"model": "gpt-1"}, 404, "model"),
        ({"model": None}, 400, "model"),
        ({"n": 2}, 400, "n"),
        ({"tools": [TOOL | {"n": 2}]}, 400, "tools[0].n"),
        ({"tools": [TOOL | {"input_fidelity": "high"}]}, 400, "tools[0].input_fidelity"),
        ({"tools": [TOOL | {"size": "1000x1000"}]}, 400, "tools[0].size"),
        ({"tools": [TOOL | {"quality": "hd"}]}, 400, "tools[0].quality"),
        ({"tools": [TOOL | {"action": "edit"}]}, 400, "tools[0].action"),
        ({"tools": [], "tool_choice": {"type": "image_generation"}}, 400, "tool_choice"),
        ({"input": ""}, 400, "input"),
        ({"input": message("user", "output_text")}, 400, "input[0].content[0]"),
        ({"input": message("assistant", "input_text")}, 400, "input[0].content[0]"),
        ({"input": [{"role": "pirate", "content": "x"}]}, 400, "input[0].role"),
        ({"store": "yes"}, 400, "store"),
    ],
    ids=str,
)
def test_a_broken_rule_is_rejected_with_its_parameter(ask: Any, more: Any, status: int, param: str) -> None:
    answer = ask(**more)
    assert (answer.status, answer.json["error"]["param"]) == (status, param)


# ── The official SDKs ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def sdk(sandbox: Running) -> openai.OpenAI:
    return openai.OpenAI(base_url=sandbox.url, api_key="sk-python", max_retries=0, timeout=20)


def drawn(response: Response) -> list[ImageGenerationCall]:
    return [item for item in response.output if item.type == "image_generation_call"]


def test_python_creates_a_response(sdk: openai.OpenAI) -> None:
    response = sdk.responses.create(model="gpt-5.5", input="A lighthouse", tools=[TOOL])  # type: ignore[list-item]
    assert response.output_text == "Here is your picture."
    [call] = drawn(response)
    assert base64.b64decode(call.result or "").startswith(b"\xff\xd8\xff")
    assert response.usage is not None
    assert response.tool_usage is not None
    assert response.tool_usage.image_gen.output_tokens == TOKENS


def test_python_streams_a_response(sdk: openai.OpenAI) -> None:
    tools: Any = [TOOL | {"partial_images": 2}]
    with sdk.responses.stream(model="gpt-5.5", input="A lighthouse", tools=tools) as stream:
        events = list(stream)
        final = stream.get_final_response()
    kinds = [event.type for event in events]
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds.count("response.image_generation_call.partial_image") == 2
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == final.output_text
    assert [event.sequence_number for event in events if hasattr(event, "sequence_number")] == sorted(
        {event.sequence_number for event in events if hasattr(event, "sequence_number")}
    )
    assert kinds[-1] == "response.completed"
    assert len(drawn(final)) == 1


VARIANTS = {  # number of pictures, whether there is text, and the final status
    "words-first": (1, True, "completed"),
    "at-length": (1, True, "completed"),
    "no-words": (1, False, "completed"),
    "bare-item": (1, True, "completed"),
    "bare-partials": (1, True, "completed"),
    "picture-at-end": (1, True, "completed"),
    "two-pictures": (2, True, "completed"),
    "done-marker": (1, True, "completed"),
    "images-counted": (1, True, "completed"),
    "no-tool-usage": (1, True, "completed"),
    "no-text-usage": (1, True, "completed"),
    "zero-usage": (1, True, "completed"),
    "text-only": (0, True, "completed"),
    "refusal": (0, False, "completed"),
    "item-failed": (1, True, "completed"),
    "failed": (0, False, "failed"),
    "failed-late": (1, True, "failed"),
    "incomplete": (0, False, "incomplete"),
    "incomplete-filter": (0, False, "incomplete"),
    "incomplete-late": (1, True, "incomplete"),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_python_understands_every_variant_whole_and_in_events(sdk: openai.OpenAI, name: str) -> None:
    tools: Any = [TOOL | {"partial_images": 1}]
    asked: Any = {"model": "gpt-5.5", "input": f"A lighthouse sandbox:{name}", "tools": tools}
    whole = sdk.responses.create(**asked)
    events = list(sdk.responses.create(**asked, stream=True))
    end: Any = events[-1]
    for response in (whole, end.response):
        assert (len(drawn(response)), bool(response.output_text), response.status) == VARIANTS[name]
    assert end.type == f"response.{VARIANTS[name][2]}"


def test_python_finds_the_picture_where_the_last_event_is_empty(sdk: openai.OpenAI) -> None:
    tools: Any = [TOOL]
    events = sdk.responses.create(
        model="gpt-5.5", input="A lighthouse sandbox:completed-empty", tools=tools, stream=True
    )
    items = [event.item for event in events if event.type == "response.output_item.done"]
    [call] = [item for item in items if item.type == "image_generation_call"]
    assert base64.b64decode(call.result or "").startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize(
    ("prompt", "error"),
    [
        ("sandbox:no-tool", openai.BadRequestError),
        ("sandbox:429", openai.RateLimitError),
        ("sandbox:502", openai.InternalServerError),
        ("sandbox:bad-key", openai.AuthenticationError),
        ("sandbox:cut", openai.APIConnectionError),
    ],
)
def test_python_reads_errors_of_responses_as_its_own(sdk: openai.OpenAI, prompt: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        sdk.responses.create(model="gpt-5.5", input=prompt, tools=[TOOL])  # type: ignore[list-item]


def test_node_creates_and_streams_responses(sandbox: Running) -> None:
    node = run_node("sdk_responses.mjs", sandbox)
    [size] = node["created"]["bytes"]
    assert size > 10_000
    assert node["created"]["text"] == "Here is your picture."
    assert node["created"]["tools"]["image_gen"]["output_tokens"] == TOKENS
    assert node["followed"]["cached"] > 0
    assert node["events"].count("response.image_generation_call.partial_image") == 2
    assert (len(node["final"]["bytes"]), node["final"]["text"]) == (1, "Here is your picture.")
    assert node["error"] == "BadRequestError"


def test_a_key_is_told_what_it_has_used(ask: Any, caller: Caller) -> None:
    key = f"sk-{uuid.uuid4().hex}"
    ask(key=key)
    headers = {"Authorization": f"Bearer {key}"}
    used = caller.http.get(f"{caller.url}/usage", headers=headers).json()
    assert used["total_requests"] == 1
    assert Decimal(used["balance"]) + Decimal(used["total_cost"]) == 100
    assert used["output_tokens"] > TOKENS
    billing = caller.http.get(f"{caller.url}/sub2api/billing", headers=headers).json()
    assert billing["effective_rate_multiplier"] == 1
