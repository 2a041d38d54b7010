"""Marks sentences for translation without importing Django, which the gateway must not do."""


def gettext_noop(message: str) -> str:
    """Return the sentence unchanged; gettext finds it by this function's usual alias `_`, pages translate it."""
    return message
