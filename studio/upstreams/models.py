"""The upstream: one account at a gateway."""

import hashlib
from decimal import Decimal
from typing import Any, Self

from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from . import seal


class Lane(models.TextChoices):
    """Large pictures wait for their own slots, so that they never hold up the quick ones."""

    STANDARD = "standard", _("Standard")
    LARGE = "large", _("Large")


class UpstreamQuerySet(models.QuerySet["Upstream"]):
    def usable(self) -> Self:
        return self.filter(is_enabled=True)

    def in_order(self) -> Self:
        """The order of choice: priority first, then the oldest."""
        return self.order_by("-priority", "pk")


class UpstreamManager(models.Manager.from_queryset(UpstreamQuerySet)):  # type: ignore[misc]
    def declare(self, *, name: str, api_key: str, **facts: Any) -> "Upstream":
        """Write what the environment says of an upstream, whatever stood there before, and switch it on."""
        facts |= {"sealed_key": seal.seal(api_key), "key_fingerprint": fingerprint(api_key), "key_hint": hint(api_key)}
        upstream, _created = self.update_or_create(
            name=name, defaults={**facts, "is_enabled": True, "is_managed": True}
        )
        return upstream

    def retire(self, name: str) -> None:
        """Switch off an upstream that the environment no longer names; its past stays readable."""
        self.filter(name=name, is_managed=True).update(is_enabled=False)


def fingerprint(api_key: str) -> str:
    """Twelve hex digits that tell keys apart without giving one away."""
    return hashlib.sha256(api_key.encode()).hexdigest()[:12]


def hint(api_key: str) -> str:
    """What may be shown of a key: its first three and last four characters."""
    return f"{api_key[:3]}…{api_key[-4:]}" if len(api_key) >= 12 else "…"


class Upstream(models.Model):
    """An account at a gateway: where a call goes, with which key, and how many at once."""

    class Plan(models.TextChoices):
        API = "api", _("API key")
        FREE = "free", _("Free")
        PLUS = "plus", _("Plus")
        TEAM = "team", _("Team")
        PRO = "pro", _("Pro")

    name = models.CharField(max_length=60, unique=True)
    base_url = models.CharField(max_length=300)
    sealed_key = models.BinaryField()
    key_fingerprint = models.CharField(max_length=12)
    key_hint = models.CharField(max_length=12)
    group = models.CharField(max_length=60, blank=True)
    plan = models.CharField(max_length=5, choices=Plan, default=Plan.API)
    standard_slots = models.PositiveSmallIntegerField(default=4)
    large_slots = models.PositiveSmallIntegerField(default=1)
    price_multiplier = models.DecimalField(
        max_digits=7, decimal_places=4, default=Decimal(1), validators=[MinValueValidator(0)]
    )
    priority = models.SmallIntegerField(default=0)
    is_enabled = models.BooleanField(default=True)
    # Named by the environment: rewritten at each start, read-only in Settings.
    is_managed = models.BooleanField(default=False)
    # The sandbox that `up` started itself: its prices are play money.
    is_simulated = models.BooleanField(default=False)
    can_stream = models.BooleanField(default=True)
    can_respond = models.BooleanField(default=True)  # speaks the Responses API
    can_chain = models.BooleanField(default=False)  # …and takes `previous_response_id`
    can_async = models.BooleanField(default=False)  # takes image tasks that outlive a connection
    has_moderations = models.BooleanField(default=False)
    image_models = models.JSONField(default=list, blank=True)  # ids it offers; empty = whatever is asked for
    main_models = models.JSONField(default=list, blank=True)  # likewise, of the Responses API
    refused_parameters = models.JSONField(default=list, blank=True)  # optional ones it was found not to take
    # A private or loopback address is called only where an admin said so.
    is_private_allowed = models.BooleanField(default=False)

    # Seconds: when a card says *late*, when a call is given up, how long a begun reply may be silent.
    late_standard = models.PositiveSmallIntegerField(default=120, validators=[MinValueValidator(1)])
    late_large = models.PositiveSmallIntegerField(default=300, validators=[MinValueValidator(1)])
    deadline_standard = models.PositiveSmallIntegerField(default=300, validators=[MinValueValidator(1)])
    deadline_large = models.PositiveSmallIntegerField(default=600, validators=[MinValueValidator(1)])
    silence = models.PositiveSmallIntegerField(default=120, validators=[MinValueValidator(1)])

    cooling_until = models.DateTimeField(null=True, blank=True)
    cooling_reason = models.CharField(max_length=30, blank=True)  # the kind of error
    disabled_reason = models.CharField(max_length=30, blank=True)  # …that switched it off, where no admin did
    # The form field it reads pictures from: what the API documents, or what it was found to want.
    image_field = models.CharField(max_length=7, default="image[]")
    created_at = models.DateTimeField(default=timezone.now)

    objects = UpstreamManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(price_multiplier__gte=0), name="upstream_multiplier_not_negative")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def api_key(self) -> str:
        """The key in clear; raise seal.Unsealable when the seal key was changed."""
        return seal.unseal(bytes(self.sealed_key))

    def remember_image_field(self, name: str) -> None:
        """Send pictures in this form field from now on."""
        Upstream.objects.filter(pk=self.pk).update(image_field=name)

    def slots(self, lane: str) -> int:
        return self.large_slots if lane == Lane.LARGE else self.standard_slots
