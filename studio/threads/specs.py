"""The specs of conversation turns and plans: their columns, their ceilings, and the rows written with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from studio.generations.models import Generation
from studio.images import ImageRequest
from studio.library.models import Mask, Picture

from .context import Context, context_after, path_to, recent_turns, unread_picture
from .models import Plan, Thread, Turn, title_from
from .planning import plan_request
from .prices import text_ceiling


@dataclass(frozen=True, kw_only=True)
class RefineSpec:
    """The next turn of a thread, or the first of a new one (`thread` is None then)."""

    thread: Thread | None
    parent: Turn | None
    base: Picture | None  # the version it builds on
    mask: Mask | None
    main_model: str
    is_forced: bool

    def columns(self, request: ImageRequest, references: Sequence[Picture], *, now: datetime) -> dict[str, Any]:
        context = self.context(references)
        tool = plain_request(request)
        whole = context.request(
            request.prompt,
            main_model=self.main_model,
            is_forced=self.is_forced,
            tool=tool,
            own=unread_picture,
            earlier=unread_picture,
        )
        return {
            "kind": Generation.Kind.REFINE,
            "request": tool,
            "source": self.base,
            "mask": self.mask,
            "is_locked": self.mask is not None,
            "text_ceiling": text_ceiling(whole, at=now),
            "sent_picture_count": context.picture_count,
        }

    def digest_parts(self) -> dict[str, Any]:
        numbers = {
            name: row.pk if row else None
            for name, row in (
                ("thread", self.thread),
                ("parent", self.parent),
                ("source", self.base),
                ("mask", self.mask),
            )
        }
        return {"kind": Generation.Kind.REFINE, "main_model": self.main_model, "is_forced": self.is_forced} | numbers

    def prompt_texts(self) -> Sequence[str]:
        """The person's earlier prompts that are sent again; the model's replies are not the person's to answer for."""
        return [turn.generation.prompt for turn in recent_turns(self.path)]

    def save_related(self, generation: Generation) -> None:
        now, base = generation.created_at, self.base
        context = self.context([reference.picture for reference in generation.references.all()])
        thread = self.thread or Thread.objects.create(
            owner=generation.owner, root=base, title=title_of(base, generation), created_at=now, changed_at=now
        )
        Turn.objects.create(
            thread=thread,
            generation=generation,
            parent=self.parent,
            main_model=self.main_model,
            is_forced=self.is_forced,
            left_out_turn_count=context.left_out_turns,
            left_out_picture_count=context.left_out_pictures,
        )
        thread.row.update(changed_at=now)

    @property
    def path(self) -> list[Turn]:
        return path_to(self.thread, self.parent.pk if self.parent else None)

    def context(self, references: Sequence[Picture]) -> Context:
        return context_after(self.path, base=self.base, references=references, is_masked=self.mask is not None)


@dataclass(frozen=True, kw_only=True)
class PlanSpec:
    """A prompt for a text model to improve."""

    main_model: str

    def columns(self, request: ImageRequest, references: Sequence[Picture], *, now: datetime) -> dict[str, Any]:
        ceiling = text_ceiling(plan_request(request.prompt, main_model=self.main_model), at=now)
        return {"kind": Generation.Kind.PLAN, "request": request, "text_ceiling": ceiling}

    def digest_parts(self) -> dict[str, Any]:
        return {"kind": Generation.Kind.PLAN, "main_model": self.main_model}

    def prompt_texts(self) -> Sequence[str]:
        return ()

    def save_related(self, generation: Generation) -> None:
        Plan.objects.create(generation=generation, main_model=self.main_model)


def title_of(base: Picture | None, generation: Generation) -> str:
    """What a new thread is called until it is renamed: after its picture, or after the one it begins by asking for."""
    if base is None:
        return title_from(generation.prompt)
    return title_from(base.prompt) or gettext("Picture %(number)s") % {"number": base.pk}


def plain_request(request: ImageRequest) -> ImageRequest:
    """The settings of a turn's picture; its input pictures are part of the conversation, not of this request."""
    return ImageRequest(**{name: getattr(request, name) for name in ImageRequest.__dataclass_fields__})
