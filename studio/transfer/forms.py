"""What a download can be asked to be: format, size, print size, recipe."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from studio.library.models import Picture

from .recipes import Recipe
from .rendering import MAX_EDGES, Rendering

FORMATS = [("png", "PNG"), ("jpeg", "JPEG"), ("webp", "WebP")]
SIZES = [("as_is", _("As it is")), ("edge", _("Long edge")), ("exact", _("Width × height")), ("print", _("For print"))]
UNITS = [("cm", _("cm")), ("in", _("in"))]
CM_AN_INCH = 2.54
MAX_SIDE = max(MAX_EDGES.values())


class DownloadForm(forms.Form):
    """Everything is optional: an empty form is the picture as it is stored.

    `edge`, `width` and `height` are px, and the ratio is kept: a width and a height are a box that the picture fits in.
    A print width without px gives the resolution; with a resolution and `size=print` it gives the px.
    """

    format = forms.ChoiceField(choices=FORMATS, required=False)
    size = forms.ChoiceField(choices=SIZES, required=False)
    edge = forms.IntegerField(min_value=1, max_value=MAX_SIDE, required=False)
    width = forms.IntegerField(min_value=1, max_value=MAX_SIDE, required=False)
    height = forms.IntegerField(min_value=1, max_value=MAX_SIDE, required=False)
    print_width = forms.FloatField(min_value=0.1, max_value=1000, required=False)
    unit = forms.ChoiceField(choices=UNITS, required=False)
    dpi = forms.FloatField(min_value=1, max_value=10_000, required=False)
    recipe = forms.BooleanField(required=False)

    def __init__(self, data: Any, *, picture: Picture) -> None:
        super().__init__(data)
        self.picture = picture

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        self.rendering = Rendering(
            format=cleaned["format"] or self.picture.format,
            size=self.chosen_size(cleaned),
            dpi=self.resolution(cleaned),
            recipe=Recipe.of(self.picture) if cleaned["recipe"] else None,
        )
        if not self.rendering.is_possible:
            limit = {"format": self.rendering.format.upper(), "edge": MAX_EDGES[self.rendering.format]}
            self.add_error(
                None,
                gettext("This is too large: %(format)s takes at most %(edge)s pixels an edge, 40 megapixels in all.")
                % limit,
            )
        return cleaned

    def chosen_size(self, cleaned: dict[str, Any]) -> tuple[int, int]:
        """The px of the download, in the picture's ratio."""
        own = (self.picture.width, self.picture.height)
        kind = cleaned["size"] or ("edge" if cleaned["edge"] else "exact")
        if kind == "edge" and cleaned["edge"]:
            return scaled(own, cleaned["edge"] / max(own))
        if kind == "exact" and (cleaned["width"] or cleaned["height"]):
            wanted = (cleaned["width"] or MAX_SIDE, cleaned["height"] or MAX_SIDE)
            return scaled(own, min(wanted[0] / own[0], wanted[1] / own[1]))
        if kind == "print":
            if not (cleaned["print_width"] and cleaned["dpi"]):
                self.add_error(None, gettext("For print, say how wide and at how many dots per inch."))
                return own
            return scaled(own, inches(cleaned) * cleaned["dpi"] / own[0])
        return own

    def resolution(self, cleaned: dict[str, Any]) -> float | None:
        """Dots per inch, where they are asked for or follow from a print width."""
        if cleaned["print_width"] and cleaned["size"] != "print":
            dpi = self.chosen_size(cleaned)[0] / inches(cleaned)
            return dpi if dpi >= 1 else None
        return cleaned["dpi"]

    @property
    def is_original(self) -> bool:
        """Whether the stored file is what is asked for."""
        rendering, own = self.rendering, (self.picture.format, (self.picture.width, self.picture.height))
        is_named = bool(self.cleaned_data["format"])
        return not (is_named or rendering.recipe or rendering.dpi) and (rendering.format, rendering.size) == own

    @property
    def sentence(self) -> str:
        """What is wrong, in one line."""
        own = [str(error) for error in self.non_field_errors()]
        return " ".join(own) or gettext("This size cannot be made. Go back and check the numbers.")


def inches(cleaned: dict[str, Any]) -> float:
    return float(cleaned["print_width"]) / (1 if cleaned["unit"] == "in" else CM_AN_INCH)


def scaled(size: tuple[int, int], factor: float) -> tuple[int, int]:
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))
