"""Form fields for amounts: invalid input gets a sentence, and nothing is guessed."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from .money import plain

WRITTEN = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?|\.[0-9]{1,12}")
COMMA = re.compile(r"[0-9]*,[0-9]+")


class DollarsField(forms.CharField):
    """US dollars as Decimal, from 0 to `most`, with at most `places` decimals; None when left empty."""

    def __init__(self, *, most: int, places: int = 4, **kwargs: Any) -> None:
        self.most, self.places = Decimal(most), places
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(max_length=40, **kwargs)

    def to_python(self, value: Any) -> Any:
        text = (super().to_python(value) or "").removeprefix("$").strip()
        if not text:
            return None
        if text.startswith(("-", "−")):
            raise ValidationError(gettext("An amount cannot be negative."), code="negative")
        if COMMA.fullmatch(text):
            raise ValidationError(gettext("Use a decimal point and no commas, such as 0.05."), code="comma")
        if not WRITTEN.fullmatch(text):
            raise ValidationError(gettext("Enter an amount in dollars, such as 0.05."), code="invalid")
        return self.bounded(Decimal(text))

    def bounded(self, amount: Decimal) -> Decimal:
        if amount > self.most:
            raise ValidationError(
                gettext("The amount can be at most $%(most)s.") % {"most": f"{self.most:,}"}, code="too_much"
            )
        if -amount.normalize().as_tuple().exponent > self.places:  # type: ignore[operator]
            words = gettext("Enter at most %(places)s digits after the decimal point.") % {"places": self.places}
            raise ValidationError(words, code="too_fine")
        return amount

    def validate(self, value: Any) -> None:
        if value is None and self.required:
            raise ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        """Skip the validators of text, which do not apply to an amount."""

    def prepare_value(self, value: Any) -> Any:
        return plain(value) if isinstance(value, Decimal) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != initial)
        except ValidationError:
            return True
