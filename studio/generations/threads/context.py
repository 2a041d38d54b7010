"""What of a conversation goes along with its next turn: words and pictures, bounded; the oldest are left out first.

Every gateway takes it, for nothing is left with the gateway between two turns: what was said is said again, and what
was drawn is shown again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from studio.images import MAX_IMAGES, ImageRequest, ResponseRequest, ResponseTurn, SentPicture
from studio.library.models import Picture

from ..models import Generation, Thread, Turn

MOST_TURNS = 24  # earlier exchanges that are said again
MOST_CHARACTERS = 32_000  # of all that was said in them
MOST_PICTURES = 3  # earlier pictures that are shown again, beside those of the turn itself

# Told to the model, not to people, and therefore in one language.
INSTRUCTIONS = (
    "You help a designer to make and refine pictures. A message is about the first image that comes with it; further "
    'images of the same message are references, counted from 1 as "image 1". Where a picture is wanted, call the image '
    "generation tool once, change what was asked for and keep everything else. Say in one or two plain sentences, in "
    "the person's language, what you do; answer in words alone where only words were asked for."
)

type Shown = Callable[[Picture], SentPicture]
type Sides = dict[int, tuple[tuple[Picture, ...], tuple[Picture, ...]]]  # by turn: what was brought, what was drawn


@dataclass(frozen=True)
class Context:
    """What goes along: `past` turns in their order, which of their pictures, and the turn's `own`, its base first."""

    past: tuple[Turn, ...] = ()
    shown: frozenset[int] = frozenset()
    own: tuple[Picture, ...] = ()
    left_out_turns: int = 0
    left_out_pictures: int = 0
    sides: Sides = field(default_factory=dict, compare=False)

    @property
    def picture_count(self) -> int:
        return len(self.shown) + len(self.own)

    @property
    def words(self) -> str:
        """What stays out, in a sentence; empty where everything goes along."""
        return left_out_words(self.left_out_turns, self.left_out_pictures)

    def turns(self, prompt: str, *, own: Shown, earlier: Shown) -> tuple[ResponseTurn, ...]:
        """The conversation as it is sent, with the turn's own words at its end."""
        said = []
        for turn in self.past:
            brought, drawn = self.sides[turn.pk]
            said.append(said_by("user", turn.generation.prompt, brought, self.shown, earlier))
            said.append(said_by("assistant", turn.answer or turn.refusal, drawn, self.shown, earlier))
        said.append(ResponseTurn(role="user", text=prompt, pictures=tuple(map(own, self.own))))
        return tuple(turn for turn in said if turn.text or turn.pictures)

    def request(
        self, turn: Turn, *, tool: ImageRequest, own: Shown, earlier: Shown, mask: SentPicture | None = None
    ) -> ResponseRequest:
        """The whole request of a turn; `tool` is how its picture is drawn."""
        return ResponseRequest(
            model=turn.main_model,
            turns=self.turns(turn.generation.prompt, own=own, earlier=earlier),
            tool=tool,
            action="edit" if mask else "auto",
            is_forced=turn.is_forced,
            instructions=INSTRUCTIONS,
            mask=mask,
        )


def said_by(role: str, text: str, pictures: Sequence[Picture], shown: frozenset[int], sent: Shown) -> ResponseTurn:
    kept = tuple(sent(picture) for picture in pictures if picture.pk in shown)
    return ResponseTurn(role=role, text=text, pictures=kept)  # type: ignore[arg-type]


def context_of(turn: Turn) -> Context:
    """What goes along with a turn that is filed or about to be."""
    generation = turn.generation
    references = [reference.picture for reference in generation.references.all()] if generation.pk else []
    return context_after(
        path_to(turn.thread, turn.parent_id),
        base=generation.source,
        references=references,
        is_masked=bool(generation.mask_id),
    )


def context_after(
    path: Sequence[Turn], *, base: Picture | None, references: Sequence[Picture] = (), is_masked: bool = False
) -> Context:
    """What goes along with the words that follow a path of turns.

    With a mask no earlier picture does: it lies on the first picture, and there must be no doubt which that is.
    """
    own = tuple(picture for picture in dict.fromkeys([base, *references]) if picture)[:MAX_IMAGES]
    past = latest(path)
    sides = sides_of(path)
    earlier, reachable = pictures_in(path, sides, but=own), pictures_in(past, sides, but=own)
    room = 0 if is_masked else min(MOST_PICTURES, MAX_IMAGES - len(own))
    shown = reachable[max(0, len(reachable) - room) :]
    return Context(
        past=tuple(past),
        shown=frozenset(shown),
        own=own,
        left_out_turns=len(path) - len(past),
        left_out_pictures=len(earlier) - len(shown),
        sides=sides,
    )


def path_to(thread: Thread | None, turn_id: int | None) -> list[Turn]:
    """The turns from the beginning to one of them, in order, as far as they were answered."""
    if turn_id is None or thread is None:
        return []
    wanted = ["generation__jobs__pictures", "generation__references"]
    turns = thread.turns.select_related("generation__source").prefetch_related(*wanted).in_bulk()
    path: list[Turn] = []
    while turn := turns.get(turn_id or 0):
        path.append(turn)
        turn_id = turn.parent_id
    return [turn for turn in reversed(path) if is_answered(turn)]


def said_with(generation: Generation) -> list[str]:
    """A person's own words that go upstream with a wish that is filed: its prompt, and in a thread those before it."""
    turn = Turn.objects.filter(generation=generation).select_related("thread").first()
    past = latest(path_to(turn.thread, turn.parent_id)) if turn else []
    return [generation.prompt, *(earlier.generation.prompt for earlier in past)]


def is_answered(turn: Turn) -> bool:
    """Whether its reply came whole; words that broke off are no part of a conversation."""
    return turn.text_price is not None


def latest(path: Sequence[Turn]) -> list[Turn]:
    """The end of a path, as much of it as may be said again."""
    kept: list[Turn] = []
    characters = 0
    for turn in reversed(path):
        characters += len(turn.generation.prompt) + len(turn.answer or turn.refusal)
        if len(kept) == MOST_TURNS or characters > MOST_CHARACTERS:
            break
        kept.append(turn)
    return kept[::-1]


def drawn_by(turn: Turn) -> tuple[Picture, ...]:
    """The pictures that came of a turn and do not lie in the trash."""
    jobs: list[Picture] = [picture for job in turn.generation.jobs.all() for picture in job.pictures.all()]
    return tuple(sorted((picture for picture in jobs if picture.trashed_at is None), key=lambda picture: picture.pk))


def sides_of(path: Sequence[Turn]) -> Sides:
    """By turn, the pictures a person brought into it (references, and a base drawn by none of them) and those drawn."""
    drawn = {turn.pk: drawn_by(turn) for turn in path}
    known = {picture.pk for pictures in drawn.values() for picture in pictures}
    sides = {}
    for turn in path:
        generation: Generation = turn.generation
        base = [generation.source] if generation.source and generation.source_id not in known else []
        brought = [*base, *(reference.picture for reference in generation.references.all())]
        sides[turn.pk] = (tuple(picture for picture in brought if picture.trashed_at is None), drawn[turn.pk])
    return sides


def pictures_in(path: Sequence[Turn], sides: Sides, *, but: Sequence[Picture]) -> list[int]:
    """The numbers of a path's pictures in the order they were seen, none twice."""
    seen = dict.fromkeys(picture.pk for turn in path for side in sides[turn.pk] for picture in side)
    return [number for number in seen if number not in {picture.pk for picture in but}]


def unread(picture: Picture) -> SentPicture:
    """A picture as far as prices need it: nothing of it is read."""
    return SentPicture(content_type=f"image/{picture.format}", source=Path(), byte_count=picture.byte_count)


def left_out_words(turns: int, pictures: int) -> str:
    """What does not go along, as the page says it."""
    said = []
    if turns:
        said.append(ngettext("the oldest message", "the %(n)d oldest messages", turns) % {"n": turns})
    if pictures:
        said.append(ngettext("%(n)d earlier picture", "%(n)d earlier pictures", pictures) % {"n": pictures})
    return _("Not sent again: %(what)s.") % {"what": _(" and ").join(said)} if said else ""
