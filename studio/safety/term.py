"""A term of the policy, and a place where a text holds one."""

from typing import NamedTuple


class Term(NamedTuple):
    """A word or phrase of the policy, with the concept it stands for."""

    word: str
    concept: str
    weight: float
    entry: str  # as written in the data, where one entry is a word with all its endings
    group: float  # the weight of its group, as written by hand
    is_split: bool = False  # searched for as two halves: "na ked"


class Hit(NamedTuple):
    """A term found in a text, with its first character and the one after its last."""

    start: int
    end: int
    term: Term
