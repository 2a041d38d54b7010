"""Positions: where in a thread the next turn belongs (after which turn, on which version, under which mask)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from studio.generations.models import Job
from studio.library.models import Mask, Picture

from .context import Context, context_after, is_answered, path_to, pictures_of
from .models import Thread, Turn


@dataclass(frozen=True)
class Position:
    """A place to continue from; `is_chosen` when a person picked it, else it is the end of the thread."""

    thread: Thread | None
    parent: Turn | None = None
    base: Picture | None = None
    mask: Mask | None = None
    is_chosen: bool = False
    is_waiting: bool = False  # the turn it follows has not ended
    is_branch: bool = False  # another turn follows the same turn already

    @cached_property
    def context(self) -> Context:
        path = path_to(self.thread, self.parent.pk if self.parent else None)
        return context_after(path, base=self.base, is_masked=self.mask is not None)


def end_of(thread: Thread, turns: Sequence[Turn]) -> Position:
    """The end of a thread: after its last answered turn, or the one that is running."""
    by_id = {turn.pk: turn for turn in turns}
    last = turns[-1] if turns else None
    while last and not is_live(last) and not is_answered(last):
        last = by_id.get(last.parent_id or 0)
    base = newest_before(last, by_id) if last else thread.root
    return Position(thread=thread, parent=last, base=base or thread.root, is_waiting=bool(last and is_live(last)))


def branch_from(thread: Thread, turns: Sequence[Turn], *, picture_id: int, mask: Mask | None = None) -> Position | None:
    """The position right after a version; None for a picture that is no version of this thread."""
    turn_of_picture = {picture.pk: (picture, turn) for turn in turns for picture in pictures_of(turn)}
    if thread.root and thread.root_id == picture_id and thread.root.trashed_at is None:
        base, parent = thread.root, None
    elif picture_id in turn_of_picture:
        base, parent = turn_of_picture[picture_id]
    else:
        return None
    end = end_of(thread, turns)
    if end.base == base and end.parent and not end.is_waiting:
        # The newest version: later turns without a picture stay part of the conversation.
        return Position(thread=thread, parent=end.parent, base=base, mask=mask, is_chosen=True)
    parent_id = parent.pk if parent else None
    is_branch = any(turn.parent_id == parent_id and turn.pk != parent_id for turn in turns)
    return Position(thread=thread, parent=parent, base=base, mask=mask, is_chosen=True, is_branch=is_branch)


def newest_before(turn: Turn | None, by_id: dict[int, Turn]) -> Picture | None:
    """The latest picture on the path to a turn, including its own."""
    while turn:
        if pictures := pictures_of(turn):
            return pictures[-1]
        if turn.parent_id is None:
            return turn.generation.source
        turn = by_id.get(turn.parent_id)
    return None


def is_live(turn: Turn) -> bool:
    return any(job.state in Job.LIVE_STATES for job in turn.generation.jobs.all())
