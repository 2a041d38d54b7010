"""What the studio deletes by itself, and how much one person may keep."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Sum

from .picture import Picture

GIGABYTE = 10**9
NEARLY_FULL = 0.9  # share of the quota from which a person is warned


def from_1_to(most: int) -> list[Any]:
    return [MinValueValidator(1), MaxValueValidator(most)]


class StorageRules(models.Model):
    """One row. A rule that is empty deletes nothing."""

    trash_days = models.PositiveSmallIntegerField(default=30, validators=from_1_to(3650))
    # Days after which the partial previews of a job that has ended are deleted.
    partial_days = models.PositiveSmallIntegerField(null=True, blank=True, validators=from_1_to(3650))
    # Days after which an upload that nothing was made of goes into the trash.
    unused_upload_days = models.PositiveSmallIntegerField(null=True, blank=True, validators=from_1_to(3650))
    # Months after which a low-quality picture that nobody kept goes into the trash.
    draft_months = models.PositiveSmallIntegerField(null=True, blank=True, validators=from_1_to(120))
    # What a person may keep before uploads are refused; a picture that is paid for never is.
    quota_gigabytes = models.DecimalField(
        max_digits=8, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="storage_rules_one_row"),
            models.CheckConstraint(condition=models.Q(trash_days__gte=1), name="storage_rules_trash_has_days"),
        ]

    def __str__(self) -> str:
        return "storage rules"

    @classmethod
    def load(cls) -> "StorageRules":
        """The current row; the defaults until an admin has saved it."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    @property
    def quota(self) -> int | None:
        """Bytes that a person may keep; None without a limit."""
        return None if self.quota_gigabytes is None else round(self.quota_gigabytes * GIGABYTE)

    def is_over(self, kept: int) -> bool:
        return self.quota is not None and kept >= self.quota

    def is_nearly_over(self, kept: int) -> bool:
        return self.quota is not None and kept >= self.quota * NEARLY_FULL


def bytes_kept_by(owner: Any) -> int:
    """Bytes that a person's pictures take on the storage; without the trash, so that throwing away helps."""
    return Picture.objects.filter(owner=owner).kept().aggregate(kept=Sum("disk_bytes"))["kept"] or 0
