"""What was changed in an upload on its way in, and why, in words; the codes are those of `normalisation`."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.text import get_text_list
from django.utils.translation import gettext

# What a person should be told at the file, while they still have it at hand.
NOTED = ("missing", "pages", "single_frame", "container", "scaled")


def change_words(changes: Mapping[str, Any]) -> list[str]:
    """A clause for each change, the most important first."""
    return [words(changes[name]) for name, words in CLAUSES.items() if name in changes]


def note_words(changes: Mapping[str, Any]) -> list[str]:
    """The clauses that belong at the file as it is uploaded."""
    return change_words({name: changes[name] for name in NOTED if name in changes})


def missing(share: float) -> str:
    if not share:
        return gettext("the end of the file was missing and was completed")
    percent = max(1, round(100 * share))
    return gettext("the end of the file was missing, so that up to %(percent)s %% at the bottom is plain") % {
        "percent": percent
    }


def pages(count: int) -> str:
    return gettext("only the first of its %(count)s pictures was taken") % {"count": count}


def single_frame(_container: str) -> str:
    return gettext("the only frame of an animation was taken as a plain picture")


def container(name: str) -> str:
    return gettext("converted from %(name)s, which image models do not read") % {"name": name}


def scaled(size: str) -> str:
    return gettext("scaled down from %(size)s, because at most 40 megapixels can be used") % {
        "size": size.replace("x", "×")
    }


def orientation(_is_turned: bool) -> str:
    return gettext("turned upright, as the camera noted it")


def colour(space: str) -> str:
    return gettext("colours converted from %(space)s to sRGB, so that they look the same everywhere") % {"space": space}


def depth(bits: int) -> str:
    return gettext("%(bits)s bits a channel reduced to 8, which is what image models read") % {"bits": bits}


def palette(_has_palette: bool) -> str:
    return gettext("its palette replaced by full colours")


def metadata(kinds: list[str]) -> str:
    names = {
        "location": gettext("the place it was taken"),
        "camera": gettext("camera data"),
        "credentials": gettext("content credentials"),
        "text": gettext("descriptions"),
        "pictures": gettext("further pictures in the file"),
        "other": gettext("further data"),
    }
    removed = get_text_list([names[kind] for kind in names if kind in kinds], gettext("and"))
    return gettext("%(removed)s removed, so that nothing but the picture is passed on") % {"removed": removed}


CLAUSES: dict[str, Callable[[Any], str]] = {
    "missing": missing,
    "pages": pages,
    "single_frame": single_frame,
    "container": container,
    "scaled": scaled,
    "orientation": orientation,
    "colour": colour,
    "depth": depth,
    "palette": palette,
    "metadata": metadata,
}
