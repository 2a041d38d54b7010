"""Two texts word by word: what stays, what goes, what comes."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, takewhile
from typing import NamedTuple

# A word, a run of white space, or a mark; East Asian text has no spaces, so there each character is a word.
ALONE = r"\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef"
WORD = re.compile(rf"[{ALONE}]|[^\W{ALONE}]+|\s+|.", re.DOTALL)
SENTENCE = re.compile(r"[^.!?\n。！？]*[.!?\n。！？]?\s*", re.DOTALL)
WHOLE = re.compile(r".*", re.DOTALL)
MOST_PAIRS = 40_000_000  # of words (or else of sentences) that are held against each other: some 5 MB and 100 ms
SHORT = 3  # letters: so little between two changes is no anchor for the eye


class Piece(NamedTuple):
    kind: str  # "same" | "gone" | "new"
    text: str


def difference(old: str, new: str) -> list[Piece]:
    """The pieces of both texts in reading order.

    Joined to the letter, all but the new ones are the old text, and all but those that are gone the new one.
    """
    for unit in (WORD, SENTENCE, WHOLE):
        before, after = cut(unit, old), cut(unit, new)
        if len(before) * len(after) <= MOST_PAIRS:
            break
    return list(smoothed(raw(before, after)))


def cut(unit: re.Pattern[str], text: str) -> list[str]:
    return [piece for piece in unit.findall(text) if piece]


def raw(old: list[str], new: list[str]) -> Iterator[Piece]:
    """One piece for each word: the longest common row of them stays."""
    start = common(old, new)
    end = common(old[start:][::-1], new[start:][::-1])
    yield from (Piece("same", word) for word in new[:start])
    yield from between(old[start : len(old) - end], new[start : len(new) - end])
    yield from (Piece("same", word) for word in new[len(new) - end :])


def common(old: Sequence[str], new: Sequence[str]) -> int:
    """How many words both begin with."""
    return sum(1 for _pair in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))


def between(old: list[str], new: list[str]) -> list[Piece]:
    rows = rows_of(old, new)
    pieces: list[Piece] = []
    column, row = len(old), len(new)
    while row or column:
        if column and (not row or rows[row] >> (column - 1) & 1):
            column -= 1
            pieces.append(Piece("gone", old[column]))
        elif not column or not rows[row - 1] >> (column - 1) & 1:
            row -= 1
            pieces.append(Piece("new", new[row]))
        else:
            column, row = column - 1, row - 1
            pieces.append(Piece("same", new[row]))
    return pieces[::-1]


def rows_of(old: list[str], new: list[str]) -> list[int]:
    """The table of the longest common subsequence, a row for each new word and a bit for each old one.

    A bit is 0 where the row of common words grows (Hyyrö 2004): whole rows are made by a few operations on one large
    integer, so that thousands of words against thousands take a moment, however much they repeat themselves.
    """
    places: dict[str, int] = {}
    for at, word in enumerate(old):
        places[word] = places.get(word, 0) | 1 << at
    every = (1 << len(old)) - 1
    rows = [every]
    for word in new:
        met = rows[-1] & places.get(word, 0)
        rows.append((rows[-1] + met | rows[-1] - met) & every)
    return rows


def smoothed(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Whole stretches instead of words, what goes before what comes; so does next to nothing between two changes."""
    gone = come = ""
    runs = [(kind == "same", list(run)) for kind, run in groupby(pieces, key=lambda piece: piece.kind)]
    for at, (is_same, run) in enumerate(runs):
        text = "".join(piece.text for piece in run)
        if not is_same:
            gone, come = (gone + text, come) if run[0].kind == "gone" else (gone, come + text)
        elif 0 < at < len(runs) - 1 and is_slight(text):
            gone, come = gone + text, come + text
        else:
            yield from changed(gone, come)
            gone = come = ""
            yield Piece("same", text)
    yield from changed(gone, come)


def is_slight(text: str) -> bool:
    return text.isascii() and len(text.strip()) <= SHORT


def changed(gone: str, come: str) -> list[Piece]:
    return [Piece(kind, text) for kind, text in (("gone", gone), ("new", come)) if text]
