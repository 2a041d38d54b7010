"""A thread's pictures as versions: numbered in the order they came, each below the one it was made from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from studio.library.models import Picture

from ..models import Thread, Turn


@dataclass(frozen=True)
class Version:
    """A picture of a thread; `depth` counts the branches it lies on, `turn` drew it (None: it was brought along)."""

    number: int
    picture: Picture
    turn: Turn | None
    depth: int = 0
    is_branch: bool = False  # the first of one


def versions_of(thread: Thread, turns: Iterable[Turn]) -> list[Version]:
    """All versions in the order of their numbers; one in the trash keeps its number and is not among them."""
    begun = [(thread.root, None)] if thread.root else []
    drawn = [(picture, turn) for turn in turns for job in turn.generation.jobs.all() for picture in job.pictures.all()]
    numbered = enumerate([*begun, *sorted(drawn, key=lambda pair: pair[0].pk)], 1)
    return [Version(number, picture, turn) for number, (picture, turn) in numbered if picture.trashed_at is None]


def number_of(thread: Thread, picture_id: int) -> int:
    """The number of one version, without reading the others."""
    if picture_id == thread.root_id:
        return 1
    drawn = Picture.objects.filter(job__generation__turn__thread=thread, pk__lte=picture_id)
    return drawn.count() + (thread.root_id is not None)


def lineage_of(versions: Sequence[Version]) -> list[Version]:
    """The versions as a tree, written top down: a first child goes straight on, each further one begins a branch."""
    known = {version.picture.pk for version in versions}
    children: dict[int | None, list[Version]] = {}
    for version in versions:
        source = version.picture.source_id if version.turn and version.picture.source_id in known else None
        children.setdefault(source, []).append(version)
    written: list[Version] = []
    waiting = list(reversed(children.get(None, [])))
    while waiting:
        version = waiting.pop()
        written.append(version)
        below = children.get(version.picture.pk, [])
        waiting += [replace(straight, depth=version.depth) for straight in below[:1]]
        waiting += [replace(branch, depth=version.depth + 1, is_branch=True) for branch in reversed(below[1:])]
    return written


@dataclass(frozen=True)
class Costs:
    """What a thread has cost, in USD, drawing and words apart."""

    pictures: Decimal
    words: Decimal
    is_simulated: bool

    @property
    def total(self) -> Decimal:
        return self.pictures + self.words


def costs_of(turns: Iterable[Turn]) -> Costs:
    turns = list(turns)
    drawn = [picture for turn in turns for job in turn.generation.jobs.all() for picture in job.pictures.all()]
    return Costs(
        pictures=sum((picture.price or Decimal(0) for picture in drawn), Decimal(0)),
        words=sum((turn.text_price or Decimal(0) for turn in turns), Decimal(0)),
        is_simulated=any(turn.is_simulated for turn in turns) or any(picture.is_simulated for picture in drawn),
    )
