"""Word by word: whatever two texts are, each can be read out of their difference, and soon."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.generations.threads.differences import Piece, difference

WORDS = st.sampled_from(
    ["a", "red", "boat", "in", "the", "fog", "，", "雾", "中", ".", " ", "  ", "\n", "é", "e\u0301", "🛶"]
)
TEXTS = st.lists(WORDS, max_size=40).map("".join) | st.text(max_size=80)
MOST = 32_000  # characters of a prompt


def without(kind: str, pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces if piece.kind != kind)


@settings(deadline=None, max_examples=60)
@given(old=TEXTS, new=TEXTS)
def test_both_texts_can_be_read_out_of_their_difference(old: str, new: str) -> None:
    pieces = difference(old, new)
    assert without("new", pieces) == old
    assert without("gone", pieces) == new
    assert all(piece.text for piece in pieces)


@settings(deadline=None, max_examples=60)
@given(old=TEXTS, new=TEXTS)
def test_what_goes_stands_before_what_comes_and_stretches_are_whole(old: str, new: str) -> None:
    kinds = "".join(piece.kind[0] for piece in difference(old, new))
    assert not any(pair in kinds for pair in ("ss", "gg", "nn", "ng"))


@settings(deadline=None, max_examples=60)
@given(text=TEXTS)
def test_the_same_text_stays(text: str) -> None:
    assert difference(text, text) == ([Piece("same", text)] if text else [])


def test_a_word_more_and_a_word_less_stand_out() -> None:
    assert difference("A red boat in the fog", "A small red boat in thick fog, at dawn") == [
        Piece("same", "A "),
        Piece("new", "small "),
        Piece("same", "red boat in "),
        Piece("gone", "the fog"),
        Piece("new", "thick fog, at dawn"),
    ]
    assert difference("Seen from the pier", "Seen from the pier, in soft light") == [
        Piece("same", "Seen from the pier"),
        Piece("new", ", in soft light"),
    ]


def test_east_asian_text_is_compared_character_by_character() -> None:
    assert difference("雾中的红船", "雾中的小红船") == [
        Piece("same", "雾中的"),
        Piece("new", "小"),
        Piece("same", "红船"),
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a " * (MOST // 2), "b a " * (MOST // 4)),
        ("红" * MOST, "红船" * (MOST // 2)),
        (".," * (MOST // 2), ",." * (MOST // 2)),
        (" ".join(map(str, range(6_000))), " ".join(map(str, range(6_000, 0, -1)))),
        ("x" * MOST, "y" * MOST),
    ],
)
def test_the_longest_prompts_take_a_moment(old: str, new: str) -> None:
    began = time.process_time()
    pieces = difference(old, new)
    assert time.process_time() - began < 2
    assert (without("new", pieces), without("gone", pieces)) == (old, new)
