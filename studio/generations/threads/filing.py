"""What a wish of a conversation says beyond its request, and what is written with it."""

from dataclasses import dataclass
from typing import Any

from studio.library.models import Mask, Picture

from ..models import Generation, Plan, Thread, Turn
from ..models.thread import titled
from .context import context_of, latest, path_to, unread
from .planning import planned
from .pricing import text_ceiling


@dataclass(frozen=True, kw_only=True)
class Refinement:
    """The next turn of a thread, or the first of a new one (`thread` is None then)."""

    thread: Thread | None
    parent: Turn | None
    base: Picture | None  # the version it builds on
    mask: Mask | None
    main_model: str
    is_forced: bool

    def facts(self) -> dict[str, Any]:
        return {
            "kind": Generation.Kind.REFINE,
            "source_id": self.base.pk if self.base else None,
            "mask_id": self.mask.pk if self.mask else None,
            "is_locked": self.mask is not None,
        }

    def beside(self) -> dict[str, Any]:
        return {
            "thread": self.thread.pk if self.thread else None,
            "parent": self.parent.pk if self.parent else None,
            "main_model": self.main_model,
            "is_forced": self.is_forced,
        }

    def said(self) -> list[str]:
        """The person's earlier words that go along. The model's own are not theirs to answer for."""
        path = path_to(self.thread, self.parent.pk if self.parent else None)
        return [turn.generation.prompt for turn in latest(path)]

    def attach(self, generation: Generation) -> None:
        now = generation.created_at
        thread = self.thread or Thread.objects.create(
            owner=generation.owner, root=self.base, title=titled(generation.prompt), created_at=now, changed_at=now
        )
        turn = Turn(
            thread=thread,
            generation=generation,
            parent=self.parent,
            main_model=self.main_model,
            is_forced=self.is_forced,
        )
        context = context_of(turn)
        turn.sent_picture_count = context.picture_count
        turn.left_out_turn_count = context.left_out_turns
        turn.left_out_picture_count = context.left_out_pictures
        turn.text_ceiling = text_ceiling(
            context.request(turn, tool=generation.request(), own=unread, earlier=unread), at=now
        )
        turn.save()
        thread.row.update(changed_at=now)


@dataclass(frozen=True, kw_only=True)
class Planning:
    """A prompt that a text model is asked to improve."""

    main_model: str

    def facts(self) -> dict[str, Any]:
        return {"kind": Generation.Kind.PLAN}

    def beside(self) -> dict[str, Any]:
        return {"main_model": self.main_model}

    def said(self) -> list[str]:
        return []

    def attach(self, generation: Generation) -> None:
        plan = Plan(generation=generation, main_model=self.main_model)
        plan.text_ceiling = text_ceiling(planned(plan), at=generation.created_at)
        plan.save()
