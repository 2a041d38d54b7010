"""The official SDKs work against the sandbox unchanged."""

import base64
from typing import Any

import openai
import pytest
from openai.types import ImageGenCompletedEvent

from studio.images import output_tokens

from .conftest import Running, run_node

TOKENS = output_tokens(1024, 640, "low")


@pytest.fixture(scope="module")
def sdk(sandbox: Running) -> openai.OpenAI:
    return openai.OpenAI(base_url=sandbox.url, api_key="sk-python", max_retries=0, timeout=20)


def generate(sdk: openai.OpenAI, prompt: str) -> openai.types.ImagesResponse:
    return sdk.images.generate(model="gpt-image-2", prompt=prompt, size="1024x640", quality="low", output_format="jpeg")


def test_python_generates_a_picture(sdk: openai.OpenAI) -> None:
    result = generate(sdk, "A lighthouse")
    assert result.data
    assert result.data[0].b64_json
    assert base64.b64decode(result.data[0].b64_json).startswith(b"\xff\xd8")
    assert result.usage
    assert result.usage.output_tokens == TOKENS
    assert (result.size, result.quality, result.output_format) == ("1024x640", "low", "jpeg")


def test_python_streams_a_picture(sdk: openai.OpenAI) -> None:
    stream = sdk.images.generate(
        model="gpt-image-2", prompt="A lighthouse", size="1024x640", quality="low", stream=True, partial_images=2
    )
    events = list(stream)
    assert [event.type for event in events] == [
        "image_generation.partial_image",
        "image_generation.partial_image",
        "image_generation.completed",
    ]
    assert [getattr(event, "partial_image_index", None) for event in events] == [0, 1, None]
    assert isinstance(events[-1], ImageGenCompletedEvent)
    assert events[-1].usage.output_tokens == TOKENS + 200


@pytest.mark.parametrize(
    ("prompt", "error"),
    [
        ("sandbox:refused", openai.BadRequestError),
        ("sandbox:forbidden", openai.PermissionDeniedError),
        ("sandbox:balance", openai.PermissionDeniedError),
        ("sandbox:no-model", openai.NotFoundError),
        ("sandbox:detail", openai.UnprocessableEntityError),
        ("sandbox:429", openai.RateLimitError),
        ("sandbox:429-usage", openai.RateLimitError),
        ("sandbox:500", openai.InternalServerError),
        ("sandbox:502", openai.InternalServerError),
        ("sandbox:504-html", openai.InternalServerError),
        ("sandbox:bad-key", openai.AuthenticationError),
        ("sandbox:cut", openai.APIConnectionError),
        (" ", openai.BadRequestError),
    ],
)
def test_python_reads_errors_as_its_own(sdk: openai.OpenAI, prompt: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        generate(sdk, prompt)


def test_python_reads_the_details_of_an_error(sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        generate(sdk, "sandbox:refused")
    assert caught.value.code == "moderation_blocked"
    assert caught.value.type == "image_generation_user_error"
    assert isinstance(caught.value.body, dict)
    assert caught.value.body["moderation_details"]["moderation_stage"] == "output"


def test_python_raises_an_error_inside_a_stream(sdk: openai.OpenAI) -> None:
    stream = sdk.images.generate(model="gpt-image-2", prompt="sandbox:stream-error", quality="low", stream=True)
    with pytest.raises(openai.APIError):
        list(stream)


def test_python_turns_a_bad_key_into_its_own_error(sandbox: Running) -> None:
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(base_url=sandbox.url, api_key="eyJhbGciOi.J9.x", max_retries=0).models.list()


def test_python_retries_what_failed_once(sandbox: Running) -> None:
    patient = openai.OpenAI(base_url=sandbox.url, api_key="sk-patient", max_retries=1, timeout=20)
    assert generate(patient, "sandbox:502-once a second chance").data


@pytest.fixture(scope="module")
def node(sandbox: Running) -> dict[str, Any]:
    """What the Node SDK understood."""
    return run_node("sdk.mjs", sandbox)


def test_node_generates_a_picture(node: dict[str, Any]) -> None:
    assert node["plain"]["bytes"] > 10_000
    assert node["plain"]["usage"]["output_tokens"] == TOKENS
    assert node["plain"]["size"] == "1024x640"


def test_node_streams_a_picture(node: dict[str, Any]) -> None:
    assert [event["type"].split(".")[1] for event in node["events"]] == ["partial_image", "partial_image", "completed"]
    assert node["events"][-1]["usage"]["output_tokens"] == TOKENS + 200


def test_node_reads_errors_as_its_own(node: dict[str, Any]) -> None:
    assert {name: error["name"] for name, error in node["errors"].items()} == {
        "refused": "BadRequestError",
        "rate": "RateLimitError",
        "server": "InternalServerError",
        "gateway": "InternalServerError",
        "forbidden": "PermissionDeniedError",
        "model": "NotFoundError",
        "key": "AuthenticationError",
        "cut": node["errors"]["cut"]["name"],
    }
    assert node["errors"]["refused"]["code"] == "moderation_blocked"
    assert node["streamError"] == "APIError"
