"""What a new link may show and for how long, and what a reviewer says."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import MAX_NAME, MAX_TEXT

LIFETIMES = [(7, _("7 days")), (14, _("14 days")), (30, _("30 days")), (90, _("90 days"))]


class LinkForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("Reviewers see it as the title."))
    days = forms.TypedChoiceField(label=_("Ends after"), choices=LIFETIMES, coerce=int, initial=14)
    password = forms.CharField(
        label=_("Password"),
        max_length=128,
        min_length=6,
        required=False,
        strip=False,
        help_text=_("Optional. Send it another way than the link."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    shows_prompts = forms.BooleanField(label=_("Show prompts"), required=False)
    shows_prices = forms.BooleanField(label=_("Show prices"), required=False)
    shows_originals = forms.BooleanField(label=_("Show and offer the originals"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "%s")
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if not name.startswith("shows_"):
                field.widget.attrs["class"] = "input"

    def facts(self) -> dict[str, Any]:
        """The arguments of `ReviewLink.issue` that were chosen here."""
        cleaned = dict(self.cleaned_data)
        return cleaned | {"lifetime": timedelta(days=cleaned.pop("days"))}


class NoteForm(forms.Form):
    """A comment, at a point or in general; only the name where something is approved or picked."""

    reviewer = forms.CharField(max_length=MAX_NAME, required=False)
    text = forms.CharField(max_length=MAX_TEXT, required=False)
    x = forms.FloatField(min_value=0, max_value=1, required=False)
    y = forms.FloatField(min_value=0, max_value=1, required=False)

    def point(self) -> dict[str, float | None]:
        x, y = self.cleaned_data["x"], self.cleaned_data["y"]
        return {"x": x, "y": y} if x is not None and y is not None else {"x": None, "y": None}
