"""Forms for prices and budgets."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from studio.accounts.forms import StyledForm

from .fields import DollarsField
from .models import Budget, ImagePrice, Price
from .models.price import KINDS

MOST_RATE = 1_000  # USD per million tokens
MOST_PICTURE = 1_000  # USD
MOST_BUDGET = 1_000_000  # USD
FIRST_DAY, LAST_DAY = date(2020, 1, 1), date(2099, 12, 31)


class DayField(forms.DateField):
    """The first day of a price."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date", "min": FIRST_DAY, "max": LAST_DAY}, format="%Y-%m-%d")
        super().__init__(widget=widget, input_formats=["%Y-%m-%d"], **kwargs)

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value and not FIRST_DAY <= value <= LAST_DAY:
            raise ValidationError(gettext("Choose a day from 2020 to 2099."))


class DatedForm(StyledForm, forms.ModelForm):  # type: ignore[type-arg]
    """A price with a first day; two prices must not begin on the same day."""

    OF: str  # the field that names the subject of the price

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            same_day = {name: cleaned[name] for name in (self.OF, "valid_from")}
            if self._meta.model._default_manager.filter(**same_day).exclude(pk=self.instance.pk).exists():
                words = gettext("There is already a price from this day on. Change that one, or choose another day.")
                self.add_error("valid_from", words)
        return cleaned


class PriceForm(DatedForm):
    OF = "model"

    model = forms.CharField(label=_("Model"), max_length=60, widget=forms.TextInput(attrs={"list": "models"}))
    valid_from = DayField(label=_("Valid from"))
    text_input = DollarsField(label=_("Text in"), most=MOST_RATE)
    cached_text_input = DollarsField(label=_("Text in, cached"), most=MOST_RATE)
    image_input = DollarsField(label=_("Image in"), most=MOST_RATE)
    cached_image_input = DollarsField(label=_("Image in, cached"), most=MOST_RATE)
    image_output = DollarsField(label=_("Image out"), most=MOST_RATE)
    text_output = DollarsField(label=_("Text out"), most=MOST_RATE)

    class Meta:
        model = Price
        fields = ["model", "valid_from", *KINDS]

    @property
    def rates(self) -> list[forms.BoundField]:
        return [self[kind] for kind in KINDS]


class ImagePriceForm(DatedForm):
    OF = "upstream_name"

    upstream_name = forms.CharField(
        label=_("Upstream"), max_length=60, required=False, widget=forms.TextInput(attrs={"list": "upstreams"}),
        help_text=_("Leave empty for every upstream that bills by the picture."),
    )  # fmt: skip
    valid_from = DayField(label=_("Valid from"))
    tier_1k = DollarsField(label=_("1K"), most=MOST_PICTURE)
    tier_2k = DollarsField(label=_("2K"), most=MOST_PICTURE)
    tier_4k = DollarsField(label=_("4K"), most=MOST_PICTURE)

    class Meta:
        model = ImagePrice
        fields = ["upstream_name", "valid_from", "tier_1k", "tier_2k", "tier_4k"]


class BudgetForm(StyledForm, forms.ModelForm):  # type: ignore[type-arg]
    day_limit = DollarsField(label=_("Dollars a day"), most=MOST_BUDGET, required=False)
    month_limit = DollarsField(label=_("Dollars a month"), most=MOST_BUDGET, required=False)
    approval_above = DollarsField(label=_("Approval above, dollars a picture"), most=MOST_BUDGET, required=False)

    class Meta:
        model = Budget
        fields = ["day_limit", "month_limit", "approval_above", "is_paused"]
        labels = {"is_paused": _("Paused: nothing new is started")}


class RaiseForm(StyledForm, forms.Form):
    kind = forms.ChoiceField(label=_("For"), choices=[("day", _("today")), ("month", _("this month"))])
    amount = DollarsField(label=_("Raise by, in dollars"), most=MOST_BUDGET)

    def clean_amount(self) -> Any:
        if not self.cleaned_data["amount"]:
            raise ValidationError(gettext("Enter the amount to add."))
        return self.cleaned_data["amount"]
