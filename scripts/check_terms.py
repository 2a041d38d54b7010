#!/usr/bin/env python
"""Checks the terms of the prompt policy: that each is well written, and that no ordinary word is mistaken for one.

    uv run --no-sync scripts/check_terms.py            the thousands of words of each language that are used most
    uv run --no-sync scripts/check_terms.py --full     every word that `wordfreq` knows

An ordinary word must not be read as a term in disguise, neither alone nor beside a child's word. Where one is, add it
to `ordinary` in `studio/safety/terms/words.toml`; where the word means what it is read as, add it to
`tests/safety/lists/meant.toml`. A term that is an ordinary word of another language stands under `homographs`.
"""

import argparse
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from wordfreq import top_n_list

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from studio.safety.letters import plain_letters  # noqa: E402
from studio.safety.policy import Policy, default_policy, judge  # noqa: E402
from studio.safety.term_files import TERMS  # noqa: E402

LANGUAGES = {  # with a child's word of each
    "en": "a child", "de": "das Kind und die Kinder", "fr": "les enfants dans la rue", "es": "los niños en la calle",
    "pt": "as crianças na rua", "it": "i bambini nella strada", "nl": "children", "pl": "children", "sv": "children",
    "tr": "children", "da": "children", "fi": "children", "cs": "children", "hu": "children", "ro": "children",
    "ca": "children", "vi": "children", "id": "children", "ru": "дети", "uk": "діти", "ar": "طفل", "hi": "बच्चे",
    "zh": "孩子", "ja": "小学生", "ko": "어린이",
}  # fmt: skip
OFTEN, ALL = 8_000, 200_000  # words of each language
PARTS = frozenset({"s", "es", "ed", "er", "ing"})  # endings alone are a torn entry
LISTS = ("en", "zh", "other")
MEANT = ROOT / "tests" / "safety" / "lists" / "meant.toml"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--full", action="store_true", help="every word of each language")
    count = ALL if parser.parse_args().full else OFTEN
    faults = [*malformed(TERMS), *mistaken(default_policy(), count)]
    sys.exit("\n".join(faults) or None)


def malformed(folder: Path) -> Iterator[str]:
    """Each entry that is torn, empty, doubled or of one letter."""
    for path in sorted(folder.glob("*.toml")):
        seen: Counter[tuple[str, str]] = Counter()
        for group in tomllib.loads(path.read_text(encoding="utf-8")).get("terms", ()):
            for entry in (entry for name in LISTS for entry in group.get(name, ())):
                seen[group["concept"], entry] += 1
                if fault := fault_of(entry):
                    yield f"{path.name}, {group['concept']}: {entry!r} {fault}"
        yield from (f"{path.name}, {concept}: {entry!r} stands twice" for (concept, entry), n in seen.items() if n > 1)


def fault_of(entry: str) -> str:
    if not entry.strip() or entry != entry.strip() or "  " in entry:
        return "is empty or has spaces too many"
    if not re.fullmatch(r"[^{}]*(\{[^{},]*(,[^{},]*)+\}[^{}]*)?", entry):
        return "has unbalanced or empty braces"
    if entry in PARTS:
        return "is only an ending"
    return "is a single letter" if len(entry) == 1 and entry.isascii() else ""


def mistaken(policy: Policy, count: int) -> Iterator[str]:
    """Each ordinary word that is read as a term in disguise and refused, alone or beside a child's word."""
    meant = {word for words in tomllib.loads(MEANT.read_text(encoding="utf-8")).values() for word in words.split()}
    terms = {form for group in policy.terms for term in group for form in (term.word, plain_letters(term.word))}
    for language, child in LANGUAGES.items():
        for word in top_n_list(language, count):
            if {word, plain_letters(word)} & terms or word in meant or is_inflected(word, terms):
                continue
            if is_misread(policy, word) and (judge(word).is_refusal or judge(f"{child}, {word}").is_refusal):
                yield f"{language}: {word!r} is refused, read as {policy.lexicon.plain(word).strip()!r}"


def is_misread(policy: Policy, word: str) -> bool:
    """Whether a word is read as another one, or stands for a term it only resembles."""
    plain = policy.lexicon.plain(word).strip()
    return plain != plain_letters(word) or any(hit.end - hit.start < len(plain) for hit in policy.hits(f" {plain} "))


def is_inflected(word: str, terms: set[str]) -> bool:
    """Whether it is a term with an ending or a mark: "dick's"."""
    return any(word[:-length] in terms for length in (1, 2, 3) if len(word) > length + 2)


if __name__ == "__main__":
    main()
