"""Generation: one submitted request with n pictures wanted, and the specs that tell its kinds apart."""

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol, Self

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from studio import images
from studio.accounts.models import User
from studio.core.refusals import Refusal
from studio.core.wakeups import wake_on_commit
from studio.images import EditRequest, ImageFile, ImageRequest, request_to_data
from studio.images.prices import REFERENCE_TOKENS
from studio.imaging.downscale import MAX_PART_BYTES
from studio.library.models import Collection, Mask, Picture
from studio.safety.models import SafetyNote
from studio.upstreams.models import Upstream

from .fields import ImageRequestField


class TokenReused(Refusal):
    """The composer's token was sent before with another body: not a double click, but another request."""

    status = 409

    @property
    def sentence(self) -> str:
        return gettext("This form was already sent with other words. Send it again to make another picture.")


class Kind(models.TextChoices):
    """The kind of a generation, which selects the strategy of `worker` that runs its jobs."""

    GENERATE = "generate", _("Generate")
    EDIT = "edit", _("Edit")
    REFINE = "refine", _("Refine")
    PLAN = "plan", _("Plan")
    TEST = "test", _("Test picture")


class GenerationSpec(Protocol):
    """What a kind of generation adds to its image request."""

    @property
    def main_model(self) -> str:
        """The text model that answers it; empty for the Images API."""

    def columns(self, request: ImageRequest, references: Sequence[Picture], *, now: datetime) -> dict[str, Any]:
        """Its columns of the generation, the kind among them."""

    def digest_parts(self) -> dict[str, Any]:
        """What distinguishes it from another generation with the same image request, as JSON data."""

    def prompt_texts(self) -> Sequence[str]:
        """The person's texts sent besides the prompt: the earlier turns of a conversation."""

    def save_related(self, generation: "Generation") -> None:
        """Write rows of its own, before its jobs are queued."""


class PlainSpec:
    """Defaults for the kinds without a text model and without rows of their own."""

    @property
    def main_model(self) -> str:
        return ""

    def prompt_texts(self) -> Sequence[str]:
        return ()

    def save_related(self, generation: "Generation") -> None:
        """Nothing: everything is in the generation's columns."""


@dataclass(frozen=True, kw_only=True)
class GenerateSpec(PlainSpec):
    """Pictures from a prompt, and from references where there are any."""

    def columns(self, request: ImageRequest, references: Sequence[Picture], *, now: datetime) -> dict[str, Any]:
        if not references:
            return {"kind": Kind.GENERATE, "request": request}
        return {"kind": Kind.EDIT, "request": as_edit_request(request, images=map(as_image_file, references))}

    def digest_parts(self) -> dict[str, Any]:
        return {}


@dataclass(frozen=True, kw_only=True)
class EditSpec(PlainSpec):
    """An edit under a mask: the source, the mask, and how the result is composited."""

    source: Picture
    mask: Mask
    is_locked: bool = True
    is_precise: bool = False  # send only the painted part
    feather: int | None = None  # px; None = a hundredth of the short edge

    def columns(self, request: ImageRequest, references: Sequence[Picture], *, now: datetime) -> dict[str, Any]:
        size = images.Size.parse(str(request.size))
        # Source and mask are sent as PNGs of the requested size, whatever their stored format.
        sent = ImageFile(format="png", byte_count=0, width=size.width, height=size.height)
        edit = as_edit_request(
            request, images=[sent, *map(as_image_file, references)], mask=replace(sent, has_alpha=True)
        )
        return {"request": edit, "source": self.source, "mask": self.mask} | self._settings

    def digest_parts(self) -> dict[str, Any]:
        return {"source": self.source.pk, "mask": self.mask.pk} | self._settings

    @property
    def _settings(self) -> dict[str, Any]:
        return {
            "kind": Kind.EDIT,
            "is_locked": self.is_locked,
            "is_precise": self.is_precise,
            "feather": self.feather,
        }


@dataclass(frozen=True, kw_only=True)
class TestPictureSpec(PlainSpec):
    """A picture with which an admin tests an upstream."""

    upstream: Upstream

    def columns(self, request: ImageRequest, references: Sequence[Picture], *, now: datetime) -> dict[str, Any]:
        return {"kind": Kind.TEST, "request": request, "tested_upstream": self.upstream}

    def digest_parts(self) -> dict[str, Any]:
        return {"kind": Kind.TEST, "tested_upstream": self.upstream.pk}


def as_edit_request(request: ImageRequest, *, images: Any, mask: ImageFile | None = None) -> EditRequest:
    """The same request with pictures sent along."""
    fields = {name: getattr(request, name) for name in ImageRequest.__dataclass_fields__}
    return EditRequest(**fields, images=tuple(images), mask=mask)


def as_image_file(picture: Picture) -> ImageFile:
    """A stored picture as the rules of `images` see it."""
    return ImageFile(format=picture.format, byte_count=picture.byte_count, width=picture.width, height=picture.height)


class GenerationQuerySet(models.QuerySet["Generation"]):
    def seen_by(self, user: Any) -> Self:
        return self.filter(owner=user)

    def for_feed(self) -> Self:
        """Newest first, with everything a card shows; conversations and plans are shown elsewhere."""
        return (
            self.filter(kind__in=[Kind.GENERATE, Kind.EDIT])
            .select_related("source")
            .prefetch_related("jobs__owner", "jobs__pictures", "jobs__attempts", "references")
            .order_by("-pk")
        )

    def same_as(
        self, request: ImageRequest, *, spec: GenerationSpec | None = None, references: Sequence[Picture] = ()
    ) -> Self:
        """Generations with an identical request, spec and references; their fallback setting does not count."""
        parts = digest_parts(request, spec=spec or GenerateSpec(), references=references)
        return self.filter(body_digest__in=[digest(parts, fallback=each) for each in User.Fallback.values])


class GenerationManager(models.Manager.from_queryset(GenerationQuerySet)):  # type: ignore[misc]
    def submit(
        self,
        *,
        owner: Any,
        request: ImageRequest,
        token: uuid.UUID,
        now: datetime,
        spec: GenerationSpec | None = None,
        references: Sequence[Picture] = (),
        fallback: str | None = None,
        collection: Collection | None = None,
    ) -> "Generation":
        """Write one generation, its jobs and their reservations in one transaction; wake the runner on commit.

        The pictures land in `collection`; `fallback` is one of User.Fallback and defaults to the owner's setting.
        The same token with the same request returns the generation it created the first time; with another request it
        raises TokenReused. A prompt the policy refuses raises RefusedByPolicy, with only the log written; a budget with
        too little left raises BudgetExceeded.
        """
        spec, fallback = spec or GenerateSpec(), fallback or owner.fallback
        SafetyNote.objects.screen(request.prompt, *spec.prompt_texts(), person=owner, now=now)
        body = digest(digest_parts(request, spec=spec, references=references), fallback=fallback)
        try:
            with transaction.atomic():
                columns = spec.columns(request, references, now=now) | {"fallback": fallback, "collection": collection}
                generation = self.create(owner=owner, token=token, body_digest=body, created_at=now, **columns)
                Reference.objects.attach(generation, references)
                spec.save_related(generation)
                generation.jobs.queue(generation, main_model=spec.main_model, now=now)
                wake_on_commit()
        except IntegrityError:
            generation = self.get(owner=owner, token=token)
            if generation.body_digest != body:
                raise TokenReused from None
        return generation


def digest_parts(request: ImageRequest, *, spec: GenerationSpec, references: Sequence[Picture]) -> dict[str, Any]:
    """What identifies a generation, without its fallback setting."""
    fields = {name: value for name, value in request_to_data(request).items() if name not in ("images", "mask")}
    return {"request": fields, "spec": spec.digest_parts(), "references": [picture.pk for picture in references]}


def digest(parts: dict[str, Any], *, fallback: str) -> str:
    return hashlib.sha256(json.dumps(parts | {"fallback": fallback}, sort_keys=True).encode()).hexdigest()


class Generation(models.Model):
    """One submitted request with n pictures wanted; each picture is a job."""

    Kind = Kind

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="generations")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.GENERATE)
    created_at = models.DateTimeField(default=timezone.now)
    # From the composer: the same token again means the same click again.
    token = models.UUIDField()
    body_digest = models.CharField(max_length=64)

    # As submitted, with n; each job sends it for one picture.
    request = ImageRequestField()
    # Whether a smaller or simpler picture may be generated if this fails; see dispatch.py.
    fallback = models.CharField(max_length=9, choices=User.Fallback, default=User.Fallback.ASK)

    # Of an edit under a mask; see EditSpec.
    source = models.ForeignKey(Picture, on_delete=models.PROTECT, null=True, blank=True, related_name="generations")
    mask = models.ForeignKey(Mask, on_delete=models.PROTECT, null=True, blank=True, related_name="generations")
    is_locked = models.BooleanField(default=False)
    is_precise = models.BooleanField(default=False)  # only the painted part is sent
    feather = models.PositiveSmallIntegerField(null=True, blank=True)

    # With a text model: the most its text can cost at list price, in USD, and how many pictures are sent along.
    text_ceiling = models.DecimalField(max_digits=16, decimal_places=8, default=Decimal(0))
    sent_picture_count = models.PositiveSmallIntegerField(default=0)

    # Where its pictures land, besides the gallery.
    collection = models.ForeignKey(Collection, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    # Of a test picture: the only upstream that may run it.
    tested_upstream = models.ForeignKey(Upstream, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    objects = GenerationManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "token"], name="one_generation_a_token")]
        indexes = [
            models.Index(fields=["owner", "-id"], name="generation_feed"),
            models.Index(fields=["owner", "body_digest"], name="generation_same_request"),
        ]

    def __str__(self) -> str:
        return f"generation {self.pk}"

    @property
    def prompt(self) -> str:
        return self.request.prompt

    @property
    def is_drawn(self) -> bool:
        """Whether it may bring pictures."""
        return self.kind != Kind.PLAN

    @property
    def files(self) -> tuple[ImageFile, ...]:
        """The pictures an edit sends, as far as its price depends on them."""
        return self.request.images if isinstance(self.request, EditRequest) else ()

    @property
    def reference_count(self) -> int:
        """How many pictures are sent along, including the source of an edit."""
        return self.sent_picture_count or len(self.files)

    @property
    def input_tokens(self) -> int:
        """Image input tokens of all pictures sent along, as far as they can be computed in advance."""
        if self.sent_picture_count:
            return self.sent_picture_count * REFERENCE_TOKENS
        return sum(images.image_tokens(*file.edges) for file in self.files)

    @property
    def is_sent_smaller(self) -> bool:
        """Whether a picture has too many bytes to be sent as it is stored."""
        sent = [reference.picture for reference in self.references.all()]
        # A source is sent as PNG; its size in bytes is known in advance only where it is stored as PNG.
        if self.source and self.source.format == "png" and not self.is_precise:
            sent.append(self.source)
        return any(picture.byte_count > MAX_PART_BYTES for picture in sent)

    @property
    def shape(self) -> tuple[int, int]:
        """Width and height of the empty tile in px; square where the size is left to the model."""
        return self.request.edges or (1024, 1024)


class ReferenceManager(models.Manager["Reference"]):
    def get_queryset(self) -> models.QuerySet["Reference"]:
        return super().get_queryset().select_related("picture")

    def attach(self, generation: Generation, pictures: Sequence[Picture]) -> None:
        """Store the pictures sent along with a generation, in their order."""
        self.bulk_create(
            Reference(generation=generation, position=position, picture=picture)
            for position, picture in enumerate(pictures, 1)
        )
        own = Picture.objects.owned_by(generation.owner)
        own.filter(pk__in=[picture.pk for picture in pictures]).note_opened(now=generation.created_at)


class Reference(models.Model):
    """A picture sent along with a generation as a reference."""

    generation = models.ForeignKey(Generation, on_delete=models.CASCADE, related_name="references")
    position = models.PositiveSmallIntegerField()  # from 1, as people and prompts count: "image 2"
    picture = models.ForeignKey(Picture, on_delete=models.PROTECT, related_name="referred_to")

    objects = ReferenceManager()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["generation", "position"], name="one_reference_a_place")]

    def __str__(self) -> str:
        return f"image {self.position} of generation {self.generation_id}"
