"""The forms of collections."""

from django import forms
from django.utils.translation import gettext_lazy as _

from studio.library.models import Collection
from studio.library.models.collection import NAME_LENGTH

MOST_NOTES = 2_000  # characters


class NewCollectionForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off", "placeholder": _("New collection")}),
        error_messages={"required": _("Give the collection a name.")},
    )


class CollectionForm(forms.ModelForm):  # type: ignore[type-arg]
    notes = forms.CharField(
        label=_("Notes"),
        max_length=MOST_NOTES,
        required=False,
        widget=forms.Textarea(attrs={"class": "input", "rows": 3}),
    )

    class Meta:
        model = Collection
        fields = ("name", "notes", "sharing")
        labels = {"name": _("Name"), "sharing": _("Sharing")}
        widgets = {
            "name": forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
            "sharing": forms.RadioSelect,
        }
