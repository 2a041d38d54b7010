"""The context sent with a turn: earlier messages and pictures, within limits; the oldest are left out first.

It is sent in full with every turn, so it works at gateways that store nothing between two calls.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from studio.generations.models import Generation
from studio.images import MAX_IMAGES, ImageRequest, ResponseRequest, ResponseTurn, SentPicture
from studio.library.models import Picture

from .models import Thread, Turn

MAX_TURNS = 24  # earlier exchanges
MAX_CHARACTERS = 32_000  # of their texts together
MAX_PICTURES = 3  # earlier pictures, beside those of the turn itself

# Read by the model, not by people, and therefore not translated.
INSTRUCTIONS = (
    "You help a designer to make and refine pictures. A message is about the first image that comes with it; further "
    'images of the same message are references, counted from 1 as "image 1". Where a picture is wanted, call the image '
    "generation tool once, change what was asked for and keep everything else. Say in one or two plain sentences, in "
    "the person's language, what you do; answer in words alone where only words were asked for."
)

type SendPicture = Callable[[Picture], SentPicture]


class TurnPictures(NamedTuple):
    """The pictures of a turn: those the person added, and those the model sent."""

    added: tuple[Picture, ...]
    received: tuple[Picture, ...]


@dataclass(frozen=True)
class Context:
    """What is sent with a turn: earlier turns in order, the ids of their pictures to show, and its own pictures.

    The first of `own` is the version the turn builds on, if there is one.
    """

    past: tuple[Turn, ...] = ()
    shown: frozenset[int] = frozenset()
    own: tuple[Picture, ...] = ()
    left_out_turns: int = 0
    left_out_pictures: int = 0
    by_turn: dict[int, TurnPictures] = field(default_factory=dict, compare=False)

    @property
    def picture_count(self) -> int:
        return len(self.shown) + len(self.own)

    @property
    def words(self) -> str:
        """What is left out, in a sentence; empty where nothing is."""
        return left_out_sentence(self.left_out_turns, self.left_out_pictures)

    def turns(self, prompt: str, *, own: SendPicture, earlier: SendPicture) -> tuple[ResponseTurn, ...]:
        """The conversation as it is sent, with the new prompt at its end."""
        turns = []
        for turn in self.past:
            added, received = self.by_turn[turn.pk]
            turns.append(response_turn("user", turn.generation.prompt, added, self.shown, earlier))
            turns.append(response_turn("assistant", turn.answer or turn.refusal, received, self.shown, earlier))
        turns.append(ResponseTurn(role="user", text=prompt, pictures=tuple(map(own, self.own))))
        return tuple(turn for turn in turns if turn.text or turn.pictures)

    def request(
        self,
        prompt: str,
        *,
        main_model: str,
        is_forced: bool,
        tool: ImageRequest,
        own: SendPicture,
        earlier: SendPicture,
        mask: SentPicture | None = None,
    ) -> ResponseRequest:
        """The request of a turn; `tool` holds the settings of its picture."""
        return ResponseRequest(
            model=main_model,
            turns=self.turns(prompt, own=own, earlier=earlier),
            tool=tool,
            action="edit" if mask else "auto",
            is_forced=is_forced,
            instructions=INSTRUCTIONS,
            mask=mask,
        )


def response_turn(
    role: Literal["user", "assistant"], text: str, pictures: Sequence[Picture], shown: frozenset[int], sent: SendPicture
) -> ResponseTurn:
    shown_pictures = tuple(sent(picture) for picture in pictures if picture.pk in shown)
    return ResponseTurn(role=role, text=text, pictures=shown_pictures)


def context_of(turn: Turn) -> Context:
    """The context of a stored turn."""
    generation = turn.generation
    references = [reference.picture for reference in generation.references.all()]
    return context_after(
        path_to(turn.thread, turn.parent_id),
        base=generation.source,
        references=references,
        is_masked=bool(generation.mask_id),
    )


def context_after(
    path: Sequence[Turn], *, base: Picture | None, references: Sequence[Picture] = (), is_masked: bool = False
) -> Context:
    """The context of a prompt that follows a path of turns.

    With a mask no earlier picture is sent: the mask belongs to the first picture, and that must be unambiguous.
    """
    own = tuple(picture for picture in dict.fromkeys([base, *references]) if picture)[:MAX_IMAGES]
    past = recent_turns(path)
    by_turn = pictures_by_turn(path)
    earlier, reachable = picture_ids_in(path, by_turn, excluded=own), picture_ids_in(past, by_turn, excluded=own)
    room = 0 if is_masked else min(MAX_PICTURES, MAX_IMAGES - len(own))
    shown = reachable[max(0, len(reachable) - room) :]
    return Context(
        past=tuple(past),
        shown=frozenset(shown),
        own=own,
        left_out_turns=len(path) - len(past),
        left_out_pictures=len(earlier) - len(shown),
        by_turn=by_turn,
    )


def path_to(thread: Thread | None, turn_id: int | None) -> list[Turn]:
    """The answered turns from the beginning of a thread to one of its turns, in order."""
    if turn_id is None or thread is None:
        return []
    wanted = ["generation__jobs__pictures", "generation__references"]
    turns = thread.turns.select_related("generation__source").prefetch_related(*wanted).in_bulk()
    path: list[Turn] = []
    while turn := turns.get(turn_id or 0):
        path.append(turn)
        turn_id = turn.parent_id
    return [turn for turn in reversed(path) if is_answered(turn)]


def prompt_texts(generation: Generation) -> list[str]:
    """The person's texts that are sent with a generation: its prompt and, in a thread, the earlier prompts."""
    turn = Turn.objects.filter(generation=generation).select_related("thread").first()
    past = recent_turns(path_to(turn.thread, turn.parent_id)) if turn else []
    return [*(earlier.generation.prompt for earlier in past), generation.prompt]


def is_answered(turn: Turn) -> bool:
    """Whether its reply is complete; a reply that broke off is not part of the context."""
    return turn.text_price is not None


def recent_turns(path: Sequence[Turn]) -> list[Turn]:
    """The end of a path that fits MAX_TURNS and MAX_CHARACTERS."""
    recent: list[Turn] = []
    characters = 0
    for turn in reversed(path):
        characters += len(turn.generation.prompt) + len(turn.answer or turn.refusal)
        if len(recent) == MAX_TURNS or characters > MAX_CHARACTERS:
            break
        recent.append(turn)
    return recent[::-1]


def pictures_of(turn: Turn) -> tuple[Picture, ...]:
    """The pictures a turn brought, in order, without those in the trash."""
    pictures: list[Picture] = [picture for job in turn.generation.jobs.all() for picture in job.pictures.all()]
    kept = [picture for picture in pictures if picture.trashed_at is None]
    return tuple(sorted(kept, key=lambda picture: picture.pk))


def pictures_by_turn(path: Sequence[Turn]) -> dict[int, TurnPictures]:
    """The pictures of each turn by its id; a base that another turn of the path brought is not repeated."""
    received = {turn.pk: pictures_of(turn) for turn in path}
    known = {picture.pk for pictures in received.values() for picture in pictures}
    by_turn = {}
    for turn in path:
        generation: Generation = turn.generation
        base = [generation.source] if generation.source and generation.source_id not in known else []
        added = [*base, *(reference.picture for reference in generation.references.all())]
        kept = tuple(picture for picture in added if picture.trashed_at is None)
        by_turn[turn.pk] = TurnPictures(kept, received[turn.pk])
    return by_turn


def picture_ids_in(path: Sequence[Turn], by_turn: dict[int, TurnPictures], *, excluded: Sequence[Picture]) -> list[int]:
    """The ids of a path's pictures in the order they appeared, none twice."""
    seen = dict.fromkeys(picture.pk for turn in path for side in by_turn[turn.pk] for picture in side)
    return [number for number in seen if number not in {picture.pk for picture in excluded}]


def unread_picture(picture: Picture) -> SentPicture:
    """A picture without its bytes, for computing prices."""
    return SentPicture(content_type=f"image/{picture.format}", source=Path(), byte_count=picture.byte_count)


def left_out_sentence(turns: int, pictures: int) -> str:
    """What is not sent again, as the page shows it."""
    parts = []
    if turns:
        parts.append(ngettext("the oldest message", "the %(n)d oldest messages", turns) % {"n": turns})
    if pictures:
        parts.append(ngettext("%(n)d earlier picture", "%(n)d earlier pictures", pictures) % {"n": pictures})
    return _("Not sent again: %(what)s.") % {"what": _(" and ").join(parts)} if parts else ""
