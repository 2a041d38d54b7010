"""Roll-ups: sums of entries, updated with each entry, so that pages never add up millions of entries."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from math import ceil, log
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value

from ..money import MoneyField

KEYS = ("day", "person_id", "model", "quality", "size_tier", "upstream_name", "is_simulated")
# What a roll-up sums, and the field of Entry it sums.
SUMS = {
    "spent": "amount",
    "maybe": "maybe_amount",
    "failed": "failed_amount",
    "estimated": "estimate_amount",
    "reported": "reported_amount",
    "compared": "compared_amount",
    "picture_count": "picture_count",
    "attempt_count": "attempt_count",
    "charged_failure_count": "charged_failure_count",
    "flagged_count": "flagged_count",
    "input_text_tokens": "input_text_tokens",
    "cached_input_tokens": "cached_input_tokens",
    "input_image_tokens": "input_image_tokens",
    "output_text_tokens": "output_text_tokens",
    "output_image_tokens": "output_image_tokens",
}


class UpsertManager[Row: models.Model](models.Manager[Row]):
    def add(self, key: Mapping[str, Any], amounts: Mapping[str, Any]) -> None:
        """Add amounts to the row of a key, which is created where it is missing; in the caller's transaction."""
        row = self.filter(**key)
        changes = {name: F(name) + self.value(name, amount) for name, amount in amounts.items() if amount}
        if changes and not row.update(**changes):
            # Another transaction may create it at the same moment; then its row is used.
            self.bulk_create([self.model(**key)], ignore_conflicts=True)
            row.update(**changes)

    def value(self, name: str, amount: Any) -> Value:
        field: Any = self.model._meta.get_field(name)
        return Value(amount, output_field=field.clone())


class Sums(models.Model):
    """The sums of roll-ups and statements."""

    spent = MoneyField(default=0)
    maybe = MoneyField(default=0)  # the part of `spent` that may not have been charged after all
    failed = MoneyField(default=0)  # the part of `spent` that paid for failures
    estimated = MoneyField(default=0)  # at submit
    reported = MoneyField(default=0)  # by gateways, where they do
    compared = MoneyField(default=0)  # what was computed for the attempts with a reported cost
    picture_count = models.IntegerField(default=0)
    attempt_count = models.IntegerField(default=0)  # that cost something or may have
    charged_failure_count = models.IntegerField(default=0)
    flagged_count = models.IntegerField(default=0)  # whose figures differ beyond the tolerance
    input_text_tokens = models.BigIntegerField(default=0)
    cached_input_tokens = models.BigIntegerField(default=0)
    input_image_tokens = models.BigIntegerField(default=0)
    output_text_tokens = models.BigIntegerField(default=0)
    output_image_tokens = models.BigIntegerField(default=0)

    class Meta:
        abstract = True


class RollUpManager(UpsertManager["RollUp"]):
    def add(self, key: Mapping[str, Any], amounts: Mapping[str, Any]) -> None:
        """Add amounts for a person and, last, for the studio, whose row everyone waits for."""
        super().add(key, amounts)
        StudioRollUp.objects.add({name: key[name] for name in KEYS if name != "person_id"}, amounts)


class RollUp(Sums):
    """What one person spent on one day, at one upstream, on pictures of one model, quality and size tier."""

    day = models.DateField()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="rollups")
    model = models.CharField(max_length=60)
    quality = models.CharField(max_length=20)
    size_tier = models.CharField(max_length=2)
    upstream_name = models.CharField(max_length=60)
    is_simulated = models.BooleanField()

    objects: RollUpManager = RollUpManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "person", "model", "quality", "size_tier", "upstream_name", "is_simulated"],
                name="one_rollup_a_key",
            )
        ]
        indexes = [models.Index(fields=["person", "day"], name="rollup_of_person")]

    def __str__(self) -> str:
        return f"{self.day} of person {self.person_id}"


class StudioRollUpManager(UpsertManager["StudioRollUp"]):
    """Rows are created like those of any roll-up."""


class StudioRollUp(Sums):
    """The same for the whole studio: a month is a few hundred rows, however many people there are."""

    day = models.DateField()
    model = models.CharField(max_length=60)
    quality = models.CharField(max_length=20)
    size_tier = models.CharField(max_length=2)
    upstream_name = models.CharField(max_length=60)
    is_simulated = models.BooleanField()

    objects = StudioRollUpManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "model", "quality", "size_tier", "upstream_name", "is_simulated"],
                name="one_studio_rollup_a_key",
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} of the studio"


class TimingManager(UpsertManager["Timing"]):
    def record(
        self,
        *,
        day: date,
        person_id: int,
        model: str,
        quality: str,
        size_tier: str,
        upstream_name: str,
        is_simulated: bool,
        seconds: float | None,
    ) -> None:
        """Count a finished attempt, for its person and for the studio; `seconds` is None for a failed one."""
        facts = {
            "day": day,
            "model": model,
            "quality": quality,
            "size_tier": size_tier,
            "upstream_name": upstream_name,
            "is_simulated": is_simulated,
            "bucket": FAILED if seconds is None else bucket_of(seconds),
        }
        # The studio last: the row that everyone waits for is locked for the shortest time.
        self.add(facts | {"person_id": person_id}, {"count": 1})
        self.add(facts | {"person_id": None}, {"count": 1})


FAILED = -1
STEP, FIRST = 1.2, 0.1  # each bucket ends 20 % later than the one before, the first at 0.1 s
LAST = 63


def bucket_of(seconds: float) -> int:
    """The bucket of a duration; it ends at `bucket_end`."""
    return min(LAST, max(0, ceil(log(max(seconds, FIRST) / FIRST, STEP))))


def bucket_end(bucket: int) -> float:
    """The longest duration a bucket holds, in seconds."""
    return FIRST * STEP**bucket


def quantile(counts: Mapping[int, int], part: float) -> float | None:
    """The quantile of durations in seconds, as exact as the buckets."""
    wanted, seen = part * sum(counts.values()), 0
    for bucket, count in sorted(counts.items()):
        if count and seen + count >= wanted:
            begins = bucket_end(bucket) / STEP if bucket else FIRST / 2
            return begins + (bucket_end(bucket) - begins) * (wanted - seen) / count
        seen += count
    return None


class Timing(models.Model):
    """The number of attempts with about the same duration on one day; of a person, or of the studio (no person)."""

    day = models.DateField()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="timings")
    model = models.CharField(max_length=60)
    quality = models.CharField(max_length=20)
    size_tier = models.CharField(max_length=2)
    upstream_name = models.CharField(max_length=60)
    is_simulated = models.BooleanField()
    bucket = models.SmallIntegerField()  # FAILED, or the one of `bucket_of`
    count = models.IntegerField(default=0)

    objects = TimingManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "day", "model", "quality", "size_tier", "upstream_name", "is_simulated", "bucket"],
                condition=Q(person__isnull=False),
                name="one_timing_of_a_person",
            ),
            models.UniqueConstraint(
                fields=["day", "model", "quality", "size_tier", "upstream_name", "is_simulated", "bucket"],
                condition=Q(person__isnull=True),
                name="one_timing_of_the_studio",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count} in bucket {self.bucket} on {self.day}"


def contribution(entry: Any) -> dict[str, Decimal | int]:
    """What an entry adds to its roll-up."""
    return {name: getattr(entry, field) or 0 for name, field in SUMS.items()}
