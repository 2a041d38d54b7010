"""Negation: where a text names something in order to exclude it."""

from bisect import bisect_right

from .term import Hit

JOINERS = frozenset({"or", "and", "nor", "any", "visible", "explicit", "sexual", "graphic", "of", "a"})
ITEM_WORDS = 4  # an item of a list of unwanted things is at most this long; a longer one is a sentence, and counts
EARLIER_WORDS = 7  # likewise, for the items before it
LONG_LIST = 4  # items after which a plain "No" applies to the whole list
OPENINGS = {" no ", ". no "}
NEGATABLE = frozenset(
    {
        "act",
        "frank",
        "body",
        "nudity",
        "lure",
        "allure",
        "scene",
        "setting",
        "assault",
        "force",
        "gore",
        "killing",
        "peril",
        "mood",
        "graphic",
        "slur",
        "ideology",
        "contempt",
        "dehumanising",
        "crime",
        "offence",
        "self_harm",
        "despair",
        "abuse",
        "incapacity",
    }
)


class Negations:
    """The negations in a text: "no nudity", "without blood or gore", "Avoid: nudity, weapons"."""

    def __init__(self, found: list[Hit], words: str) -> None:
        self.words = words
        self.ends = {
            name: sorted(hit.end for hit in found if hit.term.concept == name) for name in ("negation", "avoidance")
        }
        self.ends["opening"] = [end for end in self.ends["negation"] if words[max(0, end - 5) : end] in OPENINGS]
        self.last_end = -1  # end of the last negated hit: "without blood or gore"
        has_negation = any(self.ends.values())
        self.youth = [hit for hit in found if hit.term.concept == "youth"] if has_negation else []
        self.others = [hit for hit in found if hit.term.concept in NEGATABLE] if has_negation else []

    def apply(self, hit: Hit) -> bool:
        """Whether a hit is negated. Call it in the order of the text: a list goes on from the last negated hit."""
        if hit.term.concept == "youth":
            return self.is_avoided_alone(hit)
        is_negated = self.is_negated(hit) or self.is_avoided(hit)
        if is_negated:
            self.last_end = hit.end
        return is_negated

    def before(self, name: str, hit: Hit) -> str | None:
        """The text between the last such word and the hit. (Latin words share the space between them.)"""
        at = bisect_right(self.ends[name], hit.start + self.words.startswith(" ", hit.start))
        return self.words[self.ends[name][at - 1] : hit.start] if at else None

    def is_negated(self, hit: Hit) -> bool:
        between = self.before("negation", hit)
        if between is None:
            return False
        if 0 <= self.last_end <= hit.start + 1:
            between = min(between, self.words[self.last_end : hit.start], key=len)
        return len(between) <= 60 and JOINERS.issuperset(between.split()) and not self.is_of_youth(hit)

    def is_avoided(self, hit: Hit) -> bool:
        return self.is_listed(hit) and not self.is_of_youth(hit)

    def is_avoided_alone(self, hit: Hit) -> bool:
        """For a word of childhood: true in "Avoid: nudity, underage look", never in "Avoid: child nudity"."""
        return self.is_listed(hit) and not self.is_beside(self.others, hit)

    def is_listed(self, hit: Hit) -> bool:
        """Whether it is an item of "Avoid: text, nudity", or a later item of "No text, logos, faces, hands, nudity"."""
        for name, least in (("avoidance", 0), ("opening", LONG_LIST)):
            between = self.before(name, hit)
            if between is None or "." in between:
                continue
            items = between.split(",")
            item = self.words[max(self.start_of_item(hit), hit.start - len(between)) : self.end_of_item(hit)]
            is_list = len(items) > least and all(len(part.split()) <= EARLIER_WORDS for part in items)
            if is_list and len(item.strip(" ,.").split()) <= ITEM_WORDS:
                return True
        return False

    def is_of_youth(self, hit: Hit) -> bool:
        """Whether the same item holds a word of childhood, which no negation excuses."""
        return self.is_beside(self.youth, hit)

    def is_beside(self, others: list[Hit], hit: Hit) -> bool:
        start, end = self.start_of_item(hit), self.end_of_item(hit)
        return any(start <= other.start and other.end <= end + 1 for other in others)

    def start_of_item(self, hit: Hit) -> int:
        return max(0, *(self.words.rfind(mark, 0, hit.start + 1) for mark in ",."))

    def end_of_item(self, hit: Hit) -> int:
        ends = (self.words.find(mark, hit.end - 1) for mark in ",.")
        return min((end for end in ends if end >= 0), default=len(self.words))
