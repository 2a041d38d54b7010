import contextlib
import json
import tracemalloc
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.gateway import GatewayError, Reply, errors, read_reply

from .conftest import PNG, PNG_64, image_request, paint
from .scripted_gateway import event

OTHER = paint("salmon")
OTHER_64 = b64encode(OTHER).decode()
USAGE = {"input_tokens": 12, "output_tokens": 196, "total_tokens": 208}
DONE = {"b64_json": PNG_64, "size": "1024x1024", "quality": "low", "usage": USAGE}


def read(body: bytes | dict[str, Any] | list[Any], folder: Path) -> Reply:
    path = folder / "attempt"
    path.write_bytes(body if isinstance(body, bytes) else json.dumps(body).encode())
    return read_reply(path, request=image_request())


def test_a_json_reply_has_the_picture_and_its_facts(tmp_path: Path) -> None:
    reply = read(
        {
            "created": 1,
            "data": [{"b64_json": PNG_64, "revised_prompt": "a teal square, softly lit"}],
            "model": "gpt-image-2-codex",
            "size": "1254x1254",
            "quality": "auto",
            "output_format": "png",
            "background": "opaque",
            "usage": USAGE,
        },
        tmp_path,
    )
    assert reply.picture == PNG
    assert reply.pictures == (PNG,)
    assert (reply.size, reply.quality, reply.output_format) == ("1254x1254", "auto", "png")
    assert (reply.model, reply.background) == ("gpt-image-2-codex", "opaque")
    assert reply.revised_prompt == "a teal square, softly lit"
    assert reply.usage is not None
    assert reply.usage.output_tokens == 196


@pytest.mark.parametrize("usage", [None, {}, "many", {"output_tokens": -5}, {"output_tokens": 10**30}, [1]])
def test_hostile_usage_does_not_cost_the_picture(usage: Any, tmp_path: Path) -> None:
    reply = read({"data": [{"b64_json": PNG_64}], "usage": usage}, tmp_path)
    assert reply.picture == PNG
    assert reply.usage is None or reply.usage.output_tokens == 0


@pytest.mark.parametrize(
    "base64",
    [
        PNG_64,
        "data:image/png;base64," + PNG_64,
        "\n".join(PNG_64[start : start + 76] for start in range(0, len(PNG_64), 76)),
        PNG_64.replace("+", "-").replace("/", "_"),
        PNG_64.rstrip("="),
        f"  {PNG_64}\r\n",
    ],
)
def test_base64_is_read_in_every_spelling(base64: str, tmp_path: Path) -> None:
    assert read({"data": [{"b64_json": base64}]}, tmp_path).picture == PNG


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + json.dumps({"data": [{"b64_json": PNG_64}]}).encode(),
        b" \n" * 500 + json.dumps({"data": [{"b64_json": PNG_64}]}).encode(),
        b"\r\n\r\n" + json.dumps({"data": [{"b64_json": PNG_64}]}).encode() + b"\n\n[DONE]\n",
        json.dumps([{"b64_json": PNG_64}]).encode(),
        json.dumps({"data": {"b64_json": PNG_64}}).encode(),
        json.dumps({"data": [{"url": "data:image/png;base64," + PNG_64}]}).encode(),
        json.dumps({"data": [{"url": "https://x.example/a.png", "b64_json": PNG_64}]}).encode(),
        json.dumps({"data": [{"url": None, "revised_prompt": None, "b64_json": PNG_64}]}).encode(),
        json.dumps({"error": None, "data": [{"b64_json": PNG_64}]}).encode(),
        json.dumps({"code": 0, "message": "ok", "data": [{"b64_json": PNG_64}]}).encode(),
        json.dumps({"output": [{"type": "image_generation_call", "result": PNG_64}]}).encode(),
        PNG,
    ],
)
def test_a_picture_is_found_in_every_dialect_of_a_body(body: bytes, tmp_path: Path) -> None:
    assert read(body, tmp_path).picture == PNG


@pytest.mark.parametrize(
    "body",
    [
        event("image_generation.completed", **DONE),
        event("image_edit.completed", **DONE),
        event("image_generation.completed", name=False, **DONE),
        b"event: image_generation.completed\ndata: " + json.dumps(DONE).encode() + b"\n\n",
        b"data: " + json.dumps(DONE).encode() + b"\n\n",
        event("image_generation.completed", **DONE).replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + event("image_generation.completed", **DONE),
        b"\n \n\n\xef\xbb\xbf" + event("image_generation.completed", **DONE),
        event("image_generation.completed", **DONE).rstrip(b"\n"),
        event("image_generation.completed", **DONE) + b"data: [DONE]\n\n",
        event("image_generation.completed", **DONE) + event("error", error={"message": "too late"}),
        event("image_generation.completed", **DONE) + b"data: {broken",
        event("image_generation.completed", **DONE) + event("image_generation.completed", b64_json="%%%"),
        b": PING\n\nevent: ping\ndata: {}\n\n" + event("image_generation.completed", **DONE),
        event("image_generation.partial_image", b64_json=OTHER_64, partial_image_index=0)
        + event("image_generation.completed", **DONE),
        event("image_generation.partial_succeeded", b64_json=PNG_64)
        + event("image_generation.completed", usage=USAGE, size="1024x1024"),
        event("image_generation.completed", data=[{"b64_json": PNG_64}], size="1024x1024", usage=USAGE),
        event("response.output_item.done", item={"type": "image_generation_call", "result": PNG_64})
        + event("response.completed", response={"output": []}, usage=USAGE, size="1024x1024"),
        b'data: {"object":"image.edit.chunk","type":"image","size":"1024x1024","usage":'
        + json.dumps(USAGE).encode()
        + b',"data":[{"b64_json":"'
        + PNG_64.encode()
        + b'"}]}\n\ndata: [DONE]\n\n',
        event("image_generation.completed", **DONE).replace(b', "', b',\ndata: "'),
    ],
)
def test_a_picture_is_found_in_every_dialect_of_a_stream(body: bytes, tmp_path: Path) -> None:
    reply = read(body, tmp_path)
    assert reply.picture == PNG
    assert reply.size == "1024x1024"
    assert reply.usage is not None
    assert reply.usage.output_tokens == 196


def test_several_finished_pictures_are_all_kept_and_what_each_of_them_cost_is_added_up(tmp_path: Path) -> None:
    more = {**DONE, "b64_json": OTHER_64}
    reply = read(b"".join(event("image_generation.completed", **done) for done in (DONE, DONE, more)), tmp_path)
    assert reply.picture == PNG
    assert reply.pictures == (PNG, OTHER)
    assert reply.usage is not None
    assert (reply.usage.output_tokens, reply.usage.input_tokens) == (2 * 196, 2 * 12)


@pytest.mark.parametrize(
    "usage",
    [{"input_tokens": 12, "output_tokens": 2 * 196}, {"input_tokens": 12, "output_tokens": 372, "images": 2}],
    ids=["by the formula", "by its own count"],
)
def test_a_usage_of_the_whole_call_that_is_repeated_with_each_picture_counts_once(
    tmp_path: Path, usage: dict[str, Any]
) -> None:
    done = [{**DONE, "b64_json": picture, "usage": usage} for picture in (PNG_64, OTHER_64)]
    reply = read(b"".join(event("image_generation.completed", **each) for each in done), tmp_path)
    assert len(reply.pictures) == 2
    assert reply.usage is not None
    assert reply.usage.output_tokens == usage["output_tokens"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", errors.NoPicture),
        (b" \n" * 100, errors.NoPicture),
        ({"data": []}, errors.NoPicture),
        ({"data": [{"b64_json": None}]}, errors.NoPicture),
        ({"data": [{"b64_json": ""}]}, errors.NoPicture),
        ({"data": None}, errors.NoPicture),
        ({"created": 1}, errors.NoPicture),
        ({"data": ["a", 1, None]}, errors.NoPicture),
        ({"data": [{"url": "https://x.example/a.png"}]}, errors.NoPicture),
        ({"data": [{"b64_json": "not base64!"}]}, errors.PictureUnreadable),
        (json.dumps({"data": [{"b64_json": PNG_64}]}).encode()[:-20], errors.ConnectionCut),
        (b"[" * 100_000, errors.ConnectionCut),
        (b"<html><title>Sign in</title>", errors.ReplyUnreadable),
        (b"what a lovely day it is", errors.ReplyUnreadable),
        (event("image_generation.partial_image", b64_json=PNG_64), errors.NoPicture),
        (event("image_generation.completed"), errors.NoPicture),
        (event("image_generation.completed", **DONE)[:-40], errors.NoPicture),
    ],
)
def test_a_reply_without_a_picture_may_have_been_billed(body: Any, kind: type[GatewayError], tmp_path: Path) -> None:
    with pytest.raises(kind) as caught:
        read(body, tmp_path)
    assert caught.value.maybe_billed
    assert not caught.value.retryable


def test_a_missing_file_is_an_error_of_our_own_storage(tmp_path: Path) -> None:
    with pytest.raises(errors.StorageFailed):
        read_reply(tmp_path / "gone", request=image_request())


PIECES = st.sampled_from(
    (
        *("data: ", "event: error\n", "\n\n", "{", "}", '"', "[DONE]", "\ufeff", "]", "null", "<", "1e999", PNG_64),
        *('"b64_json":', '{"type":"image_generation.completed",', '"data":[', '"error":'),
    )
).map(str.encode)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PIECES | st.binary(max_size=20), max_size=20).map(b"".join))
def test_random_bytes_end_in_a_reply_or_a_gateway_error(tmp_path: Path, body: bytes) -> None:
    with contextlib.suppress(GatewayError):
        assert read(body, tmp_path).picture


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "error", "url", "b64_json", "usage", "message", "type", "code"]), inner
        )
    ),
    max_leaves=12,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(JSON, st.sampled_from(["", "error", "image_generation.completed", "image_generation.partial_image"]))
def test_strange_json_ends_in_a_reply_or_a_gateway_error(tmp_path: Path, value: Any, name: str) -> None:
    body = json.dumps(value).encode()
    for text in (body, b"event: " + name.encode() + b"\ndata: " + body + b"\n\n"):
        with contextlib.suppress(GatewayError):
            assert read(text, tmp_path).picture


@pytest.mark.parametrize("shape", ["json", "stream"])
def test_a_large_reply_is_read_with_modest_memory(shape: str, tmp_path: Path) -> None:
    picture = PNG + b"\x00" * 9_000_000
    done = {"b64_json": b64encode(picture).decode(), "usage": USAGE}
    body = json.dumps({"data": [done]}).encode() if shape == "json" else event("image_generation.completed", **done)
    (tmp_path / "attempt").write_bytes(body)
    size = len(body)
    del body, done
    tracemalloc.start()
    try:
        assert read_reply(tmp_path / "attempt", request=image_request()).picture == picture
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2.8 * size
