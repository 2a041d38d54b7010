"""How a picture came to be and what came of it: what it goes back to, what was made with it, and what was made from it.

The number of queries is the same for a picture with two relatives and for one with two thousand. Only relatives that a
person may see are shown; where the way back leads through another one, it ends there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

from django.db import connection
from django.db.models import Count, Q
from django.utils.translation import gettext

from studio.generations.models import Result, job_of
from studio.library.models import Picture, PictureQuerySet

from .text_diff import Piece, prompt_pieces

DEEPEST = 400  # steps that are followed back
NEAREST = 4  # of the pictures it goes back to, besides the first of all
MOST = 12  # pictures of each group
NEARBY = 300  # pictures before and after it among which the same prompt is looked for
QUALITIES = ("low", "medium", "high")

# What a picture was made from: its source, else the first picture it was given as a reference.
STEPS_BACK = """
WITH RECURSIVE back (id, depth) AS (
    SELECT CAST(%s AS bigint), 0
    UNION ALL
    SELECT COALESCE(picture.source_id, (
        SELECT reference.picture_id
        FROM generations_result result
        JOIN generations_job job ON job.id = result.job_id
        JOIN generations_reference reference ON reference.generation_id = job.generation_id
        WHERE result.picture_id = picture.id AND reference.position = 1
    )), back.depth + 1
    FROM back JOIN library_picture picture ON picture.id = back.id
    WHERE back.depth < %s
)
SELECT id FROM back WHERE id IS NOT NULL AND depth > 0 ORDER BY depth
"""


@dataclass(frozen=True)
class Relative:
    """A picture of the tree: how it was made, and its prompt with what differs from the one before it marked."""

    picture: Picture
    relation: str
    pieces: Sequence[Piece] = ()
    count: int = 0  # of the pictures made from it in turn


@dataclass(frozen=True)
class Group:
    """The newest of some relatives, and how many more there are."""

    relatives: Sequence[Relative] = ()
    count: int = 0

    @property
    def more(self) -> int:
        return self.count - len(self.relatives)


@dataclass(frozen=True)
class Lineage:
    """`origins` are what it goes back to, the first of all at their head; `between` counts those left out behind it."""

    shown: Relative
    origins: Sequence[Relative]
    between: int
    is_cut: bool  # whether the way back goes on where this person may not follow
    siblings: Group
    same_words: Group
    edits: Group
    uses: Group

    @property
    def is_alone(self) -> bool:
        groups = (self.siblings, self.same_words, self.edits, self.uses)
        return not (self.origins or self.is_cut or any(group.count for group in groups))

    @property
    def closest(self) -> list[Picture]:
        """The pictures that can be seen, the closest first."""
        groups = (self.siblings, self.edits, self.same_words, self.uses)
        closest = [*reversed(self.origins), *(relative for group in groups for relative in group.relatives)]
        return list(dict.fromkeys(one.picture for one in closest if one.picture.purged_at is None))


def lineage_of(picture: Picture, *, user: Any) -> Lineage:
    """The relatives of a picture that this person sees, as its page shows them."""
    seen = Picture.objects.seen_by(user)
    origins, between, is_cut = origins_of(picture, seen)
    chain = in_order([*origins, picture])
    siblings = siblings_of(picture, seen)
    edits = seen.kept().filter(source=picture)
    return Lineage(
        shown=chain[-1],
        origins=chain[:-1],
        between=between,
        is_cut=is_cut,
        siblings=group_of(siblings),
        same_words=group_of(same_words_of(picture, seen).exclude(pk__in=siblings.values("pk")), before=picture),
        edits=with_counts(group_of(edits, before=picture), seen),
        uses=group_of(uses_of(picture, seen), before=picture),
    )


def relatives_of(picture: Picture, *, user: Any, most: int) -> list[Picture]:
    """The pictures of its lineage, the closest first."""
    return lineage_of(picture, user=user).closest[:most]


# ── What it goes back to ────────────────────────────────────────────────────────────────────────────────────────────


def origins_of(picture: Picture, seen: PictureQuerySet) -> tuple[list[Picture], int, bool]:
    """The first picture it goes back to and the NEAREST ones, oldest first; how many are between; whether it is cut."""
    with connection.cursor() as cursor:
        cursor.execute(STEPS_BACK, [picture.pk, DEEPEST])
        steps = [pk for (pk,) in cursor.fetchall()]
    visible = set(seen.filter(pk__in=steps).values_list("pk", flat=True))
    way = list(takewhile(visible.__contains__, steps))
    ids = way if len(way) <= NEAREST + 1 else [*way[:NEAREST], way[-1]]
    rows = {origin.pk: origin for origin in seen.filter(pk__in=ids)}
    is_cut = len(way) < len(steps) or len(steps) == DEEPEST
    return [rows[pk] for pk in reversed(ids) if pk in rows], len(way) - len(ids), is_cut


def in_order(chain: Sequence[Picture]) -> list[Relative]:
    """Each with what it was made from before it."""
    before: list[Picture | None] = [None, *chain]
    return [relative(picture, before=one) for picture, one in zip(chain, before, strict=False)]


# ── What stands beside it, and what came of it ──────────────────────────────────────────────────────────────────────


def siblings_of(picture: Picture, seen: PictureQuerySet) -> PictureQuerySet:
    """The other pictures of its generation."""
    job = job_of(picture)
    found = seen.kept().exclude(pk=picture.pk)
    return found.filter(result__job__generation=job.generation_id) if job else found.none()


def same_words_of(picture: Picture, seen: PictureQuerySet) -> PictureQuerySet:
    """Its drafts and finishes: pictures made of the same prompt alone, a little before or after it."""
    made = seen.kept().filter(owner=picture.owner_id, source=None)
    if not picture.prompt or picture.source_id:
        return made.none()
    older = made.filter(pk__lt=picture.pk).order_by("-pk").values("pk")[:NEARBY]
    newer = made.filter(pk__gt=picture.pk).order_by("pk").values("pk")[:NEARBY]
    near = Q(pk__in=list_of(older)) | Q(pk__in=list_of(newer))
    return made.filter(near, prompt=picture.prompt)


def list_of(ids: Any) -> list[int]:
    """Read now: not every database limits a subquery that is looked into."""
    return [row["pk"] for row in ids]


def uses_of(picture: Picture, seen: PictureQuerySet) -> PictureQuerySet:
    """Pictures it was given to as a reference."""
    results = Result.objects.filter(job__generation__references__picture=picture)
    return seen.kept().filter(pk__in=results.values("picture")).exclude(source=picture)


def group_of(found: PictureQuerySet, *, before: Picture | None = None) -> Group:
    newest = found.order_by("-pk")[:MOST]
    return Group([relative(picture, before=before) for picture in newest], found.count())


def with_counts(group: Group, seen: PictureQuerySet) -> Group:
    """The same with how many pictures were made from each of them in turn."""
    ids = [one.picture.pk for one in group.relatives]
    counted = seen.kept().filter(source__in=ids).order_by().values_list("source").annotate(count=Count("pk"))
    counts = dict(counted)
    return replace(group, relatives=[replace(one, count=counts.get(one.picture.pk, 0)) for one in group.relatives])


# ── How one was made from another ───────────────────────────────────────────────────────────────────────────────────


def relative(picture: Picture, *, before: Picture | None) -> Relative:
    pieces = prompt_pieces(before.prompt if before else "", picture.prompt)
    return Relative(picture, relation(picture, before=before), pieces)


def relation(picture: Picture, *, before: Picture | None) -> str:
    """In a word or two, how a picture was made, and how from the one before it."""
    if picture.kind == Picture.Kind.UPLOADED:
        return gettext("Uploaded")
    if picture.kind == Picture.Kind.REFINED:
        return gettext("Refined") if picture.source_id else gettext("From a thread")
    if picture.source_id:
        return gettext("Edited")
    if before and picture.prompt == before.prompt and effort(picture) > effort(before):
        return gettext("Finished")
    if before and picture.prompt != before.prompt:
        return gettext("With it as a reference")
    return gettext("Draft") if effort(picture)[0] == 0 else gettext("Generated")


def effort(picture: Picture) -> tuple[int, int]:
    """What its quality and its size are worth beside another's: the greater, the more finished."""
    quality = picture.received.get("quality") or picture.requested.get("quality")
    rank = QUALITIES.index(quality) if quality in QUALITIES else 1
    return rank, picture.width * picture.height
