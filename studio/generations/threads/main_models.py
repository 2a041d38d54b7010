"""The text models that can lead a conversation: those the studio names, as far as a gateway offers them."""

from django.conf import settings
from django.utils.translation import gettext as _

from studio.images import ResponseRequest, ResponseTurn, find_main_model
from studio.upstreams.models import Upstream

from ..forms import words


def offered() -> list[str]:
    """Ids in the studio's order, the first being the one that is proposed."""
    lists = list(Upstream.objects.expected().filter(can_respond=True).values_list("main_models", flat=True))
    return [model for model in settings.MAIN_MODELS if any(not models or model in models for models in lists)]


def label(model: str) -> str:
    try:
        return find_main_model(model).label
    except KeyError:
        return model


def problem_with(model: str) -> str:
    """Why a model cannot lead, in a sentence; empty where it can."""
    asked = ResponseRequest(model=model, turns=(ResponseTurn(role="user", text="?"),))
    if broken := [words(problem) for problem in asked.problems() if problem.param == "model"]:
        return " ".join(broken)
    if model not in settings.MAIN_MODELS:
        shown = {"model": model[:60], "models": ", ".join(settings.MAIN_MODELS)}
        return _("%(model)s is not one of the studio's main models; choose from %(models)s.") % shown
    if model not in offered():
        return _("No gateway of this studio offers %(model)s at the moment.") % {"model": model}
    return ""
