"""The thread's composer: words with a place in the conversation, references, a mask, and how to draw."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from studio.images import Size, nearest_size
from studio.images.framing import whole_framing
from studio.library.models import Mask, Picture

from .. import composer
from ..forms import NUMBER, ComposerForm
from ..models import Job, Thread, Turn
from . import main_models
from .positions import Position

OPEN, DRAW = "open", "draw"


class TurnForm(ComposerForm):
    """The composer's fields, less those that make no sense here, and where in the thread the words belong."""

    parent = forms.CharField(required=False)
    base = forms.CharField(required=False)
    mask = forms.CharField(required=False)
    main_model = forms.CharField(label=gettext_lazy("Model"))
    way = forms.ChoiceField(choices=[(OPEN, ""), (DRAW, "")], initial=OPEN, required=False)
    # A conversation draws one picture at a time, and says in words what to avoid.
    n = forms.IntegerField(required=False)

    def __init__(self, *args: Any, thread: Thread | None = None, **kwargs: Any) -> None:
        self.thread = thread
        super().__init__(*args, **kwargs)

    def clean_n(self) -> int:
        return 1

    def clean_main_model(self) -> str:
        model = str(self.cleaned_data["main_model"])
        if problem := main_models.problem_with(model):
            raise forms.ValidationError(problem)
        return model

    def clean_parent(self) -> Turn | None:
        number = self.cleaned_data["parent"]
        if not number:
            return None
        turn = self.thread and NUMBER.fullmatch(number) and self.thread.turns.filter(pk=int(number)).first()
        if not turn:
            raise forms.ValidationError(_("What you answer to is not in this conversation. Reload the page."))
        if turn.generation.jobs.filter(state__in=Job.LIVE_STATES).exists():
            raise forms.ValidationError(_("The answer before this one is still on its way. Wait for it, then send."))
        return turn

    def clean_base(self) -> Picture | None:
        number = self.cleaned_data["base"]
        if not number:
            return None
        mine = Picture.objects.seen_by(self.owner).kept()
        picture = mine.filter(pk=int(number)).first() if NUMBER.fullmatch(number) else None
        if picture is None or not self.is_version(picture):
            raise forms.ValidationError(_("The version you go on from is not here any more. Choose another."))
        return picture

    def is_version(self, picture: Picture) -> bool:
        """Whether it is one of the thread's pictures; a new thread may begin with any."""
        if self.thread is None or picture.pk == self.thread.root_id:
            return True
        return self.thread.turns.filter(generation__jobs__pictures=picture).exists()

    def clean_mask(self) -> Mask | None:
        number = self.cleaned_data["mask"]
        if not number:
            return None
        masks = Mask.objects.filter(owner=self.owner, picture__in=Picture.objects.seen_by(self.owner))
        mask = masks.filter(pk=int(number)).first() if NUMBER.fullmatch(number) else None
        if mask is None:
            raise forms.ValidationError(_("The mask is not here any more. Paint it again."))
        return mask

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        mask, base = cleaned.get("mask"), cleaned.get("base")
        if mask and (base is None or mask.picture_id != base.pk):
            self.add_error("mask", _("The mask belongs to another version. Paint it anew on this one."))
        return cleaned

    @property
    def is_forced(self) -> bool:
        return self.cleaned_data["way"] == DRAW

    def chosen_size(self, cleaned: dict[str, Any]) -> Size | str | None:
        """With a mask the picture keeps its size: what comes back is laid over it."""
        mask = cleaned.get("mask")
        if isinstance(mask, Mask):
            return drawable(mask.width, mask.height)
        return super().chosen_size(cleaned)


def drawable(width: int, height: int) -> Size:
    """The size a picture of these edges is asked for, so that it can be put back where it was."""
    return whole_framing(width, height).asked


def starting_values(user: Any, *, position: Position, references: list[str]) -> dict[str, Any]:
    """The settings of the version gone on from, else those of the person's last wish."""
    values = composer.starting_values(user, reuse=None, references=references)
    base = position.base
    if base is not None:
        values["size"] = str(nearest_size(base.width, base.height).size)
        made = base.job.generation if base.job else None
        if made is not None:
            values |= {name: getattr(made, name) for name in ("model", "quality", "output_format", "background")}
    offered = main_models.offered()
    last = Turn.objects.filter(thread__owner=user).order_by("-pk").first()
    proposed = last.main_model if last and last.main_model in offered else (offered or [""])[0]
    values |= {"main_model": proposed, "way": DRAW if last and last.is_forced else OPEN, "prompt": "", "n": 1}
    return values
