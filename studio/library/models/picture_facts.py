"""What was requested of a picture beside what was received, as pages show it."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from studio import images

# What is compared, by the API's own names.
LABELS = {
    "model": _("Model"),
    "size": _("Size"),
    "quality": _("Quality"),
    "output_format": _("Format"),
    "background": _("Background"),
    "moderation": _("Moderation"),
    "n": _("Count"),
}


class PictureFacts:
    """A picture as far as these two sets of parameters tell it."""

    requested: Any
    received: Any
    upscaled_from: Any
    width: Any
    height: Any

    @property
    def comparison(self) -> list[tuple[str, str, str, bool]]:
        """Each parameter as (label, requested, received, whether they differ), in the order of LABELS."""
        different = set(images.unfulfilled(self.requested, self.received))
        return [
            (str(label), shown(name, self.requested), self._received_text(name), name in different)
            for name, label in LABELS.items()
            if self.requested.get(name) or self.received.get(name)
        ]

    def _received_text(self, name: str) -> str:
        received = shown(name, self.received)
        if name != "size" or not self.upscaled_from:
            return received
        size = {"size": f"{self.width}×{self.height}", "drawn": received}
        return gettext("%(size)s, upscaled from %(drawn)s") % size

    @property
    def differences(self) -> list[tuple[str, str, str]]:
        """The parameters that differ from the request: (name, requested, received); "auto" accepts everything."""
        names = images.unfulfilled(self.requested, self.received)
        # An upscaled picture has the requested size; that it was upscaled is shown separately.
        names = [name for name in names if not (name == "size" and self.upscaled_from)]
        return [(name, str(self.requested[name]), str(self.received[name])) for name in names]


def shown(name: str, facts: dict[str, Any]) -> str:
    """A parameter's value as people write it: 1536×1024 instead of 1536x1024, JPEG, Low."""
    text = str(facts.get(name) or "")
    if name == "size":
        return text.replace("x", "×")
    if name == "output_format":
        return text.upper()
    return text if name == "model" else text.capitalize()
