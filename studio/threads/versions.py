"""The versions of a thread: its pictures numbered in order, and as a tree of which was made from which."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from studio.library.models import Picture

from .models import Thread, Turn


@dataclass(frozen=True)
class Version:
    """A picture of a thread; `depth` is its level of branching, `turn` brought it (None for the thread's root)."""

    number: int
    picture: Picture
    turn: Turn | None
    depth: int = 0
    is_branch: bool = False  # the first version of a branch


def versions_of(thread: Thread, turns: Iterable[Turn]) -> list[Version]:
    """All versions in order; one in the trash keeps its number but is left out."""
    root = [(thread.root, None)] if thread.root else []
    pictures = [
        (picture, turn) for turn in turns for job in turn.generation.jobs.all() for picture in job.pictures.all()
    ]
    numbered = enumerate([*root, *sorted(pictures, key=lambda pair: pair[0].pk)], 1)
    return [Version(number, picture, turn) for number, (picture, turn) in numbered if picture.trashed_at is None]


def number_of(thread: Thread, picture_id: int) -> int:
    """The number of one version, without reading the others."""
    if picture_id == thread.root_id:
        return 1
    pictures = Picture.objects.filter(result__job__generation__turn__thread=thread, pk__lte=picture_id)
    return pictures.count() + (thread.root_id is not None)


def lineage_of(versions: Sequence[Version]) -> list[Version]:
    """The versions as a tree in display order: a first child continues its branch, each further one starts its own."""
    known = {version.picture.pk for version in versions}
    children: dict[int | None, list[Version]] = {}
    for version in versions:
        source = version.picture.source_id if version.turn and version.picture.source_id in known else None
        children.setdefault(source, []).append(version)
    ordered: list[Version] = []
    waiting = list(reversed(children.get(None, [])))
    while waiting:
        version = waiting.pop()
        ordered.append(version)
        below = children.get(version.picture.pk, [])
        waiting += [replace(straight, depth=version.depth) for straight in below[:1]]
        waiting += [replace(branch, depth=version.depth + 1, is_branch=True) for branch in reversed(below[1:])]
    return ordered


@dataclass(frozen=True)
class Costs:
    """What a thread has cost in USD: pictures and text."""

    pictures: Decimal
    words: Decimal
    is_simulated: bool

    @property
    def total(self) -> Decimal:
        return self.pictures + self.words


def costs_of(turns: Iterable[Turn]) -> Costs:
    turns = list(turns)
    pictures = [picture for turn in turns for job in turn.generation.jobs.all() for picture in job.pictures.all()]
    return Costs(
        pictures=sum((picture.price or Decimal(0) for picture in pictures), Decimal(0)),
        words=sum((turn.text_price or Decimal(0) for turn in turns), Decimal(0)),
        is_simulated=any(turn.is_simulated for turn in turns) or any(picture.is_simulated for picture in pictures),
    )
