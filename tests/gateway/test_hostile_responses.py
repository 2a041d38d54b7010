"""Whatever a gateway sends as a response, reading it ends in an answer or in an error of the tree."""

import contextlib
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.gateway import GatewayError, ResponseReply, read_response
from studio.gateway.error_body import read_error_body
from studio.gateway.error_classification import classify_error
from studio.gateway.sse import EventParser
from studio.gateway.transcript import Transcript
from studio.images import TextUsage, Usage

from .conftest import PNG, PNG_64
from .test_respond import COMPLETED, CREATED, DRAWN, call, delta, message, partial, response

# Keys and words that mean something, among ones that mean nothing, nested at random.
WORDS = st.sampled_from(
    ["type", "response", "output", "item", "content", "error", "message", "code", "result", "id", "usage", "text",
     "delta", "status", "image_generation_call", "response.output_item.done", "response.completed", "response.failed",
     "response.output_text.delta", "tool_usage", "image_gen", "incomplete_details", "reason", "refusal", "output_text",
     "partial_image_b64", "b64_json", "data", "url", PNG_64, "data:,", "https://x.example/a.png", ""]
)  # fmt: skip
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=8), inner, max_size=5),
    max_leaves=25,
)
QUICKLY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
WHOLE = CREATED + partial(0) + DRAWN + delta("There ") + delta("you are.") + COMPLETED


def read(body: bytes, folder: Path) -> ResponseReply | None:
    path = folder / "attempt"
    path.write_bytes(body)
    with contextlib.suppress(GatewayError):
        return read_response(path)
    return None


@QUICKLY
@given(junk=JUNK)
def test_any_json_is_read_or_refused(junk: Any, tmp_path: Path) -> None:
    read(json.dumps(junk).encode("utf-8", "surrogatepass"), tmp_path)


@QUICKLY
@given(events=st.lists(st.tuples(WORDS, JUNK), max_size=6))
def test_any_events_are_read_or_refused(events: list[tuple[str, Any]], tmp_path: Path) -> None:
    lines = [f"event: {name}\ndata: {json.dumps(junk)}\n\n" for name, junk in events]
    read("".join(lines).encode("utf-8", "surrogatepass"), tmp_path)


@QUICKLY
@given(junk=JUNK)
def test_odd_events_around_a_picture_do_not_lose_it(junk: Any, tmp_path: Path) -> None:
    odd = f"data: {json.dumps({'type': 'response.output_item.done', 'item': junk})}\n\n".encode("utf-8", "replace")
    for body in (odd + DRAWN + COMPLETED, DRAWN + odd + COMPLETED):
        reply = read(body, tmp_path)
        assert reply is not None
        assert PNG in reply.pictures


@QUICKLY
@given(cuts=st.lists(st.integers(0, len(WHOLE)), max_size=12), ending=st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_a_stream_says_the_same_wherever_it_is_cut_into_pieces(cuts: list[int], ending: bytes) -> None:
    body = WHOLE.replace(b"\n", ending)
    places = sorted({0, *(cut for cut in cuts if cut < len(body)), len(body)})
    parser, transcript, text = EventParser(), Transcript(), ""
    for start, end in pairwise(places):
        text += "".join(transcript.add_event(event).text for event in parser.feed(body[start:end]))
    text += "".join(transcript.add_event(event).text for event in parser.finish())
    assert (text, transcript.text) == ("There you are.", "There you are.")
    assert len(transcript.pictures) == 1


@QUICKLY
@given(end=st.integers(0, len(WHOLE)))
def test_a_stream_that_breaks_off_anywhere_keeps_a_picture_that_has_come(end: int, tmp_path: Path) -> None:
    reply = read(WHOLE[:end], tmp_path)
    if end >= WHOLE.index(DRAWN) + len(DRAWN):
        assert reply is not None
        assert reply.pictures == (PNG,)


@QUICKLY
@given(usage=JUNK)
def test_a_hostile_usage_is_none_or_a_plain_count(usage: Any, tmp_path: Path) -> None:
    body = response(call(), message("x"), usage=usage, tool_usage={"image_gen": usage})
    reply = read(json.dumps(body).encode("utf-8", "surrogatepass"), tmp_path)
    assert reply is not None
    assert reply.pictures == (PNG,)
    for figures in filter(None, (reply.usage, reply.text_usage)):
        assert all(isinstance(count, int) and count >= 0 for count in vars(figures).values())


@QUICKLY
@given(junk=JUNK, status=st.sampled_from([200, 302, 400, 401, 403, 404, 422, 429, 500, 502, 524]))
def test_every_error_body_is_classified(junk: Any, status: int) -> None:
    error = classify_error(status=status, error_body=read_error_body(junk))
    assert isinstance(error, GatewayError)
    assert len(error.detail) <= 2000
    assert not (error.retryable and error.maybe_billed)


@pytest.mark.parametrize("figure", [-1, 10**30, float("nan"), float("inf"), "12", 1.5, True, None, [], {}])
def test_a_number_that_is_no_count_makes_no_usage(figure: Any) -> None:
    assert Usage.from_wire({"input_tokens": 5, "output_tokens": figure}) is None
    assert TextUsage.from_wire({"input_tokens": 5, "output_tokens": figure}) is None
