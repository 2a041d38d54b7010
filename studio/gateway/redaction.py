"""Takes secrets and bulk out of foreign text before anyone keeps or shows it."""

import re
from collections.abc import Iterable

HIDDEN = "[hidden]"

# Bounded repeats keep every rule linear on hostile text.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"data:[\w/+.-]{1,60};base64,[A-Za-z0-9+/=_-]*", re.IGNORECASE), "[data]"),
    (re.compile(r"\beyJ[\w-]+(?:\.[\w-]+)*"), HIDDEN),
    (re.compile(r"\b(bearer|basic)\s+[^\s\"',;]{8,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (re.compile(r"\b(?:sk|rt)[-_.][\w*.-]+", re.IGNORECASE), HIDDEN),
    (re.compile(r"[A-Za-z0-9+/_-]{80,}={0,2}"), "[data]"),
    (re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"), "[e-mail]"),
    (re.compile(r"[\x00-\x08\x0b-\x1f\x7f]"), " "),
)


def redact(text: str, limit: int = 2000, *, secrets: Iterable[str] = ()) -> str:
    """Return at most `limit` characters of the text without keys, tokens, e-mail addresses and base64 runs."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    text = text[: max(limit, 0) * 8]
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + "…"
