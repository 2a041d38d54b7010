"""Settings of the whole studio that admins change in the browser."""

from django.db import models


class StudioSettings(models.Model):
    """One row of settings that need no restart. Settings of the deployment are in the environment."""

    safety_keeps_text = models.BooleanField(default=False)
    moderation_fails_open = models.BooleanField(default=True)
    # Category of the moderation API → score from which it refuses; the default threshold where it is missing.
    moderation_thresholds = models.JSONField(default=dict, blank=True)
    admins_may_open_pictures = models.BooleanField(default=True)
    # In 10⁻¹² USD per picture; without it no picture needs an approval.
    approval_above = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="studio_settings_one_row")]

    def __str__(self) -> str:
        return "studio settings"

    @classmethod
    def load(cls) -> "StudioSettings":
        """The current row; the defaults until an admin has saved it."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)
