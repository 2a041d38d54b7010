"""A picture as a reply holds it, before it is decoded or fetched."""

import re
from dataclasses import dataclass, field

from .picture_base64 import looks_like_picture

_ADDRESS = re.compile(r"https?://", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class FoundPicture:
    """A picture in a reply: as base64 text, or as a URL to fetch it from (exactly one is set).

    One that `is_guessed` stood where no gateway is known to put its pictures.
    """

    base64: str = field(default="", repr=False)
    url: str = field(default="", repr=False)
    revised_prompt: str | None = None
    is_guessed: bool = field(default=False, compare=False)

    @property
    def is_inline(self) -> bool:
        """Whether the picture itself is in the reply, not only its URL."""
        return bool(self.inline_text)

    @property
    def inline_text(self) -> str:
        """The picture's base64, or the `data:` URL that holds it; empty for a picture that must be fetched."""
        return self.base64 or (self.url if self.url[:5].lower() == "data:" else "")


def picture_in(text: str, *, is_base64: bool, revised_prompt: str | None = None) -> FoundPicture:
    """The picture a field holds. `is_base64` is what the field's name says: what its text shows goes before it."""
    start = text[:40].strip()
    if is_base64 and _ADDRESS.match(start):
        return FoundPicture(url=text.strip(), revised_prompt=revised_prompt)
    if is_base64 or (start[:5].lower() != "data:" and looks_like_picture(text)):
        return FoundPicture(base64=text, revised_prompt=revised_prompt)
    return FoundPicture(url=text, revised_prompt=revised_prompt)
