import base64
import io
import uuid
from typing import Any

import httpx
import pytest
from PIL import Image

from studio.images import Usage, output_tokens, text_tokens

from .conftest import Caller, Running


def picture(item: dict[str, Any]) -> Image.Image:
    image = Image.open(io.BytesIO(base64.b64decode(item["b64_json"], validate=True)))
    image.load()
    return image


@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
def test_a_picture_comes_in_the_exact_size_and_format(caller: Caller, output_format: str) -> None:
    answer = caller.draw("hills", output_format=output_format, output_compression=None, size="1040x656")
    image = picture(answer.json["data"][0])
    assert (answer.status, image.size, image.format) == (200, (1040, 656), output_format.upper())
    assert answer.json["output_format"] == output_format
    assert (answer.json["size"], answer.json["quality"]) == ("1040x656", "low")
    assert answer.json["background"] == "opaque"
    assert "model" not in answer.json


def test_usage_follows_the_formula(caller: Caller) -> None:
    usage = caller.draw("a quiet lake", quality="medium", n=2).json["usage"]
    assert usage["output_tokens"] == 2 * output_tokens(1024, 640, "medium") == 2 * 956
    assert usage["input_tokens"] == text_tokens("a quiet lake")
    assert Usage.from_wire(usage) == Usage(text_tokens("a quiet lake"), 0, 2 * 956, 0)


def test_auto_comes_out_as_medium_at_a_size_that_breaks_the_rules(caller: Caller) -> None:
    answer = caller.draw("a lighthouse", size="auto", quality="auto").json
    assert picture(answer["data"][0]).size == (1254, 1254)
    assert (answer["size"], answer["quality"]) == ("1254x1254", "medium")
    assert answer["usage"]["output_tokens"] == output_tokens(1254, 1254, "medium")


def test_the_same_request_paints_the_same_picture_and_a_callers_id_another(caller: Caller) -> None:
    first, again = caller.draw("a forest").json, caller.draw("a forest").json
    other = caller.draw("a forest", headers={"X-Client-Request-Id": str(uuid.uuid4())}).json
    assert first["data"] == again["data"]
    assert first["data"] != other["data"]


def test_n_pictures_of_one_call_differ(caller: Caller) -> None:
    data = caller.draw("a city", n=3).json["data"]
    assert len({item["b64_json"] for item in data}) == 3


def test_more_compression_makes_a_smaller_file(caller: Caller) -> None:
    rough, fine = (caller.draw("the sea", output_compression=level).json["data"][0]["b64_json"] for level in (10, 95))
    assert len(rough) < len(fine) / 3


def test_partials_arrive_before_the_picture_and_cost_a_hundred_tokens_each(caller: Caller) -> None:
    answer = caller.draw("a rose", stream=True, partial_images=3)
    names = [name for name, _ in answer.events]
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert names == ["image_generation.partial_image"] * 3 + ["image_generation.completed"]
    assert [data["type"] for _, data in answer.events] == names
    assert [data.get("partial_image_index") for _, data in answer.events] == [0, 1, 2, None]
    assert {picture(data).size for _, data in answer.events} == {(1024, 640)}
    assert all(data["created_at"] and data["output_format"] == "jpeg" for _, data in answer.events)
    assert answer.events[-1][1]["usage"]["output_tokens"] == output_tokens(1024, 640, "low") + 300


def test_partials_go_from_coarse_to_fine(caller: Caller) -> None:
    events = caller.draw("a rose garden", stream=True, partial_images=3).events
    sizes = [len(data["b64_json"]) for _, data in events]
    assert sizes == sorted(sizes)


def test_a_stream_without_partials_is_one_event(caller: Caller) -> None:
    answer = caller.draw("a rose", stream=True)
    assert [name for name, _ in answer.events] == ["image_generation.completed"]
    assert answer.events[0][1]["b64_json"] == caller.draw("a rose").json["data"][0]["b64_json"]


def test_a_callers_valid_id_is_echoed_and_the_upstreams_added(caller: Caller, sandbox: Running) -> None:
    own = f"easel-{uuid.uuid4()}"
    ids = caller.draw("hills", headers={"X-Request-ID": own}).headers.get_list("x-request-id")
    assert ids[0] == own
    assert ids[1].startswith("req_")
    assert sandbox.wait_for_line(id=own)["upstream_id"] == ids[1]


def test_an_invalid_id_is_replaced(caller: Caller) -> None:
    ids = caller.draw("hills", headers={"X-Request-ID": "not an id"}).headers.get_list("x-request-id")
    assert uuid.UUID(ids[0])


def test_the_path_works_without_v1_too(sandbox: Running) -> None:
    address = sandbox.url.removesuffix("/v1") + "/images/generations"
    answer = httpx.post(address, headers={"x-api-key": "sk-other"}, json={"prompt": "", "model": "gpt-image-2"})
    assert answer.json()["error"]["param"] == "prompt"


def test_models_leaves_the_image_model_out_as_real_gateways_do(caller: Caller) -> None:
    models = [model["id"] for model in caller.http.get(f"{caller.url}/models").json()["data"]]
    assert models
    assert not [name for name in models if "image" in name]


def test_a_prompt_may_be_in_any_script(caller: Caller) -> None:
    for prompt in ("日出时的海", "\ud83d\ude00 \ud800 broken", "\x00\n\t", "ﷺ" * 300):
        assert caller.draw(prompt + " hills").status == 200
