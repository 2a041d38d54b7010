"""What a person asked for once."""

import hashlib
import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from studio import images
from studio.accounts.models import User
from studio.images import EditRequest, ImageFile, ImageRequest
from studio.images.prices import REFERENCE_TOKENS
from studio.ledger.models import BudgetSpent
from studio.library.lightening import MAX_PART_BYTES
from studio.library.models import Mask, Picture
from studio.upstreams.models import Upstream

from ..wakeups import wake_on_commit
from .not_filed import NotFiled
from .safety_note import SafetyNote

if TYPE_CHECKING:
    from .thread import Talk


class TokenReused(NotFiled):
    """The composer's token came again with another body: not a resent form but a different wish."""

    status = 409

    @property
    def sentence(self) -> str:
        return gettext("This form was already sent with other words. Send it again to make another picture.")


class Detail(Protocol):
    """What a wish of some kind says beyond its request."""

    def facts(self) -> dict[str, Any]:
        """Its columns of the generation, the kind among them."""

    def beside(self) -> dict[str, Any]:
        """What else makes it this wish and no other."""

    def said(self) -> Sequence[str]:
        """What else goes upstream in words: the earlier turns of a conversation."""

    def attach(self, generation: "Generation") -> None:
        """Write what belongs to it beside the generation, before its jobs are filed."""


class BudgetRefused(NotFiled):
    """A budget has less left than the wish may cost."""

    def __init__(self, spent: BudgetSpent) -> None:
        super().__init__(str(spent))
        self.spent = spent

    @property
    def sentence(self) -> str:
        return self.spent.sentence


@contextmanager
def refused_by_budget() -> Iterator[None]:
    """Turn a budget's refusal into that of a wish; around the transaction, so that nothing of it stays."""
    try:
        yield
    except BudgetSpent as spent:
        raise BudgetRefused(spent) from None


@dataclass(frozen=True, kw_only=True)
class Edit:
    """What an edit says beyond its request: which picture, where, and how it is put back together."""

    source: Picture
    mask: Mask
    is_locked: bool = True
    is_precise: bool = False  # only the painted part is sent
    feather: int | None = None  # px; None = a hundredth of the short edge

    def facts(self) -> dict[str, Any]:
        return {
            "kind": Generation.Kind.EDIT,
            "source_id": self.source.pk,
            "mask_id": self.mask.pk,
            "is_locked": self.is_locked,
            "is_precise": self.is_precise,
            "feather": self.feather,
        }

    def beside(self) -> dict[str, Any]:
        return {}

    def said(self) -> Sequence[str]:
        return ()

    def attach(self, generation: "Generation") -> None:
        """An edit is all in the generation's columns."""


@dataclass(frozen=True)
class Proof:
    """A picture drawn to see whether an upstream draws."""

    upstream: Upstream

    def facts(self) -> dict[str, Any]:
        return {"kind": Generation.Kind.PROOF, "proof_of_id": self.upstream.pk}

    def beside(self) -> dict[str, Any]:
        return {}

    def said(self) -> Sequence[str]:
        return ()

    def attach(self, generation: "Generation") -> None:
        """A proof is all in the generation's columns."""


class GenerationQuerySet(models.QuerySet["Generation"]):
    def seen_by(self, user: Any) -> Self:
        return self.filter(owner=user)

    def for_feed(self) -> Self:
        """Newest first, with everything a card shows; what belongs to a conversation is shown there."""
        return (
            self.filter(kind__in=[Generation.Kind.GENERATE, Generation.Kind.EDIT])
            .select_related("source")
            .prefetch_related("jobs__owner", "jobs__pictures", "jobs__attempts", "references")
            .order_by("-pk")
        )

    def same_as(self, request: ImageRequest, *, edit: Detail | None = None, references: Sequence[Picture] = ()) -> Self:
        """Wishes for the same in every word, number and source; what to do if they fail makes no difference."""
        facts, rest = facts_of(request, edit=edit, references=references), beside(edit, references)
        return self.filter(body_digest__in=[digest(facts | {"fallback": way} | rest) for way in User.Fallback.values])


class GenerationManager(models.Manager.from_queryset(GenerationQuerySet)):  # type: ignore[misc]
    def submit(
        self,
        *,
        owner: Any,
        request: ImageRequest,
        token: uuid.UUID,
        now: datetime,
        edit: Detail | None = None,
        references: Sequence[Picture] = (),
        fallback: str | None = None,
    ) -> "Generation":
        """File a wish: one generation, its jobs and their reservations, in one transaction; wake the runner after it.

        `fallback` is one of User.Fallback, the owner's own where it is left out. The same token with the same wish
        gives the generation it made the first time; with another, TokenReused. What the policy does not let through
        raises Refused before anything is written but the log.
        """
        SafetyNote.objects.screen(request.prompt, *(edit.said() if edit else ()), person=owner, now=now)
        facts = facts_of(request, edit=edit, references=references) | {"fallback": fallback or owner.fallback}
        body = digest(facts | beside(edit, references))
        try:
            with refused_by_budget(), transaction.atomic():
                generation = self.create(owner=owner, token=token, body_digest=body, created_at=now, **facts)
                Reference.objects.number(generation, references)
                if edit:
                    edit.attach(generation)
                generation.jobs.file(generation, is_large=request.is_large, now=now)
                wake_on_commit()
        except IntegrityError:
            generation = self.get(owner=owner, token=token)
            if generation.body_digest != body:
                raise TokenReused from None
        return generation


def facts_of(request: ImageRequest, *, edit: Detail | None, references: Sequence[Picture]) -> dict[str, Any]:
    """The columns of Generation that say what is asked for."""
    kind = {"kind": Generation.Kind.EDIT} if references else {}
    return kind | wish(request) | (edit.facts() if edit else {})


def beside(edit: Detail | None, references: Sequence[Picture]) -> dict[str, Any]:
    """What else makes it this wish and no other."""
    named = {"references": [picture.pk for picture in references]} if references else {}
    return (edit.beside() if edit else {}) | named


def wish(request: ImageRequest) -> dict[str, Any]:
    """The columns of Generation that repeat the request."""
    return {
        "prompt": request.prompt,
        "model": request.model,
        "size": str(request.size),
        "quality": request.quality,
        "output_format": request.output_format,
        "output_compression": request.output_compression,
        "background": request.background,
        "moderation": request.moderation,
        "partial_images": request.partial_images,
        "n": request.n,
    }


def as_file(picture: Picture) -> ImageFile:
    """A stored picture as the rules see it."""
    return ImageFile(format=picture.format, byte_count=picture.byte_count, width=picture.width, height=picture.height)


def digest(facts: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


class Generation(models.Model):
    """What a person asked for once, with n pictures wanted."""

    class Kind(models.TextChoices):
        GENERATE = "generate", _("Generate")
        EDIT = "edit", _("Edit")
        REFINE = "refine", _("Refine")
        PLAN = "plan", _("Plan")
        PROOF = "proof", _("Proof of an upstream")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="generations")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.GENERATE)
    created_at = models.DateTimeField(default=timezone.now)
    # From the composer: the same token again is the same click again.
    token = models.UUIDField()
    body_digest = models.CharField(max_length=64)

    prompt = models.TextField()
    model = models.CharField(max_length=60)
    size = models.CharField(max_length=11)
    quality = models.CharField(max_length=10)
    output_format = models.CharField(max_length=5)
    output_compression = models.PositiveSmallIntegerField(null=True, blank=True)
    background = models.CharField(max_length=11)
    moderation = models.CharField(max_length=4)
    partial_images = models.PositiveSmallIntegerField()
    n = models.PositiveSmallIntegerField()
    # Whether something smaller or simpler may be drawn where this cannot be; see dispatch.py.
    fallback = models.CharField(max_length=9, choices=User.Fallback, default=User.Fallback.ASK)

    # Of an edit; see Edit.
    source = models.ForeignKey(Picture, on_delete=models.PROTECT, null=True, blank=True, related_name="wishes")
    mask = models.ForeignKey(Mask, on_delete=models.PROTECT, null=True, blank=True, related_name="wishes")
    is_locked = models.BooleanField(default=False)
    is_precise = models.BooleanField(default=False)  # only the painted part is sent
    feather = models.PositiveSmallIntegerField(null=True, blank=True)

    # Of a proof: the upstream it is drawn at, or not at all.
    proof_of = models.ForeignKey(Upstream, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    objects = GenerationManager()

    # The kinds that ask a text model, by where they keep what it says.
    TALKS: ClassVar[dict[str, str]] = {Kind.REFINE: "turn", Kind.PLAN: "plan"}

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "token"], name="one_generation_a_token")]
        indexes = [
            models.Index(fields=["owner", "-id"], name="generation_feed"),
            models.Index(fields=["owner", "body_digest"], name="generation_same_wish"),
        ]

    def __str__(self) -> str:
        return f"generation {self.pk}"

    def request(self) -> ImageRequest:
        """The request each of its jobs sends: always for one picture."""
        fields: dict[str, Any] = {
            "prompt": self.prompt,
            "model": self.model,
            "size": self.size if self.size == images.AUTO else images.Size.parse(self.size),
            "quality": self.quality,
            "output_format": self.output_format,
            "output_compression": self.output_compression,
            "background": self.background,
            "moderation": self.moderation,
            "stream": self.partial_images > 0,
            "partial_images": self.partial_images,
            "n": 1,
        }
        if self.kind != self.Kind.EDIT:
            return ImageRequest(**fields)
        return EditRequest(images=self.files, mask=self.mask_file, **fields)

    def words_sent(self) -> list[str]:
        """All that goes upstream in words: its prompt, after those of the turns it goes on from."""
        said = [self.prompt]
        turn = self.turn.parent if self.kind == self.Kind.REFINE else None
        while turn is not None:
            said.append(turn.generation.prompt)
            turn = turn.parent
        return said[::-1]

    @property
    def talk(self) -> "Talk | None":
        """What a text model is asked beside it: the turn of a conversation, or a plan."""
        return getattr(self, self.TALKS[self.kind]) if self.kind in self.TALKS else None

    @property
    def is_drawn(self) -> bool:
        """Whether pictures may come of it."""
        return self.kind != self.Kind.PLAN

    @property
    def files(self) -> tuple[ImageFile, ...]:
        """What an edit sends besides words, as far as its price depends on it; a source has the asked size then."""
        references = tuple(as_file(reference.picture) for reference in self.references.all())
        if self.source_id is None:
            return references
        size = images.Size.parse(self.size)
        return (ImageFile(format="png", byte_count=0, width=size.width, height=size.height), *references)

    @property
    def mask_file(self) -> ImageFile | None:
        """The mask that goes along with an edit, as the rules see it: as large as the source is sent."""
        if self.mask_id is None:
            return None
        size = images.Size.parse(self.size)
        return ImageFile(format="png", byte_count=0, width=size.width, height=size.height, has_alpha=True)

    @property
    def reference_count(self) -> int:
        """How many pictures are sent along, the source of an edit among them."""
        if self.kind == self.Kind.REFINE:
            return self.turn.sent_picture_count
        return len(self.files) if self.kind == self.Kind.EDIT else 0

    @property
    def input_tokens(self) -> int:
        """Image input tokens of all that is sent along, as far as they can be told before."""
        if self.kind == self.Kind.REFINE:
            return self.turn.sent_picture_count * REFERENCE_TOKENS
        return sum(images.image_tokens(*file.edges) for file in self.files) if self.kind == self.Kind.EDIT else 0

    @property
    def is_sent_smaller(self) -> bool:
        """Whether a picture is too heavy to be sent as it is stored."""
        sent = [reference.picture for reference in self.references.all()]
        # What a source weighs as the PNG it is sent as is known beforehand only where it is stored as one.
        if self.source and self.source.format == "png" and not self.is_precise:
            sent.append(self.source)
        return any(picture.byte_count > MAX_PART_BYTES for picture in sent)

    @property
    def shape(self) -> tuple[int, int]:
        """Width and height of a tile before its picture is there, in px; square while the size is left to the model."""
        if self.size == images.AUTO:
            return (1024, 1024)
        size = images.Size.parse(self.size)
        return (size.width, size.height)


class ReferenceManager(models.Manager["Reference"]):
    def get_queryset(self) -> models.QuerySet["Reference"]:
        return super().get_queryset().select_related("picture")

    def number(self, generation: Generation, pictures: Sequence[Picture]) -> None:
        """Keep the pictures that go along with a wish, in their order."""
        self.bulk_create(
            Reference(generation=generation, position=position, picture=picture)
            for position, picture in enumerate(pictures, 1)
        )
        Picture.objects.filter(pk__in=[picture.pk for picture in pictures]).note_opened(now=generation.created_at)


class Reference(models.Model):
    """A picture that goes along with a wish to be looked at."""

    generation = models.ForeignKey(Generation, on_delete=models.CASCADE, related_name="references")
    position = models.PositiveSmallIntegerField()  # from 1, as people and prompts count: "image 2"
    picture = models.ForeignKey(Picture, on_delete=models.PROTECT, related_name="referred_to")

    objects = ReferenceManager()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["generation", "position"], name="one_reference_a_place")]

    def __str__(self) -> str:
        return f"image {self.position} of generation {self.generation_id}"
