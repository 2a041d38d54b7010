"""The recipe of a picture: what was asked for, as a text that travels inside the picture's file."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from studio.library.models import Picture

VERSION = 1
MAX_TEXT = 300_000  # characters; the longest prompt has 32,000, and JSON may write each as six
MAX_PROMPT = 32_000  # characters
# By the API's own names; what else a file says is not taken.
SETTINGS = ("model", "size", "quality", "output_format", "output_compression", "background", "moderation")
PLAIN = re.compile(r"[\w.-]{1,40}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Recipe:
    """A prompt and the settings it was sent with, each as the text that the composer's form holds."""

    prompt: str
    settings: Mapping[str, str]

    @classmethod
    def of(cls, picture: Picture) -> Self | None:
        """What a picture was asked for with; None for one that nobody asked for, such as an upload."""
        return cls.read(picture.requested | {"prompt": picture.prompt}) if picture.prompt else None

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> Self | None:
        """A recipe from values that anybody may have written; None where there is no prompt to use."""
        prompt = facts.get("prompt")
        if not isinstance(prompt, str) or not prompt.strip() or len(prompt) > MAX_PROMPT or not is_storable(prompt):
            return None
        found = {name: str(facts[name]) for name in SETTINGS if isinstance(facts.get(name), str | int)}
        return cls(prompt, {name: text for name, text in found.items() if PLAIN.fullmatch(text)})

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The recipe that a file carries; None for anything else, whoever wrote it."""
        facts = parsed(text, limit=MAX_TEXT)
        return cls.read(facts) if isinstance(facts, dict) and facts.get("easel") == VERSION else None

    def as_text(self) -> str:
        return json.dumps({"easel": VERSION, **self.fields()}, ensure_ascii=False)

    def fields(self) -> dict[str, str]:
        """The prompt and the settings, by the names of the composer's fields."""
        return {"prompt": self.prompt, **self.settings}


def parsed(text: str, *, limit: int) -> Any:
    """JSON that anybody may have written, at most `limit` characters of it; None where it is none."""
    if len(text) > limit:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # also numbers of too many digits
        return None


def is_storable(text: str) -> bool:
    """Whether every database takes this text: no NUL, and no half of a character."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)
