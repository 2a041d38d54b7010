"""The real sandbox process, every fault of its table, with and without a stream."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.gateway import Endpoint, Gateway, GatewayError, Reply, Timeouts, errors, read_reply
from studio.images import ImageRequest, Size, output_tokens
from studio.sandbox.faults import DRAWINGS, FAULTS, NO_FAULT
from tests.sandbox.conftest import running

from .conftest import KEY, read_twice
from .expected_errors import ERRORS

SIZE = Size(1024, 640)
SEED = "one-for-all"  # the sandbox paints the same picture for the same id, and then only once
BRIEF = {("timeout", False), ("timeout", True), ("silent", False)}  # these never answer, so the deadline is short
LATE = {"502-late"}  # the sandbox draws in no time; what took its time is counted as late

# What each fault ends in where that is no picture: without a stream, and where that differs with one that asks for a
# partial picture.
EXPECTED: dict[str, type[GatewayError] | type[Reply] | tuple[type[GatewayError] | type[Reply], ...]] = {
    **ERRORS,
    "no-completed": (errors.NoPicture, errors.ConnectionCut),
    "empty-data": errors.NoPicture,
    "null-b64": errors.NoPicture,
    "bad-b64": errors.PictureUnreadable,
}

# Those that bring a picture oddly have tests of their own in test_quirks.
DRAWING = {"": NO_FAULT} | {
    name: fault for name, fault in FAULTS.items() if fault.applies_to == DRAWINGS and not fault.is_quirk
}
IN_BOTH_WAYS = {"", "429", "502-late", "empty-data", "null-b64", "url"}
CALLS = [
    (name, is_stream)
    for name, fault in DRAWING.items()
    for is_stream in (False, True)
    if not is_stream or name in IN_BOTH_WAYS or fault.delivery != "plain"
]

type Outcomes = dict[tuple[str, bool], Reply | GatewayError]


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("sandbox")) as started:
        yield started.url


@pytest.fixture(scope="module")
def outcomes(base_url: str, tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """One call per fault and way, a few at a time."""
    return asyncio.run(draw_all(base_url, tmp_path_factory.mktemp("inbox")))


async def draw_all(base_url: str, folder: Path) -> Outcomes:
    few = asyncio.Semaphore(8)
    async with Gateway() as gateway:
        ends = await asyncio.gather(*(ended(gateway, base_url, folder, few, *call) for call in CALLS))
    return dict(zip(CALLS, ends, strict=True))


async def ended(
    gateway: Gateway, base_url: str, folder: Path, few: asyncio.Semaphore, name: str, is_stream: bool
) -> Reply | GatewayError:
    path = folder / f"{name or 'none'}-{is_stream}"
    request = ImageRequest(
        prompt=f"a lighthouse sandbox:{name}" if name else "a lighthouse",
        size=SIZE,
        quality="low",
        output_format="jpeg",
        output_compression=80,
        background="opaque",
        moderation="low",
        user="somebody",
        stream=is_stream,
        partial_images=1 if is_stream else 0,
    )
    timeouts = Timeouts(
        connect=5,
        deadline=3 if (name, is_stream) in BRIEF else 60,
        silence=1.5 if name == "silent" else 60,
        early=0 if name in LATE else 30,
    )
    endpoint = Endpoint(base_url=base_url, api_key=KEY, is_private_allowed=True)
    async with few:
        try:
            received = await gateway.generate(
                endpoint=endpoint, request=request, body_path=path, timeouts=timeouts, client_request_id=SEED
            )
            return await asyncio.to_thread(read_twice, read_reply, received, request=request)
        except GatewayError as error:
            return error


def test_every_expectation_is_about_a_fault_of_the_table() -> None:
    assert set(EXPECTED) <= set(DRAWING)


@pytest.mark.parametrize(("name", "is_stream"), CALLS)
def test_each_fault_ends_as_it_should(name: str, is_stream: bool, outcomes: Outcomes) -> None:
    expected = EXPECTED.get(name, Reply)
    kind = expected[is_stream] if isinstance(expected, tuple) else expected
    assert type(outcomes[name, is_stream]) is kind, outcomes[name, is_stream]


@pytest.mark.parametrize(("name", "is_stream"), CALLS)
def test_nothing_billed_is_ever_called_free(name: str, is_stream: bool, outcomes: Outcomes) -> None:
    outcome = outcomes[name, is_stream]
    if isinstance(outcome, GatewayError) and FAULTS.get(name, NO_FAULT).is_billed:
        assert outcome.maybe_billed
        assert not outcome.retryable


@pytest.mark.parametrize("is_stream", [False, True], ids=["json", "stream"])
def test_a_picture_has_its_usage(is_stream: bool, outcomes: Outcomes) -> None:
    reply = outcomes["", is_stream]
    assert isinstance(reply, Reply)
    assert reply.picture.startswith(b"\xff\xd8\xff")
    assert (reply.size, reply.quality, reply.output_format) == (str(SIZE), "low", "jpeg")
    assert reply.usage is not None
    assert reply.usage.output_tokens == output_tokens(SIZE.width, SIZE.height, "low") + (100 if is_stream else 0)


def test_the_facts_of_odd_replies_are_read(outcomes: Outcomes) -> None:
    def reply(name: str) -> Reply:
        outcome = outcomes[name, False]
        assert isinstance(outcome, Reply)
        return outcome

    assert reply("no-usage").usage is reply("zero-usage").usage is None
    assert reply("chat-usage").usage is not None
    assert (reply("downgraded").size, reply("downgraded").model) == ("auto", "gpt-image-2-codex")
    assert reply("wrong-format").output_format == "webp"
    assert reply("revised").revised_prompt
    for name in ("url", "url-data", "url-moved", "data-url", "b64-lines"):
        assert reply(name).picture.startswith(b"\xff\xd8\xff")


def test_errors_carry_retry_delay_parameter_and_ids(outcomes: Outcomes) -> None:
    def error(name: str) -> GatewayError:
        outcome = outcomes[name, False]
        assert isinstance(outcome, GatewayError)
        return outcome

    assert (error("429").retry_after, error("429-busy").retry_after, error("429-usage").retry_after) == (2, 1, 3600)
    assert error("unknown-parameter").param == "output_format"
    assert error("bad-key").code == "invalid_api_key"
    assert error("429").request_id
    assert "sk-leaked" not in error("502-leak").detail
    assert "ops@" not in error("502-leak").detail
