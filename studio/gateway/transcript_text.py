"""Assembles a response's text from deltas and whole parts, which gateways repeat and rename."""

from dataclasses import dataclass
from typing import Any, Literal

MAX_TEXT = 400_000  # characters of all parts; more is not an answer to a person
MAX_PARTS = 500

type TextKind = Literal["text", "refusal"]


@dataclass
class TextPart:
    """One piece of text; `is_complete` once the whole of it has come."""

    kind: TextKind
    text: str = ""
    is_complete: bool = False


class TranscriptText:
    """The text of one response, by the key of each part."""

    def __init__(self) -> None:
        self._parts: dict[str, TextPart] = {}

    @property
    def is_empty(self) -> bool:
        return not any(part.text for part in self._parts.values())

    def joined(self, kind: TextKind) -> str:
        """All text of one kind, its parts separated by a blank line."""
        return "\n\n".join(part.text for part in self._parts.values() if part.kind == kind and part.text)

    def append(self, key: str, kind: TextKind, delta: Any) -> str:
        """Add a delta to a part; return the text it adds."""
        if not isinstance(delta, str) or not self._has_room(key, delta):
            return ""
        self._parts.setdefault(key, TextPart(kind)).text += delta
        return delta

    def complete(self, key: str, kind: TextKind, text: Any) -> str:
        """Set the whole text of a part; return what of it is new."""
        if not isinstance(text, str) or not text or not self._has_room(key, text):
            return ""
        known = self._parts.get(key)
        before = known.text if known else self._take_renamed(text)
        self._parts[key] = TextPart(kind, text, is_complete=True)
        return text.removeprefix(before) if text.startswith(before) else ""

    def _take_renamed(self, text: str) -> str:
        """Remove and return the beginning of a text that came under another key: keys differ from delta to end."""
        for key, part in self._parts.items():
            if part.text == text or (not part.is_complete and part.text and text.startswith(part.text)):
                del self._parts[key]
                return part.text
        return ""

    def _has_room(self, key: str, text: str) -> bool:
        length = sum(len(part.text) for name, part in self._parts.items() if name != key)
        return length + len(text) <= MAX_TEXT and (key in self._parts or len(self._parts) < MAX_PARTS)
