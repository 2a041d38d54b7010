"""The upstream: one account at a gateway."""

import hashlib
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from studio import seal

from ..choice import Need, Standing

MAX_SLOTS = 1000
MAX_SECONDS = 3600


class Lane(models.TextChoices):
    """Large pictures wait for their own slots, so that they never hold up the quick ones."""

    STANDARD = "standard", _("Standard")
    LARGE = "large", _("Large")


class Billing(models.TextChoices):
    """What a gateway counts when it charges for a picture."""

    TOKEN = "token", _("Tokens")
    IMAGE = "image", _("Pictures, by size")


class UpstreamQuerySet(models.QuerySet["Upstream"]):
    def present(self) -> Self:
        return self.filter(removed_at=None)

    def usable(self) -> Self:
        return self.present().filter(is_enabled=True)

    def expected(self) -> Self:
        """The usable ones, and those that trouble switched off: what is asked of them waits until an admin helps."""
        return self.present().filter(Q(is_enabled=True) | ~Q(disabled_reason=""))

    def can_moderate(self) -> Self:
        """Those whose moderation is asked about words before they are drawn."""
        return self.usable().filter(has_moderations=True)

    def ready(self, *, now: datetime) -> Self:
        """Those that may be called now: switched on and not cooling."""
        return self.usable().filter(Q(cooling_until=None) | Q(cooling_until__lte=now))

    def standings(self) -> list[Standing]:
        """What a choice reads of them, and no more: it is made before every call."""
        return [Standing(*row) for row in self.values_list(*Standing._fields)]

    def real(self) -> Self:
        return self.filter(is_simulated=False)

    def in_order(self) -> Self:
        """The order of choice before load counts: paid plans before free ones, then priority, then the oldest."""
        return self.alias(is_free=Q(plan=Upstream.Plan.FREE)).order_by("is_free", "-priority", "pk")


class UpstreamManager(models.Manager.from_queryset(UpstreamQuerySet)):  # type: ignore[misc]
    def declare(self, *, name: str, api_key: str, **facts: Any) -> "Upstream":
        """Write what the environment says of an upstream, whatever stood there before, and switch it on."""
        facts |= sealed(api_key) | SWITCHED_ON
        upstream, _created = self.update_or_create(name=name, removed_at=None, defaults={**facts, "is_managed": True})
        self.make_way()
        return upstream

    def retire(self, name: str) -> None:
        """Switch off an upstream that the environment no longer names; its past stays readable."""
        self.filter(name=name, is_managed=True).update(is_enabled=False)

    def make_way(self) -> None:
        """Never paint with play money where a real gateway is in use."""
        if self.usable().real().exists():
            self.filter(is_simulated=True).update(is_enabled=False)


def fingerprint(api_key: str) -> str:
    """Twelve hex digits that tell keys apart without giving one away."""
    return hashlib.sha256(api_key.encode()).hexdigest()[:12]


def hint(api_key: str) -> str:
    """What may be shown of a key: its first three and last four characters."""
    return f"{api_key[:3]}…{api_key[-4:]}" if len(api_key) >= 12 else "…"


def sealed(api_key: str) -> dict[str, Any]:
    """The columns in which a key is kept."""
    return {"sealed_key": seal.seal(api_key), "key_fingerprint": fingerprint(api_key), "key_hint": hint(api_key)}


# Columns of an upstream that begins anew: nothing that was held against it counts any more.
RESTED: dict[str, Any] = {"cooling_until": None, "cooling_reason": "", "trouble_count": 0}
SWITCHED_ON: dict[str, Any] = {"is_enabled": True, "disabled_reason": "", **RESTED}
# What was found out about the gateway at an address, as long as it is the same address.
UNLEARNT: dict[str, Any] = {"refused_parameters": [], "image_field": "image[]"}


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
    sealed_key = models.BinaryField()
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
    late_standard = seconds(120)
    late_large = seconds(300)
    deadline_standard = seconds(300)
    deadline_large = seconds(600)
    silence = seconds(120)

    cooling_until = models.DateTimeField(null=True, blank=True)
    cooling_reason = models.CharField(max_length=30, blank=True)  # the kind of error
    disabled_reason = models.CharField(max_length=30, blank=True)  # …that switched it off, where no admin did
    # Bad ends in a row that were its own doing, and pictures in a row that were not what was asked for.
    trouble_count = models.PositiveSmallIntegerField(default=0)
    downgrade_count = models.PositiveSmallIntegerField(default=0)
    # The form field it reads pictures from: what the API documents, or what it was found to want.
    image_field = models.CharField(max_length=7, default="image[]")
    created_at = models.DateTimeField(default=timezone.now)
    # Taken out of Settings; calls under way end as they would have, and its past stays readable.
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
        """The key in clear; raise seal.Unsealable when the seal key was changed."""
        return seal.unseal(bytes(self.sealed_key))

    @property
    def has_readable_key(self) -> bool:
        try:
            return bool(self.api_key)
        except seal.Unsealable:
            return False

    def fits(self, need: Need) -> bool:
        """Whether it offers the models of a call."""
        return Standing(*(getattr(self, name) for name in Standing._fields)).fits(need)

    def slots(self, lane: str) -> int:
        return self.large_slots if lane == Lane.LARGE else self.standard_slots

    def late(self, lane: str) -> int:
        """Seconds after which a card says *late*."""
        return self.late_large if lane == Lane.LARGE else self.late_standard

    def deadline(self, lane: str) -> int:
        """Seconds after which a call is given up."""
        return self.deadline_large if lane == Lane.LARGE else self.deadline_standard

    # ── How it fares ──

    def is_cooling(self, *, now: datetime) -> bool:
        return self.cooling_until is not None and self.cooling_until > now

    def cool_down(self, *, until: datetime, reason: str) -> None:
        """Leave it alone until then; a longer rest that was asked for before stays."""
        self.row.filter(Q(cooling_until=None) | Q(cooling_until__lt=until)).update(
            cooling_until=until, cooling_reason=reason
        )

    def note_trouble(self) -> int:
        """Count a bad end that was its own doing; return how many there were in a row."""
        self.row.update(trouble_count=F("trouble_count") + 1)
        self.refresh_from_db(fields=["trouble_count"])
        return self.trouble_count

    def note_picture(self, *, is_as_asked: bool) -> int:
        """A picture came: it works again. Return how many in a row were not what was asked for.

        A limit that another call ran into meanwhile still holds, so it goes on cooling.
        """
        self.row.update(trouble_count=0, downgrade_count=0 if is_as_asked else F("downgrade_count") + 1)
        self.refresh_from_db(fields=["trouble_count", "downgrade_count"])
        return self.downgrade_count

    def remember_image_field(self, name: str) -> None:
        """Send pictures in this form field from now on."""
        self.row.update(image_field=name)

    def forget_tasks(self) -> None:
        """Ask for pictures in one call from now on: it takes no image tasks after all."""
        self.row.update(can_async=False)

    def remember_refused_parameter(self, name: str) -> None:
        """Leave this optional parameter out from now on; in a transaction of the caller's."""
        known = self.row.select_for_update().values_list("refused_parameters", flat=True).get()
        if name not in known:
            self.row.update(refused_parameters=[*known, name])

    # ── In and out of use ──

    def switch_off(self, *, reason: str = "") -> bool:
        """Take no more calls; `reason` is the kind of error where no admin did it. False when it was off already."""
        return bool(self.row.filter(is_enabled=True).update(is_enabled=False, disabled_reason=reason))

    def switch_on(self) -> None:
        """Take calls again, as if nothing had happened."""
        self.row.present().update(**SWITCHED_ON)
        Upstream.objects.make_way()

    def remove(self, *, now: datetime) -> bool:
        """Take it out of Settings; its name is free again. False when somebody else did."""
        return bool(self.row.present().update(removed_at=now, is_enabled=False))
