"""How a prompt names a fault: `sandbox:NAME`, or `sandbox:NAME-once`."""

import re

ONCE = "-once"
"""A name that ends so makes only the first call with that prompt and key fail."""

_IN_PROMPT = re.compile(r"\bsandbox:([a-z0-9]+(?:-[a-z0-9]+)*)", re.IGNORECASE)


def fault_name_in(prompt: str) -> str | None:
    """The fault name in a prompt, in lower case; None without one."""
    found = _IN_PROMPT.search(prompt)
    return found[1].lower() if found else None


def without_fault_name(prompt: str) -> str:
    """The prompt without its fault names, which is what is painted."""
    return _IN_PROMPT.sub("", prompt)
