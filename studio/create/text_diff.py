"""A word-by-word difference of two texts."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, takewhile
from typing import NamedTuple

# A word, a run of white space, or a mark; East Asian text has no spaces, so there each character is a word.
ALONE = r"\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef"
WORD = re.compile(rf"[{ALONE}]|[^\W{ALONE}]+|\s+|.", re.DOTALL)
SENTENCE = re.compile(r"[^.!?\n。！？]*[.!?\n。！？]?\s*", re.DOTALL)
WHOLE = re.compile(r".*", re.DOTALL)
MOST_PAIRS = 40_000_000  # of words (else of sentences) to compare: about 5 MB and 100 ms
ALIKE = 0.3  # the share of the shorter prompt that two neighbours have in common at the least
LONG = 8_000  # characters
SHORT = 3  # letters; a shorter unchanged text between two changes is merged with them


class Piece(NamedTuple):
    kind: str  # "same" | "removed" | "added"
    text: str


def word_diff(old: str, new: str) -> list[Piece]:
    """The pieces of both texts in reading order.

    All pieces but the added ones are exactly the old text, all but the removed ones exactly the new one.
    """
    for unit in (WORD, SENTENCE, WHOLE):
        before, after = cut(unit, old), cut(unit, new)
        if len(before) * len(after) <= MOST_PAIRS:
            break
    return list(merged(word_pieces(before, after)))


def prompt_pieces(old: str, new: str) -> list[Piece]:
    """The new prompt with what differs from the old one marked; unmarked where they have hardly a word in common.

    Prompts of more than LONG characters are not compared: many of them stand on one page.
    """
    if not old or max(len(old), len(new)) > LONG:
        return [Piece("same", new)] if new else []
    pieces = word_diff(old, new)
    kept = sum(len(piece.text) for piece in pieces if piece.kind == "same")
    return pieces if kept >= ALIKE * min(len(old), len(new)) else [Piece("same", new)]


def cut(unit: re.Pattern[str], text: str) -> list[str]:
    return [piece for piece in unit.findall(text) if piece]


def word_pieces(old: list[str], new: list[str]) -> Iterator[Piece]:
    """One piece per word; the longest common subsequence stays."""
    start = common_length(old, new)
    end = common_length(old[start:][::-1], new[start:][::-1])
    yield from (Piece("same", word) for word in new[:start])
    yield from middle_pieces(old[start : len(old) - end], new[start : len(new) - end])
    yield from (Piece("same", word) for word in new[len(new) - end :])


def common_length(old: Sequence[str], new: Sequence[str]) -> int:
    """The length of the common prefix."""
    return sum(1 for _pair in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))


def middle_pieces(old: list[str], new: list[str]) -> list[Piece]:
    rows = lcs_rows(old, new)
    pieces: list[Piece] = []
    column, row = len(old), len(new)
    while row or column:
        if column and (not row or rows[row] >> (column - 1) & 1):
            column -= 1
            pieces.append(Piece("removed", old[column]))
        elif not column or not rows[row - 1] >> (column - 1) & 1:
            row -= 1
            pieces.append(Piece("added", new[row]))
        else:
            column, row = column - 1, row - 1
            pieces.append(Piece("same", new[row]))
    return pieces[::-1]


def lcs_rows(old: list[str], new: list[str]) -> list[int]:
    """The table of the longest common subsequence: an integer per new word with a bit per old word.

    A bit is 0 where the subsequence grows (Hyyrö 2004). Each row takes a few operations on one large integer, so that
    comparing thousands of words is fast however much they repeat.
    """
    positions: dict[str, int] = {}
    for at, word in enumerate(old):
        positions[word] = positions.get(word, 0) | 1 << at
    every = (1 << len(old)) - 1
    rows = [every]
    for word in new:
        matches = rows[-1] & positions.get(word, 0)
        rows.append((rows[-1] + matches | rows[-1] - matches) & every)
    return rows


def merged(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Runs instead of words, removed text before added text; a short unchanged run between two changes joins them."""
    removed = added = ""
    runs = [(kind == "same", list(run)) for kind, run in groupby(pieces, key=lambda piece: piece.kind)]
    for at, (is_same, run) in enumerate(runs):
        text = "".join(piece.text for piece in run)
        if not is_same:
            removed, added = (removed + text, added) if run[0].kind == "removed" else (removed, added + text)
        elif 0 < at < len(runs) - 1 and is_short(text):
            removed, added = removed + text, added + text
        else:
            yield from change_pieces(removed, added)
            removed = added = ""
            yield Piece("same", text)
    yield from change_pieces(removed, added)


def is_short(text: str) -> bool:
    return text.isascii() and len(text.strip()) <= SHORT


def change_pieces(removed: str, added: str) -> list[Piece]:
    return [Piece(kind, text) for kind, text in (("removed", removed), ("added", added)) if text]
