"""Prices of tokens and pictures that admins have set, from a date on; otherwise the list prices of `images` apply."""

from datetime import date
from typing import Any, Self

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from studio.images import ImageRates, Rates

from ..money import MoneyField

KINDS = (
    "text_input",
    "cached_text_input",
    "image_input",
    "cached_image_input",
    "image_output",
    "text_output",
)


class DatedQuerySet(models.QuerySet[Any]):
    def in_force(self, on: date) -> Self:
        """The prices valid on a day, the current one first: a price ends where the next one begins."""
        return self.filter(valid_from__lte=on).order_by("-valid_from")


class ImagePriceQuerySet(DatedQuerySet):
    def rename(self, old: str, new: str) -> None:
        """Move prices to an upstream's new name; on days where that name has a price, it stays."""
        if old != new:
            taken = list(self.filter(upstream_name=new).values_list("valid_from", flat=True))
            self.filter(upstream_name=old).exclude(valid_from__in=taken).update(upstream_name=new)


class Price(models.Model):
    """USD per million tokens of a model, by kind of token, from a day on."""

    model = models.CharField(_("model"), max_length=60)
    valid_from = models.DateField(_("valid from"))
    text_input = MoneyField(_("text in"))
    cached_text_input = MoneyField(_("text in, cached"))
    image_input = MoneyField(_("image in"))
    cached_image_input = MoneyField(_("image in, cached"))
    image_output = MoneyField(_("image out"))
    text_output = MoneyField(_("text out"))
    created_at = models.DateTimeField(default=timezone.now)

    objects = DatedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "valid_from"], name="one_price_a_day"),
            models.CheckConstraint(condition=Q(**{f"{kind}__gte": 0 for kind in KINDS}), name="price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.model} from {self.valid_from}"

    @property
    def rates(self) -> Rates:
        return Rates(**{kind: getattr(self, kind) for kind in KINDS})


class ImagePrice(models.Model):
    """USD per picture by size tier, from a day on; without a name for every upstream that bills by the picture."""

    upstream_name = models.CharField(_("upstream"), max_length=60, blank=True)
    valid_from = models.DateField(_("valid from"))
    tier_1k = MoneyField(_("1K"), validators=[MinValueValidator(0)])
    tier_2k = MoneyField(_("2K"), validators=[MinValueValidator(0)])
    tier_4k = MoneyField(_("4K"), validators=[MinValueValidator(0)])
    created_at = models.DateTimeField(default=timezone.now)

    objects = ImagePriceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["upstream_name", "valid_from"], name="one_image_price_a_day"),
            models.CheckConstraint(
                condition=Q(tier_1k__gte=0, tier_2k__gte=0, tier_4k__gte=0), name="image_price_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.upstream_name or 'every upstream'} from {self.valid_from}"

    @property
    def rates(self) -> ImageRates:
        return ImageRates(tier_1k=self.tier_1k, tier_2k=self.tier_2k, tier_4k=self.tier_4k)
