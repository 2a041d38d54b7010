"""Checks what a gateway key looks like, and recognises what people paste instead of one."""

import hashlib
import re

from .translation import gettext_noop as _

MIN_LENGTH = 8
MAX_LENGTH = 256

# In order: the first rule that matches gives the most helpful sentence.
_PROBLEMS: tuple[tuple[str, str], ...] = (
    (r"^$", _("Enter a key, as made on the gateway's keys page.")),
    (
        r"^[\[{]",
        _("This is a whole settings file, not a key. Make a key on the gateway's keys page and paste only that."),
    ),
    (
        r"^eyJ",
        _("This is a ChatGPT sign-in token, not a gateway key. Make a key on the gateway's keys page."),
    ),
    (
        r"^rt[_.]",
        _("This is a refresh token, not a gateway key. Make a key on the gateway's keys page."),
    ),
    (
        r"^(cookie:|__secure-|__host-|session|sess-)|;.*=|^[\w.-]+=.*;",
        _("This is a browser cookie, not a gateway key. Make a key on the gateway's keys page."),
    ),
    (
        r"^sk-admin-",
        _("This is a management key, which cannot generate pictures. Make an ordinary key on the gateway's keys page."),
    ),
    (r"""["'`]""", _("The key holds quotation marks. Copy it without them from the gateway's keys page.")),
    (r"\s", _("The key holds spaces or line breaks. Copy it in one piece from the gateway's keys page.")),
    (r"[^\x21-\x7e]", _("The key holds characters that no key has. Copy it once more from the gateway's keys page.")),
    (rf"^.{{0,{MIN_LENGTH - 1}}}$", _("The key is too short. Copy it once more from the gateway's keys page.")),
    (rf"^.{{{MAX_LENGTH + 1},}}$", _("The key is too long. Copy it once more from the gateway's keys page.")),
)


def clean_key(text: str) -> str:
    """Strip surrounding blanks and a leading `Bearer`."""
    return re.sub(r"^(authorization:\s*)?bearer\s+", "", text.strip(), flags=re.IGNORECASE)


def key_problem(text: str) -> str | None:
    """Say in one sentence why this cannot be a gateway key, or return None when it can."""
    key = clean_key(text)
    return next((sentence for pattern, sentence in _PROBLEMS if re.search(pattern, key, re.IGNORECASE)), None)


def fingerprint(key: str) -> str:
    """12 hex digits of the key's sha256, which tell keys apart without revealing them."""
    return hashlib.sha256(clean_key(key).encode()).hexdigest()[:12]
