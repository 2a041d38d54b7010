import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.gateway.errors import ReplyTooLarge
from studio.gateway.sse import Event, EventParser


def parse(*chunks: bytes, cap: int = 10_000) -> list[Event]:
    parser = EventParser(max_event_bytes=cap)
    events = [event for chunk in chunks for event in parser.feed(chunk)]
    return events + list(parser.finish())


@pytest.mark.parametrize(
    ("text", "events"),
    [
        (b"data: a\n\n", [Event("", "a")]),
        (b"event: x\ndata: a\n\n", [Event("x", "a")]),
        (b"event: x\r\ndata: a\r\n\r\n", [Event("x", "a")]),
        (b"event: x\rdata: a\r\r", [Event("x", "a")]),
        (b"\xef\xbb\xbfdata: a\n\n", [Event("", "a")]),
        (b"data:a\ndata: b\ndata:  c\n\n", [Event("", "a\nb\n c")]),
        (b": keep-alive\n\n:\n\ndata: a\n\n", [Event("", "a")]),
        (b"event: x\n\ndata: a\n\n", [Event("", "a")]),
        (b"data\n\n", [Event("", "")]),
        (b"data: the end is missing", [Event("", "the end is missing")]),
        (b"id: 1\nretry: 5\ndata: a\nunknown: b\n\n", [Event("", "a")]),
        (b"data: \xe2\x82\xac\xff\n\n", [Event("", "€�")]),
        (b"\n\n\n", []),
    ],
)
def test_every_spelling_of_an_event_is_read(text: bytes, events: list[Event]) -> None:
    assert parse(text) == events


STREAMS = st.lists(
    st.sampled_from([b"data: ", b"event: ", b"\n", b"\r", b"\r\n", b"\n\n", b":", b"x", b"\xef\xbb\xbf", b"\xe2\x82"])
    | st.binary(max_size=8),
    max_size=40,
).map(b"".join)


@settings(deadline=None)
@given(STREAMS, st.data())
def test_events_are_the_same_in_chunks_of_any_size(text: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    chunks = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert parse(*chunks) == parse(text)


@settings(deadline=None)
@given(st.binary(max_size=300), st.integers(1, 40))
def test_random_bytes_give_events_or_the_error_of_the_cap(text: bytes, cap: int) -> None:
    try:
        parse(text, cap=cap)
    except ReplyTooLarge:
        assert len(text) > cap


def test_one_event_may_not_pass_the_cap_even_without_an_end() -> None:
    with pytest.raises(ReplyTooLarge):
        parse(b"data: ", b"x" * 600, b"x" * 600, cap=1000)


def test_comments_and_finished_events_do_not_use_up_the_cap() -> None:
    assert len(parse(*[b": still here\n\ndata: " + b"x" * 500 + b"\n\n"] * 50, cap=1000)) == 50


def test_a_long_line_in_small_chunks_is_parsed_in_linear_time() -> None:
    def seconds(megabytes: int) -> float:
        parser, piece = EventParser(), b"x" * 16_384
        started = time.process_time()
        list(parser.feed(b"data: "))
        for _ in range(megabytes * 64):
            list(parser.feed(piece))
        [event] = parser.feed(b"\n\n")
        assert len(event.data) == megabytes * 1024 * 1024
        return time.process_time() - started

    seconds(4)
    assert seconds(32) < 32 * max(seconds(4), 0.002)  # 8 times the bytes; quadratic would be 64 times the work
