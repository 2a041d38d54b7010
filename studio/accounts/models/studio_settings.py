"""What admins decide for the whole studio in the browser."""

from django.db import models


class StudioSettings(models.Model):
    """The one row of decisions that need no restart; what a deployment decides stays in the environment."""

    safety_keeps_text = models.BooleanField(default=False)
    moderation_fails_open = models.BooleanField(default=True)
    # Category of the moderation API → the score from which it refuses; a missing one takes the shipped threshold.
    moderation_thresholds = models.JSONField(default=dict, blank=True)
    admins_may_open_pictures = models.BooleanField(default=True)
    # In 10⁻¹² USD per picture; nothing waits for an approval while there is none.
    approval_above = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="studio_settings_one_row")]

    def __str__(self) -> str:
        return "studio settings"

    @classmethod
    def load(cls) -> "StudioSettings":
        """The row as it stands now, with the defaults until an admin saved it once."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)
