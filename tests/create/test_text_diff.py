"""The word diff: both texts can be restored from it, and it is fast for any texts."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.create.text_diff import Piece, word_diff

WORDS = st.sampled_from(
    ["a", "red", "boat", "in", "the", "fog", "，", "雾", "中", ".", " ", "  ", "\n", "é", "e\u0301", "🛶"]
)
TEXTS = st.lists(WORDS, max_size=40).map("".join) | st.text(max_size=80)
MAX_PROMPT = 32_000  # characters of a prompt


def without(kind: str, pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces if piece.kind != kind)


@settings(deadline=None, max_examples=60)
@given(old=TEXTS, new=TEXTS)
def test_both_texts_can_be_read_out_of_their_word_diff(old: str, new: str) -> None:
    pieces = word_diff(old, new)
    assert without("added", pieces) == old
    assert without("removed", pieces) == new
    assert all(piece.text for piece in pieces)


@settings(deadline=None, max_examples=60)
@given(old=TEXTS, new=TEXTS)
def test_removed_text_stands_before_added_text_and_runs_are_merged(old: str, new: str) -> None:
    kinds = "".join(piece.kind[0] for piece in word_diff(old, new))
    assert not any(pair in kinds for pair in ("ss", "rr", "aa", "ar"))


@settings(deadline=None, max_examples=60)
@given(text=TEXTS)
def test_the_same_text_stays(text: str) -> None:
    assert word_diff(text, text) == ([Piece("same", text)] if text else [])


def test_a_word_more_and_a_word_less_stand_out() -> None:
    assert word_diff("A red boat in the fog", "A small red boat in thick fog, at dawn") == [
        Piece("same", "A "),
        Piece("added", "small "),
        Piece("same", "red boat in "),
        Piece("removed", "the fog"),
        Piece("added", "thick fog, at dawn"),
    ]
    assert word_diff("Seen from the pier", "Seen from the pier, in soft light") == [
        Piece("same", "Seen from the pier"),
        Piece("added", ", in soft light"),
    ]


def test_east_asian_text_is_compared_character_by_character() -> None:
    assert word_diff("雾中的红船", "雾中的小红船") == [
        Piece("same", "雾中的"),
        Piece("added", "小"),
        Piece("same", "红船"),
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a " * (MAX_PROMPT // 2), "b a " * (MAX_PROMPT // 4)),
        ("红" * MAX_PROMPT, "红船" * (MAX_PROMPT // 2)),
        (".," * (MAX_PROMPT // 2), ",." * (MAX_PROMPT // 2)),
        (" ".join(map(str, range(6_000))), " ".join(map(str, range(6_000, 0, -1)))),
        ("x" * MAX_PROMPT, "y" * MAX_PROMPT),
    ],
)
def test_the_longest_prompts_take_a_moment(old: str, new: str) -> None:
    began = time.process_time()
    pieces = word_diff(old, new)
    assert time.process_time() - began < 2
    assert (without("added", pieces), without("removed", pieces)) == (old, new)
