"""Where in a thread the next words belong: which turn they follow, which version they are about, under which mask."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from studio.library.models import Mask, Picture

from ..models import Job, Thread, Turn
from .context import Context, context_after, drawn_by, is_answered, path_to


@dataclass(frozen=True)
class Position:
    """A place to go on from; `is_chosen` when a person picked it, else it is the end of the thread."""

    thread: Thread | None
    parent: Turn | None = None
    base: Picture | None = None
    mask: Mask | None = None
    is_chosen: bool = False
    is_waiting: bool = False  # the turn it follows is not over
    is_branch: bool = False  # other words follow the same turn already

    @cached_property
    def context(self) -> Context:
        path = path_to(self.thread, self.parent.pk if self.parent else None)
        return context_after(path, base=self.base, is_masked=self.mask is not None)


def end_of(thread: Thread, turns: Sequence[Turn]) -> Position:
    """The end of a thread: its last turn that brought anything, or the one under way."""
    known = {turn.pk: turn for turn in turns}
    last = turns[-1] if turns else None
    while last and not is_live(last) and not is_answered(last):
        last = known.get(last.parent_id or 0)
    base = newest_before(last, known) if last else thread.root
    return Position(thread=thread, parent=last, base=base or thread.root, is_waiting=bool(last and is_live(last)))


def branch_from(thread: Thread, turns: Sequence[Turn], *, picture_id: int, mask: Mask | None = None) -> Position | None:
    """The place right after a version came; None where it is no version of this thread."""
    drawing = {picture.pk: (picture, turn) for turn in turns for picture in drawn_by(turn)}
    if thread.root and thread.root_id == picture_id and thread.root.trashed_at is None:
        base, parent = thread.root, None
    elif picture_id in drawing:
        base, parent = drawing[picture_id]
    else:
        return None
    end = end_of(thread, turns)
    if end.base == base and end.parent and not end.is_waiting:
        # The newest version: what was only talked about since then stays part of the conversation.
        return Position(thread=thread, parent=end.parent, base=base, mask=mask, is_chosen=True)
    parent_id = parent.pk if parent else None
    is_branch = any(turn.parent_id == parent_id and turn.pk != parent_id for turn in turns)
    return Position(thread=thread, parent=parent, base=base, mask=mask, is_chosen=True, is_branch=is_branch)


def newest_before(turn: Turn | None, known: dict[int, Turn]) -> Picture | None:
    """The latest picture on the way to a turn, its own among them."""
    while turn:
        if drawn := drawn_by(turn):
            return drawn[-1]
        if turn.parent_id is None:
            return turn.generation.source
        turn = known.get(turn.parent_id)
    return None


def is_live(turn: Turn) -> bool:
    return any(job.state in Job.LIVE_STATES for job in turn.generation.jobs.all())
