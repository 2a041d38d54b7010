"""The form of a thread's composer: a prompt, its position in the conversation, and the picture's settings."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from studio.generations.models import Job, job_of
from studio.images import Size, nearest_size
from studio.images.framing import whole_framing
from studio.library.models import Mask, Picture
from studio.threads import main_models
from studio.threads.models import Thread, Turn
from studio.threads.positions import Position
from studio.web.numbers import ROW_NUMBER

from . import composer
from .forms import ComposerForm

OPEN, DRAW = "open", "draw"


class TurnForm(ComposerForm):
    """The composer's fields, and where in the thread the turn belongs."""

    parent = forms.CharField(required=False)
    base = forms.CharField(required=False)
    mask = forms.CharField(required=False)
    main_model = forms.CharField(label=gettext_lazy("Model"))
    way = forms.ChoiceField(choices=[(OPEN, ""), (DRAW, "")], initial=OPEN, required=False)
    # A turn requests one picture.
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
        turn = self.thread and ROW_NUMBER.fullmatch(number) and self.thread.turns.filter(pk=int(number)).first()
        if not turn:
            raise forms.ValidationError(
                _("The message you are replying to is not in this conversation. Reload the page.")
            )
        if turn.generation.jobs.filter(state__in=Job.LIVE_STATES).exists():
            raise forms.ValidationError(_("The previous reply is still on its way. Wait for it, then send."))
        return turn

    def clean_base(self) -> Picture | None:
        number = self.cleaned_data["base"]
        if not number:
            return None
        mine = Picture.objects.owned_by(self.owner).kept()
        picture = mine.filter(pk=int(number)).first() if ROW_NUMBER.fullmatch(number) else None
        if picture is None or not self.is_version(picture):
            raise forms.ValidationError(
                _("The version you are continuing from is no longer available. Choose another.")
            )
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
        masks = Mask.objects.filter(owner=self.owner, picture__in=Picture.objects.owned_by(self.owner))
        mask = masks.filter(pk=int(number)).first() if ROW_NUMBER.fullmatch(number) else None
        if mask is None:
            raise forms.ValidationError(_("The mask is no longer available. Paint it again."))
        return mask

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        mask, base = cleaned.get("mask"), cleaned.get("base")
        if mask and (base is None or mask.picture_id != base.pk):
            self.add_error("mask", _("The mask belongs to another version. Paint a new one on this version."))
        return cleaned

    @property
    def is_forced(self) -> bool:
        return self.cleaned_data["way"] == DRAW

    def chosen_size(self, cleaned: dict[str, Any]) -> Size | str | None:
        """With a mask the size follows the picture, so that the result can be composited with it."""
        mask = cleaned.get("mask")
        if isinstance(mask, Mask):
            return drawable_size(mask.width, mask.height)
        return super().chosen_size(cleaned)


def drawable_size(width: int, height: int) -> Size:
    """The size to request for a picture of these edges, so that the result can be composited with it."""
    return whole_framing(width, height).requested


def starting_values(user: Any, *, position: Position, references: list[str]) -> dict[str, Any]:
    """Initial values: the settings of the version to continue from, else of the person's last generation."""
    values = composer.starting_values(user, reuse=None, references=references)
    base = position.base
    if base is not None:
        values["size"] = str(nearest_size(base.width, base.height).size)
        job = job_of(base)
        if job is not None:
            request = job.generation.request
            values |= {name: getattr(request, name) for name in ("model", "quality", "output_format", "background")}
    offered = main_models.offered()
    last = Turn.objects.filter(thread__owner=user).order_by("-pk").first()
    proposed = last.main_model if last and last.main_model in offered else (offered or [""])[0]
    values |= {"main_model": proposed, "way": DRAW if last and last.is_forced else OPEN, "prompt": "", "n": 1}
    return values
