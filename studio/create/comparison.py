"""Two to four pictures beside each other: the parameters in which they differ, and their prompts word by word."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from studio.generations.models import Generation, job_of
from studio.library.models import Picture
from studio.library.models.picture_facts import LABELS, shown
from studio.web.templatetags.formatting import duration, moment, price

from .text_diff import Piece, prompt_pieces

MOST = 4  # pictures
LETTERS = "ABCD"


@dataclass(frozen=True)
class Compared:
    """A picture under its letter; `generation` is None for an upload, `is_own` says whether money may be shown."""

    letter: str
    picture: Picture
    generation: Generation | None
    is_own: bool
    without: str = ""  # the address of the comparison of the others, where there are enough of them


@dataclass(frozen=True)
class Cell:
    """A value as text or, of a prompt, as its pieces: what differs from the first picture's is marked."""

    text: str = ""
    pieces: Sequence[Piece] = ()


@dataclass(frozen=True)
class Row:
    """A parameter: its value for each picture, in their order."""

    label: str
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Comparison:
    """The rows of the parameters that differ, and the labels of those that are the same for all."""

    different: list[Row]
    same: list[str]


def compared(pictures: Sequence[Picture], *, user: Any) -> list[Compared]:
    """The first MOST pictures with their letters, in this order."""
    shown = pictures[:MOST]
    ids = [picture.pk for picture in shown]
    without = [address(pk for pk in ids if pk != picture.pk) if len(shown) > 2 else "" for picture in shown]
    return [
        Compared(letter, picture, generation_of(picture), picture.owner_id == user.pk, url)
        for letter, picture, url in zip(LETTERS, shown, without, strict=False)
    ]


def address(picture_ids: Iterable[int]) -> str:
    """Where these are compared."""
    return f"{reverse('comparison')}?{urlencode([('picture', pk) for pk in picture_ids])}"


def generation_of(picture: Picture) -> Generation | None:
    job = job_of(picture)
    return job.generation if job else None


def comparison_of(pictures: Sequence[Compared]) -> Comparison:
    """Which parameters differ and which do not; what none of them has is in neither list."""
    different: list[Row] = []
    same: list[str] = []
    for label, value in PARAMETERS:
        texts = [value(one) for one in pictures]
        if len(set(texts)) > 1:
            different.append(Row(str(label), cells(texts, is_prompt=value in (prompt, rewritten))))
        elif texts and texts[0]:
            same.append(str(label))
    return Comparison(different, same)


def cells(texts: Sequence[str], *, is_prompt: bool) -> list[Cell]:
    if not is_prompt:
        return [Cell(text or "—") for text in texts]
    first, *others = texts
    return [Cell(first or "—"), *(Cell(text or "—", prompt_pieces(first, text)) for text in others)]


# ── The parameters: each function gives a value as people read it, empty where a picture has none ────────────────────


def prompt(one: Compared) -> str:
    return one.picture.prompt.strip()


def rewritten(one: Compared) -> str:
    return one.picture.rewritten_prompt


def kind(one: Compared) -> str:
    return str(one.picture.get_kind_display())


def size(one: Compared) -> str:
    text = f"{one.picture.width}×{one.picture.height}"
    drawn = one.picture.upscaled_from.replace("x", "×")
    return gettext("%(size)s, upscaled from %(drawn)s") % {"size": text, "drawn": drawn} if drawn else text


def received(name: str) -> Callable[[Compared], str]:
    """A parameter of the API as it was received; as it was requested where the gateway does not say."""

    def value(one: Compared) -> str:
        return shown(name, one.picture.received) or shown(name, one.picture.requested)

    return value


def mask(one: Compared) -> str:
    found = one.generation and one.generation.mask
    return str(found.name) if found else ""


def references(one: Compared) -> str:
    count = len(one.generation.references.all()) if one.generation else 0
    return str(count) if count else ""


def upstream(one: Compared) -> str:
    return str(one.picture.upstream_name) if one.is_own else ""


def paid(one: Compared) -> str:
    amount: Decimal | None = one.picture.price
    if amount is None or not one.is_own:
        return ""
    return f"{gettext('simulated')} {price(amount)}" if one.picture.is_simulated else price(amount)


def time(one: Compared) -> str:
    return "" if one.picture.latency is None else duration(one.picture.latency)


def created(one: Compared) -> str:
    return moment(one.picture.created_at)


def file(one: Compared) -> str:
    return f"{one.picture.format.upper()} · {filesizeformat(one.picture.byte_count)}"


PARAMETERS: list[tuple[Promise, Callable[[Compared], str]]] = [
    (_("Prompt"), prompt),
    (_("Rewritten by the model"), rewritten),
    (_("Kind"), kind),
    *((LABELS[name], received(name)) for name in ("model", "quality", "background", "moderation")),
    (LABELS["size"], size),
    (_("Mask"), mask),
    (_("References"), references),
    (_("Upstream"), upstream),
    (_("Price"), paid),
    (_("Time"), time),
    (_("File"), file),
    (_("Created"), created),
]
