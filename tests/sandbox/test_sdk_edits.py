"""The official SDKs' `images.edit` works against the sandbox unchanged."""

import base64
import io
from pathlib import Path
from typing import Any

import openai
import pytest
from openai.types import ImageEditCompletedEvent
from PIL import Image

from studio.images import image_tokens, output_tokens

from .conftest import Running, run_node

TOKENS = output_tokens(1024, 640, "low")
SMALL: dict[str, Any] = {"model": "gpt-image-2", "prompt": "A lighthouse", "size": "1024x640", "quality": "low"}


@pytest.fixture(scope="module")
def sdk(sandbox: Running) -> openai.OpenAI:
    return openai.OpenAI(base_url=sandbox.url, api_key="sk-python", max_retries=0, timeout=20)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.png"
    Image.new("RGB", (200, 100), "teal").save(path)
    return path


@pytest.fixture
def mask(tmp_path: Path) -> Path:
    path = tmp_path / "mask.png"
    Image.new("RGBA", (200, 100), (0, 0, 0, 0)).save(path)
    return path


def test_python_edits_a_picture_with_a_mask(sdk: openai.OpenAI, source: Path, mask: Path) -> None:
    with source.open("rb") as image, mask.open("rb") as where:
        result = sdk.images.edit(**SMALL, image=image, mask=where)
    assert result.data
    assert result.usage
    assert result.data[0].b64_json
    assert Image.open(io.BytesIO(base64.b64decode(result.data[0].b64_json))).size == (1024, 640)
    assert result.usage.output_tokens == TOKENS
    assert result.usage.input_tokens_details.image_tokens == image_tokens(200, 100)


def test_python_sends_many_images(sdk: openai.OpenAI, source: Path) -> None:
    result = sdk.images.edit(**SMALL, image=[("a.png", source.read_bytes()), source, source])
    assert result.usage
    assert result.usage.input_tokens_details.image_tokens == 3 * image_tokens(200, 100)


def test_python_streams_an_edit(sdk: openai.OpenAI, source: Path, mask: Path) -> None:
    events = list(sdk.images.edit(**SMALL, image=source, mask=mask, stream=True, partial_images=2))
    names = ["image_edit.partial_image", "image_edit.partial_image", "image_edit.completed"]
    assert [event.type for event in events] == names
    assert isinstance(events[-1], ImageEditCompletedEvent)
    assert events[-1].usage.output_tokens == TOKENS + 200


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"input_fidelity": "high"}, "invalid_input_fidelity_model"),
        ({"response_format": "url"}, "unknown_parameter"),
        ({"image": ("a.bin", b"x", "application/octet-stream")}, "unsupported_file_mimetype"),
        ({"image": ("a.png", b"x", "image/png")}, "invalid_image_file"),
    ],
)
def test_python_reads_an_edits_errors(sdk: openai.OpenAI, source: Path, more: dict[str, Any], code: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        sdk.images.edit(**(SMALL | {"image": source} | more))
    assert caught.value.code == code


@pytest.fixture(scope="module")
def node(sandbox: Running) -> dict[str, Any]:
    """What the Node SDK understood."""
    return run_node("sdk_edits.mjs", sandbox)


def test_node_edits_one_picture_a_masked_one_and_many(node: dict[str, Any]) -> None:
    assert [node[name]["size"] for name in ("one", "masked", "many")] == ["1024x640"] * 3
    assert [node[name]["images"] for name in ("one", "masked", "many")] == [16, 16, 32]
    assert min(node[name]["bytes"] for name in ("one", "masked", "many")) > 10_000


def test_node_streams_an_edit(node: dict[str, Any]) -> None:
    assert node["events"] == ["image_edit.partial_image", "image_edit.partial_image", "image_edit.completed"]


def test_node_reads_an_edits_errors(node: dict[str, Any]) -> None:
    assert {name: error["code"] for name, error in node["errors"].items()} == {
        "mimetype": "unsupported_file_mimetype",
        "fidelity": "invalid_input_fidelity_model",
        "mask": "invalid_mask_image_format",
    }
    assert {error["name"] for error in node["errors"].values()} == {"BadRequestError"}
