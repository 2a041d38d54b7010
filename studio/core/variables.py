"""The variables of the environment as the settings read them.

One that cannot be used is refused in a sentence that names it and what it may be, never what it is: a secret may have
been put into the wrong one. One that is empty counts as not set.
"""

import os
from collections.abc import Collection, Sequence
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from dotenv import load_dotenv
from dotenv.parser import parse_stream

SWITCHES = {"on": True, "true": True, "yes": True, "1": True, "off": False, "false": False, "no": False, "0": False}


def read_dotenv(path: Path) -> None:
    """Add the lines of a `.env` file to the environment, which takes precedence; raise ImproperlyConfigured."""
    try:
        with path.open(encoding="utf-8") as file:
            lines = list(parse_stream(file))
    except FileNotFoundError:
        return
    except OSError as error:
        raise ImproperlyConfigured(f"The file {path} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"The file {path} is not a text in UTF-8.") from None
    for line in lines:
        if line.error or (line.key is not None and line.value is None):
            raise ImproperlyConfigured(f"Line {line.original.line} of {path} is not of the form NAME=value.")
    # Not interpolated: ${…} in a password is the password.
    load_dotenv(path, interpolate=False, encoding="utf-8")


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def whole_number(name: str, default: int, *, low: int, high: int) -> int:
    value = text(name, str(default))
    # Longer than any number that is allowed; int() refuses thousands of digits with an error of its own.
    number = int(value) if value.isascii() and value.isdigit() and len(value) <= 18 else low - 1
    if not low <= number <= high:
        raise ImproperlyConfigured(f"{name} must be a whole number from {low} to {high}.")
    return number


def switch(name: str, *, default: bool) -> bool:
    value = SWITCHES.get(text(name, "on" if default else "off").lower())
    if value is None:
        raise ImproperlyConfigured(f"{name} must be on or off.")
    return value


def choice(name: str, choices: Collection[str], default: str) -> str:
    """One of some words, in whatever case it is written."""
    value = text(name, default)
    found = next((known for known in choices if known.lower() == value.lower()), None)
    if found is None:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}.")
    return found


def words(name: str, default: Sequence[str] = ()) -> list[str]:
    """What is separated by commas."""
    value = text(name)
    return [word for part in value.split(",") if (word := part.strip())] if value else list(default)
