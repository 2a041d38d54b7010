"""The four verbs of the ledger."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Verb(models.TextChoices):
    RESERVE = "reserve", _("Reserved")
    SETTLE = "settle", _("Settled")
    RELEASE = "release", _("Released")
    CORRECT = "correct", _("Corrected")
