"""The composer's form: it builds an ImageRequest, or shows a sentence beside the invalid field."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from studio.accounts.models import User
from studio.generations.models.generation import as_image_file
from studio.images import AUTO, MAX_IMAGES, MODELS, EditRequest, ImageRequest, InvalidSize, Size, nearest_size
from studio.library.models import Collection, Picture
from studio.web.numbers import ROW_NUMBER, row_number
from studio.web.problems import problem_words

CUSTOM = "custom"
# Parameters of the rules that the composer shows as another field.
FIELD_OF = {"stream": "partial_images", "image": "reference"}

ADVANCED = ("model", "fallback", "background", "moderation", "partial_images", "avoid", "output_compression")
STALE = _("This form is no longer valid. Send it again.")


class ComposerForm(forms.Form):
    """The rules are checked once, by `images`; this form only parses the fields and words the problems."""

    token = forms.UUIDField(widget=forms.HiddenInput, error_messages={"invalid": STALE, "required": STALE})
    # Not stripped: a prompt is sent exactly as it was typed.
    prompt = forms.CharField(label=_("Prompt"), strip=False, required=False, widget=forms.Textarea)
    avoid = forms.CharField(label=_("Avoid"), required=False)
    model = forms.CharField(label=_("Model"), initial=MODELS[0].id)
    size = forms.CharField(label=_("Size"), initial="1024x1024")
    width = forms.CharField(label=_("Width"), required=False)
    height = forms.CharField(label=_("Height"), required=False)
    quality = forms.CharField(label=_("Quality"), initial="medium")
    output_format = forms.CharField(label=_("Format"), initial="png")
    output_compression = forms.IntegerField(label=_("Compression"), required=False)
    background = forms.CharField(label=_("Background"), initial=AUTO)
    moderation = forms.CharField(label=_("Moderation"), initial=AUTO)
    partial_images = forms.IntegerField(label=_("Partial previews"), initial=0)
    n = forms.IntegerField(label=_("Count"), initial=1)
    fallback = forms.ChoiceField(label=_("If a large picture fails"), choices=User.Fallback, required=False)
    # Ids of pictures, in order; uploaded files have been stored as pictures before (composer.data_with_uploads).
    reference = forms.Field(label=_("References"), required=False, widget=forms.MultipleHiddenInput)
    references = forms.Field(required=False)
    # Where the pictures land besides the gallery; empty = nowhere else.
    collection = forms.CharField(label=_("Collection"), required=False)

    def __init__(self, *args: Any, owner: Any = None, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "%s")
        self.owner = owner
        super().__init__(*args, **kwargs)
        self.fields["fallback"].initial = owner.fallback if owner else User.Fallback.ASK

    @property
    def has_advanced_errors(self) -> bool:
        """Whether a field under Advanced has an error, so that it opens."""
        return any(name in self.errors for name in ADVANCED)

    def clean_reference(self) -> list[Picture]:
        numbers = list(dict.fromkeys(self.cleaned_data["reference"] or []))
        if len(numbers) > MAX_IMAGES:
            count = {"limit": MAX_IMAGES, "count": len(numbers)}
            raise forms.ValidationError(gettext("Send at most %(limit)s pictures; these are %(count)s.") % count)
        found = own_pictures(self.owner, numbers)
        if len(found) < len(numbers):
            raise forms.ValidationError(gettext("A reference is no longer among your pictures. Choose another."))
        return found

    def clean_collection(self) -> Collection | None:
        number = row_number(self.cleaned_data["collection"])
        found = Collection.objects.added_to_by(self.owner).filter(pk=number).first() if number else None
        if self.cleaned_data["collection"] and found is None:
            raise forms.ValidationError(
                gettext("This collection is no longer there for you to add to. Choose another.")
            )
        return found

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in self.data.keys() - self.fields.keys() - {"csrfmiddlewaretoken"}:
            self.add_error(None, gettext("The form has no field “%(name)s”.") % {"name": name[:40]})
        if "token" in self.errors:
            # The field is hidden, so its error is shown for the form.
            self.add_error(None, STALE)
        cleaned["size"] = self.chosen_size(cleaned)
        if not self.errors:
            self.check_rules(cleaned)
        return cleaned

    def chosen_size(self, cleaned: dict[str, Any]) -> Size | str | None:
        text = cleaned.get("size", "")
        if text == CUSTOM:
            text = f"{cleaned.get('width', '').strip()}x{cleaned.get('height', '').strip()}"
        if text == AUTO or not text:
            return text or None
        try:
            return Size.parse(text)
        except InvalidSize as error:
            for problem in error.problems:
                self.add_error("size", problem_words(problem))
            self.add_nearest(text)
        return None

    def add_nearest(self, text: str) -> None:
        width, _separator, height = text.partition("x")
        if width.isascii() and width.isdigit() and height.isascii() and height.isdigit() and len(text) <= 20:
            nearest = nearest_size(int(width), int(height)).size
            self.add_error("size", gettext("The nearest valid size is %(size)s.") % {"size": size_label(nearest)})

    def check_rules(self, cleaned: dict[str, Any]) -> None:
        fields: dict[str, Any] = {
            "prompt": with_avoid(cleaned["prompt"], cleaned["avoid"]),
            **{name: cleaned[name] for name in REQUEST_FIELDS},
            "stream": cleaned["partial_images"] > 0,
        }
        sent = tuple(map(as_image_file, cleaned["reference"]))
        self.request = EditRequest(images=sent, **fields) if sent else ImageRequest(**fields)
        for problem in self.request.problems():
            # A generation of n pictures is sent as n requests for one, so the rule about streams and n never applies.
            if problem.code != "stream_needs_one":
                name = FIELD_OF.get(problem.param, problem.param)
                self.add_error(name if name in self.fields else None, problem_words(problem))


def own_pictures(owner: Any, numbers: Iterable[str]) -> list[Picture]:
    """A person's pictures by their ids, in that order; anything else is skipped."""
    wanted = [int(number) for number in numbers if ROW_NUMBER.fullmatch(str(number))]
    found = Picture.objects.seen_by(owner).kept().in_bulk(wanted[: MAX_IMAGES + 1])
    return [found[number] for number in wanted if number in found]


REQUEST_FIELDS = (
    "model",
    "size",
    "quality",
    "output_format",
    "output_compression",
    "background",
    "moderation",
    "partial_images",
    "n",
)


def with_avoid(prompt: str, avoid: str) -> str:
    """The model has no negative prompt, so what to avoid is appended to the prompt, where the person sees it."""
    return f"{prompt.rstrip()}\n\nAvoid: {avoid.strip()}." if prompt.strip() and avoid.strip() else prompt


def size_label(size: Size) -> str:
    return f"{size.width}×{size.height}"
