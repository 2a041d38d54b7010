"""The real sandbox process and a conversation: every fault that applies to one, with and without a stream."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from studio.gateway import Endpoint, Gateway, GatewayError, ResponseReply, Timeouts, errors, read_response
from studio.images import ImageRequest, ResponseRequest, ResponseTurn, Size, output_tokens
from studio.sandbox.faults import DRAWINGS, FAULTS, NO_FAULT, RESPONSES
from tests.sandbox.conftest import Running, running

from .conftest import KEY, read_twice
from .expected_errors import ERRORS

SIZE = Size(1024, 640)
SEED = "one-for-all"  # the sandbox paints the same picture for the same id, and then only once
# These never answer, so the deadline is short; a stream is given up for its silence, however long that takes to come.
BRIEF = {("timeout", False), ("timeout", True), ("silent", False), ("silent-late", False)}
LATE = {"502-late"}
OF_IMAGES = (
    "image-field",
    "images-lost",
    "shift",
    "slow",
    "as-generations",
    "as-responses",
    "as-ark",
    "data-in-completed",
    "cliproxyapi",
    "vllm-omni",
    "n-alone",
)
CONCERNING = [
    fault.name for fault in FAULTS.values() if fault.applies_to in (DRAWINGS, RESPONSES) and fault.name not in OF_IMAGES
]

type Kind = type[GatewayError] | str
PICTURE, WORDS = "picture", "words"

# What each fault ends in where that is no picture; the second way is with a stream, where it differs.
EXPECTED: dict[str, Kind | tuple[Kind, Kind]] = {
    **ERRORS,
    "lacks-output-format": errors.ParameterRefused,
    "lacks-stream": (PICTURE, errors.ParameterRefused),
    "lacks-partial-images": (PICTURE, errors.ParameterRefused),
    "no-completed": (WORDS, errors.ConnectionCut),
    "empty-data": WORDS,
    "null-b64": WORDS,
    "bad-b64": WORDS,  # the picture is lost, and the text is there
    "text-only": WORDS,
    "refusal": WORDS,
    "item-failed": WORDS,
    "failed": errors.LateFailure,
    "failed-policy": errors.ContentRefused,
    "failed-rate": (errors.RateLimited, errors.LateFailure),  # a partial picture had come by then
    "incomplete": errors.LateFailure,
    "incomplete-filter": errors.ContentRefused,
    "cut-words": errors.ConnectionCut,
    "cut-late": (errors.ConnectionCut, PICTURE),
    "silent-late": (errors.DeadlinePassed, PICTURE),
    "partials-demanded": PICTURE,  # this stream has some
}


@dataclass
class Ended:
    """How a call ended, and the text and previews that arrived before."""

    outcome: ResponseReply | GatewayError
    text: str = ""
    previews: list[int] = field(default_factory=list)


CALLS = [
    ("", False),
    ("", True),
    *(
        (name, is_stream)
        for name in CONCERNING
        for is_stream in (False, True)
        if is_stream or not FAULTS[name].is_quirk
    ),
]

type Ends = dict[tuple[str, bool], Ended]


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("sandbox")) as started:
        yield started


@pytest.fixture(scope="module")
def ends(process: Running, tmp_path_factory: pytest.TempPathFactory) -> Ends:
    """One call per fault and way, a few at a time."""
    return asyncio.run(talk_all(process.url, tmp_path_factory.mktemp("inbox")))


async def talk_all(base_url: str, folder: Path) -> Ends:
    few = asyncio.Semaphore(8)
    async with Gateway() as gateway:
        ended = await asyncio.gather(*(responses_caller(gateway, base_url, folder, few, *call) for call in CALLS))
    return dict(zip(CALLS, ended, strict=True))


async def responses_caller(
    gateway: Gateway, base_url: str, folder: Path, few: asyncio.Semaphore, name: str, is_stream: bool
) -> Ended:
    path, texts, previews = folder / f"{name or 'plain'}-{is_stream}", [], []

    async def on_text(text: str) -> None:
        texts.append(text)

    async def on_partial(_base64: str, index: int) -> None:
        previews.append(index)

    async with few:
        try:
            received = await gateway.respond(
                endpoint=Endpoint(base_url=base_url, api_key=KEY, is_private_allowed=True),
                request=turn(f"A boat sandbox:{name}" if name else "A boat", is_stream=is_stream),
                body_path=path,
                timeouts=Timeouts(
                    connect=5,
                    deadline=4 if (name, is_stream) in BRIEF else 60,
                    silence=2 if name.startswith("silent") else 60,
                    early=-1 if name in LATE else 30,
                ),
                on_text=on_text,
                on_partial=on_partial,
                client_request_id=SEED,
            )
            outcome: ResponseReply | GatewayError = await asyncio.to_thread(read_twice, read_response, received)
        except GatewayError as error:
            outcome = error
    return Ended(outcome, "".join(texts), previews)


def turn(text: str, *, is_stream: bool) -> ResponseRequest:
    tool = ImageRequest(
        prompt=text, size=SIZE, quality="low", output_format="jpeg", stream=is_stream, partial_images=int(is_stream)
    )
    turns = (ResponseTurn(role="user", text=text),)
    return ResponseRequest(model="gpt-5.5", turns=turns, tool=tool, stream=is_stream)


@pytest.mark.parametrize(("name", "is_stream"), CALLS)
def test_each_fault_of_a_conversation_ends_as_it_should(name: str, is_stream: bool, ends: Ends) -> None:
    expected = EXPECTED.get(name, PICTURE)
    kind: Any = expected[is_stream] if isinstance(expected, tuple) else expected
    outcome = ends[name, is_stream].outcome
    if isinstance(kind, str):
        assert isinstance(outcome, ResponseReply), outcome
        assert bool(outcome.pictures) == (kind == PICTURE)
    else:
        assert type(outcome) is kind, outcome


@pytest.mark.parametrize(("name", "is_stream"), CALLS)
def test_nothing_billed_in_a_conversation_is_ever_called_free(name: str, is_stream: bool, ends: Ends) -> None:
    outcome = ends[name, is_stream].outcome
    if isinstance(outcome, GatewayError) and FAULTS.get(name, NO_FAULT).is_billed:
        assert outcome.maybe_billed
        assert not outcome.retryable


@pytest.mark.parametrize("is_stream", [False, True], ids=["json", "stream"])
def test_an_answer_has_text_usage_and_ids(is_stream: bool, ends: Ends) -> None:
    ended = ends["", is_stream]
    reply = ended.outcome
    assert isinstance(reply, ResponseReply)
    assert reply.text == "Here is your picture."
    assert reply.picture is not None
    assert reply.picture.startswith(b"\xff\xd8\xff")
    assert (reply.size, reply.quality, reply.output_format) == (str(SIZE), "low", "jpeg")
    assert reply.usage is not None
    assert reply.usage.output_tokens == output_tokens(1024, 640, "low") + 100 * is_stream
    assert reply.text_usage is not None
    assert reply.text_usage.output > 0
    assert (reply.response_id or "").startswith("resp_")
    assert (ended.text, ended.previews) == (("Here is your picture.", [0]) if is_stream else ("", []))


def reply_of(ends: Ends, name: str, *, is_stream: bool = True) -> ResponseReply:
    outcome = ends[name, is_stream].outcome
    assert isinstance(outcome, ResponseReply)
    return outcome


def test_two_pictures_are_two_and_one_repeated_is_one(ends: Ends) -> None:
    for is_stream in (False, True):
        assert len(reply_of(ends, "two-pictures", is_stream=is_stream).pictures) == 2
        assert len(reply_of(ends, "", is_stream=is_stream).pictures) == 1


def test_either_usage_may_be_missing(ends: Ends) -> None:
    for is_stream in (False, True):
        lacking, other = (reply_of(ends, f"no-{name}-usage", is_stream=is_stream) for name in ("tool", "text"))
        assert (lacking.usage, other.text_usage) == (None, None)
        assert lacking.text_usage
        assert other.usage
        assert reply_of(ends, "zero-usage", is_stream=is_stream).usage is None
        assert reply_of(ends, "chat-usage", is_stream=is_stream).usage


def test_a_refusal_is_distinguished_from_an_answer_in_text(ends: Ends) -> None:
    assert reply_of(ends, "refusal").refusal == "I can't help with that picture."
    assert reply_of(ends, "refusal").text == ""
    assert reply_of(ends, "text-only").refusal is None
    assert reply_of(ends, "text-only").text.startswith("Before I draw anything")
    assert ends["refusal", True].text == "I can't help with that picture."
    assert "safety system" in (reply_of(ends, "item-failed").refusal or "")


def test_a_missing_or_bad_end_is_reported(ends: Ends) -> None:
    assert reply_of(ends, "incomplete-late").incomplete_reason == "max_output_tokens"
    assert not reply_of(ends, "cut-late").is_whole
    assert reply_of(ends, "cut-late").text_usage is None
    assert reply_of(ends, "").is_whole
