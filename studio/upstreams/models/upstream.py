"""The upstream: one account at a gateway."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from studio.core import encryption
from studio.gateway import Endpoint

from ..breakers import Breakers
from ..capabilities import STREAM, Facts
from ..choice import Need, UpstreamSnapshot

# Written at each start: the upstream of the environment, and the sandbox that `up` starts.
ENVIRONMENT, SANDBOX = RESERVED_NAMES = ("environment", "sandbox")
MAX_SLOTS = 1000
MAX_SECONDS = 3600


class Lane(models.TextChoices):
    """Large pictures have their own slots, so that they never hold up quick ones."""

    STANDARD = "standard", _("Standard")
    LARGE = "large", _("Large")


class Billing(models.TextChoices):
    """What a gateway charges by."""

    TOKEN = "token", _("Tokens")
    IMAGE = "image", _("Pictures, by size")


class UpstreamQuerySet(models.QuerySet["Upstream"]):
    def present(self) -> Self:
        return self.filter(removed_at=None)

    def usable(self) -> Self:
        return self.present().filter(is_enabled=True)

    def expected(self) -> Self:
        """The usable ones, and those that failures switched off: their jobs wait for an admin."""
        return self.present().filter(Q(is_enabled=True) | ~Q(disabled_reason=""))

    def can_moderate(self) -> Self:
        """Those whose moderation checks prompts before they are sent."""
        return self.usable().filter(has_moderations=True)

    def ready(self, *, now: datetime) -> Self:
        """Those that may be called now: enabled and not paused."""
        return self.usable().filter(Q(paused_until=None) | Q(paused_until__lte=now))

    def snapshots(self) -> list[UpstreamSnapshot]:
        """Only the columns a choice needs: it is made before every call."""
        return [UpstreamSnapshot(*row) for row in self.values_list(*UpstreamSnapshot._fields)]

    def real(self) -> Self:
        return self.filter(is_simulated=False)

    def in_order(self) -> Self:
        """The order of choice before load counts: paid plans before free ones, then priority, then the oldest."""
        return self.alias(is_free=Q(plan=Upstream.Plan.FREE)).order_by("is_free", "-priority", "pk")


class UpstreamManager(models.Manager.from_queryset(UpstreamQuerySet)):  # type: ignore[misc]
    def declare(self, *, name: str, api_key: str, **facts: Any) -> "Upstream":
        """Create or overwrite an upstream of the environment, and switch it on."""
        facts |= encrypted_key(api_key) | SWITCHED_ON
        upstream, _created = self.update_or_create(name=name, removed_at=None, defaults={**facts, "is_managed": True})
        self.switch_off_simulated()
        return upstream

    def retire(self, name: str) -> None:
        """Switch off an upstream that the environment no longer names; its history stays."""
        self.filter(name=name, is_managed=True).update(is_enabled=False)

    def switch_off_simulated(self) -> None:
        """Switch off simulated upstreams where a real gateway is in use."""
        if self.usable().real().exists():
            self.filter(is_simulated=True).update(is_enabled=False)


def fingerprint(api_key: str) -> str:
    """Twelve hex digits that identify a key without revealing it."""
    return hashlib.sha256(api_key.encode()).hexdigest()[:12]


def hint(api_key: str) -> str:
    """What may be shown of a key: its first three and last four characters."""
    return f"{api_key[:3]}…{api_key[-4:]}" if len(api_key) >= 12 else "…"


def encrypted_key(api_key: str) -> dict[str, Any]:
    """The columns that store a key."""
    return {
        "encrypted_key": encryption.encrypt(api_key),
        "key_fingerprint": fingerprint(api_key),
        "key_hint": hint(api_key),
    }


# Columns of an upstream whose failures no longer count.
HEALTH_RESET: dict[str, Any] = {"paused_until": None, "pause_reason": "", "failure_count": 0, "breakers": {}}
SWITCHED_ON: dict[str, Any] = {"is_enabled": True, "disabled_reason": "", **HEALTH_RESET}
# What was learned about the gateway, which is void when its address changes.
CAPABILITY_RESET: dict[str, Any] = {"refused_parameters": [], "image_field": "image[]", "learned": {}}


def seconds(default: int) -> Any:
    limits = [MinValueValidator(1), MaxValueValidator(MAX_SECONDS)]
    return models.PositiveSmallIntegerField(default=default, validators=limits)


class Upstream(models.Model):
    """An account at a gateway: where a call goes, with which key, and how many at once."""

    class Plan(models.TextChoices):
        API = "api", _("API key")
        FREE = "free", _("Free")
        PLUS = "plus", _("Plus")
        TEAM = "team", _("Team")
        PRO = "pro", _("Pro")

    name = models.CharField(max_length=60)
    base_url = models.CharField(max_length=300)
    encrypted_key = models.BinaryField()
    key_fingerprint = models.CharField(max_length=12)
    key_hint = models.CharField(max_length=12)
    group = models.CharField(max_length=60, blank=True)
    plan = models.CharField(max_length=5, choices=Plan, default=Plan.API)
    standard_slots = models.PositiveSmallIntegerField(default=4, validators=[MaxValueValidator(MAX_SLOTS)])
    large_slots = models.PositiveSmallIntegerField(default=1, validators=[MaxValueValidator(MAX_SLOTS)])
    price_multiplier = models.DecimalField(
        max_digits=7, decimal_places=4, default=Decimal(1), validators=[MinValueValidator(0)]
    )
    bills_by = models.CharField(max_length=5, choices=Billing, default=Billing.TOKEN)
    priority = models.SmallIntegerField(default=0)
    is_enabled = models.BooleanField(default=True)
    # Named by the environment: rewritten at each start, read-only in Settings.
    is_managed = models.BooleanField(default=False)
    # The sandbox that `up` started itself: its costs are simulated.
    is_simulated = models.BooleanField(default=False)
    can_stream = models.BooleanField(default=True)
    can_respond = models.BooleanField(default=True)  # offers the Responses API
    can_chain = models.BooleanField(default=False)  # …with `previous_response_id`
    can_async = models.BooleanField(default=False)  # offers image tasks that outlive a connection
    has_moderations = models.BooleanField(default=False)
    image_models = models.JSONField(default=list, blank=True)  # ids it offers; empty = any
    main_models = models.JSONField(default=list, blank=True)  # likewise, for the Responses API
    refused_parameters = models.JSONField(default=list, blank=True)  # optional parameters it has refused
    # Private and loopback addresses are called only where an admin allowed it.
    is_private_allowed = models.BooleanField(default=False)

    # Seconds until a card says *late*, until a call is given up, and of silence allowed in a reply.
    late_standard = seconds(120)
    late_large = seconds(300)
    deadline_standard = seconds(300)
    deadline_large = seconds(600)
    silence = seconds(120)

    paused_until = models.DateTimeField(null=True, blank=True)
    pause_reason = models.CharField(max_length=30, blank=True)  # the kind of error
    disabled_reason = models.CharField(
        max_length=30, blank=True
    )  # the kind of error that switched it off, where no admin did
    # What its replies have shown (see capabilities.Facts and breakers.Breakers).
    learned = models.JSONField(default=dict, blank=True)
    breakers = models.JSONField(default=dict, blank=True)
    # Failures in a row that were its own fault, and pictures in a row that were not as requested.
    failure_count = models.PositiveSmallIntegerField(default=0)
    downgrade_count = models.PositiveSmallIntegerField(default=0)
    # The form field it reads pictures from: the documented one, or the one it was found to need.
    image_field = models.CharField(max_length=7, default="image[]")
    created_at = models.DateTimeField(default=timezone.now)
    # Removed from Settings; calls under way are finished, and its history stays.
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = UpstreamManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("name"), condition=Q(removed_at=None), name="upstream_name_unique"),
            models.CheckConstraint(condition=Q(price_multiplier__gte=0), name="upstream_multiplier_not_negative"),
            models.CheckConstraint(
                condition=Q(
                    late_standard__gt=0, late_large__gt=0, deadline_standard__gt=0, deadline_large__gt=0, silence__gt=0
                ),
                name="upstream_times_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def row(self) -> UpstreamQuerySet:
        return Upstream.objects.filter(pk=self.pk)

    # ── What it offers ──

    @property
    def api_key(self) -> str:
        """The key in clear; raise encryption.Undecryptable when the encryption key was changed."""
        return encryption.decrypt(bytes(self.encrypted_key))

    @property
    def endpoint(self) -> Endpoint:
        """Where and with which key it is called; raise BadEndpoint or encryption.Undecryptable."""
        return Endpoint(base_url=self.base_url, api_key=self.api_key, is_private_allowed=self.is_private_allowed)

    @property
    def has_readable_key(self) -> bool:
        try:
            return bool(self.api_key)
        except encryption.Undecryptable:
            return False

    @property
    def snapshot(self) -> UpstreamSnapshot:
        return UpstreamSnapshot(*(getattr(self, name) for name in UpstreamSnapshot._fields))

    @property
    def facts(self) -> Facts:
        """What is known of its capabilities."""
        return Facts.from_data(self.learned)

    @property
    def streams(self) -> bool:
        """Whether calls that would be streamed are."""
        return self.can_stream and self.facts.is_usable(STREAM)

    def fits(self, need: Need) -> bool:
        """Whether it offers the models of a call."""
        return self.snapshot.fits(need)

    def slots(self, lane: str) -> int:
        return self.large_slots if lane == Lane.LARGE else self.standard_slots

    def late(self, lane: str) -> int:
        """Seconds after which a card says *late*."""
        return self.late_large if lane == Lane.LARGE else self.late_standard

    def deadline(self, lane: str) -> int:
        """Seconds after which a call is given up."""
        return self.deadline_large if lane == Lane.LARGE else self.deadline_standard

    # ── Health ──

    def is_paused(self, *, now: datetime) -> bool:
        return self.paused_until is not None and self.paused_until > now

    def free_at(self, need: Need, *, lane: str, now: datetime) -> datetime:
        """When it may be called: now, or when its pause and the breakers that hold such a call are over."""
        return max(now, self.paused_until or now, self.snapshot.held_until(need, lane=lane, now=now) or now)

    def pause(self, *, until: datetime, reason: str) -> None:
        """Pause it until then; a longer pause that was set before stays."""
        self.row.filter(Q(paused_until=None) | Q(paused_until__lt=until)).update(
            paused_until=until, pause_reason=reason
        )

    def count_failure(self) -> int:
        """Count a failure that was its own fault; return how many there were in a row."""
        self.row.update(failure_count=F("failure_count") + 1)
        self.refresh_from_db(fields=["failure_count"])
        return self.failure_count

    def count_picture(self, *, is_as_requested: bool) -> int:
        """Reset the failures after a picture; return how many pictures in a row were not as requested.

        It stays paused: the limit that another call met meanwhile still holds.
        """
        self.row.update(failure_count=0, downgrade_count=0 if is_as_requested else F("downgrade_count") + 1)
        self.refresh_from_db(fields=["failure_count", "downgrade_count"])
        return self.downgrade_count

    @transaction.atomic
    def learn(self, change: Callable[[Facts], Facts]) -> None:
        """Note what a reply has shown of its capabilities."""
        known = Facts.from_data(self.row.select_for_update().values_list("learned", flat=True).get())
        if (facts := change(known)) != known:
            self.row.update(learned=facts.as_data())
            self.learned = facts.as_data()

    @transaction.atomic
    def change_breakers(self, change: Callable[[Breakers], Breakers]) -> bool:
        """Note what a call has shown of its health. False when that was known."""
        known = Breakers.from_data(self.row.select_for_update().values_list("breakers", flat=True).get())
        breakers = change(known)
        if breakers == known:
            return False
        self.row.update(breakers=breakers.as_data())
        self.breakers = breakers.as_data()
        return True

    def set_image_field(self, name: str) -> None:
        """Send pictures in this form field from now on."""
        self.row.update(image_field=name)

    def add_refused_parameter(self, name: str) -> None:
        """Omit this optional parameter from now on; in the caller's transaction."""
        known = self.row.select_for_update().values_list("refused_parameters", flat=True).get()
        if name not in known:
            self.row.update(refused_parameters=[*known, name])

    # ── Switching on and off ──

    def switch_off(self, *, reason: str = "") -> bool:
        """Take no more calls; `reason` is the kind of error unless an admin did it. False when it was off already."""
        return bool(self.row.filter(is_enabled=True).update(is_enabled=False, disabled_reason=reason))

    def switch_on(self) -> None:
        """Take calls again, with past failures reset."""
        self.row.present().update(**SWITCHED_ON)
        Upstream.objects.switch_off_simulated()

    def remove(self, *, now: datetime) -> bool:
        """Remove it from Settings; its name is free again. False when it was removed before."""
        return bool(self.row.present().update(removed_at=now, is_enabled=False))
