"""Two texts word by word: what stays, what goes, what comes."""

import re
from difflib import SequenceMatcher
from typing import NamedTuple

# A word with the white space behind it; East Asian text has no spaces, so there each character is a word.
WORD = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef]\s*|[^\s\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef]+\s*|\s+")


class Piece(NamedTuple):
    kind: str  # "same" | "gone" | "new"
    text: str


def difference(old: str, new: str) -> list[Piece]:
    """The pieces of both texts in reading order; those that are not gone, joined, are the new text to the letter."""
    before, after = WORD.findall(old), WORD.findall(new)
    matcher = SequenceMatcher(None, [word.strip() for word in before], [word.strip() for word in after], autojunk=False)
    pieces: list[Piece] = []
    for kind, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        gone, come = "".join(before[old_start:old_end]), "".join(after[new_start:new_end])
        if kind == "equal":
            pieces.append(Piece("same", come))
            continue
        pieces += [Piece(*piece) for piece in (("gone", gone), ("new", come)) if piece[1]]
    return pieces
