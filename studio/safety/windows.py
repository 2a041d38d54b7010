"""Windows: a text cut into overlapping parts, with the weights of the terms found in each."""

from .term import Hit, Term

WINDOW = 450  # characters; terms further apart than this are not judged together
FAINT = 0.59  # a term below this weight is only a hint, and long texts are full of hints
HINT_SHARE_IN_LONG = 0.35  # of its weight, what a hint counts in a long text
UNAMBIGUOUS_FROM = 0.54  # a term of at least this weight has hardly any other meaning


class Window:
    """The weights found in one part of a text, by concept. A term counts once, however often it occurs."""

    def __init__(self, *, hint_share: float = 1.0) -> None:
        self.hint_share = hint_share  # of its weight, what a faint term counts
        self.found: dict[str, dict[str, float]] = {}
        self.written: dict[str, dict[str, float]] = {}  # the same, with the weights written by hand

    def add(self, term: Term) -> None:
        self.found.setdefault(term.concept, {})[term.entry] = term.weight
        self.written.setdefault(term.concept, {})[term.entry] = term.group

    def of(self, *concepts: str) -> dict[str, float]:
        return {word: weight for concept in concepts for word, weight in self.found.get(concept, {}).items()}

    def unambiguous(self, *concepts: str) -> set[str]:
        """The words of concepts that have hardly any other meaning, by the weights written by hand."""
        return {
            word
            for concept in concepts
            for word, weight in self.written.get(concept, {}).items()
            if weight >= UNAMBIGUOUS_FROM
        }

    def sum(self, shares: dict[str, float]) -> float:
        return sum(
            share
            * sum(weight if weight >= FAINT else weight * self.hint_share for weight in self.found[concept].values())
            for concept, share in shares.items()
            if concept in self.found
        )


def windows_of(hits: list[Hit], length: int) -> list[Window]:
    """Windows that overlap by half; a single one for a short text."""
    if length <= WINDOW:
        whole = Window()
        for hit in hits:
            whole.add(hit.term)
        return [whole]
    step = WINDOW // 2
    parts: dict[int, Window] = {0: Window(hint_share=HINT_SHARE_IN_LONG)}
    for hit in hits:
        last = hit.start // step
        for at in (last - 1, last) if last else (0,):
            if at not in parts:
                parts[at] = Window(hint_share=HINT_SHARE_IN_LONG)
            parts[at].add(hit.term)
    return list(parts.values())
