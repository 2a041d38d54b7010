"""The main models of conversations: those in the studio's settings that a gateway offers."""

from django.conf import settings
from django.utils.translation import gettext as _

from studio.images import ResponseRequest, ResponseTurn, find_main_model
from studio.upstreams.models import Upstream
from studio.web.problems import problem_words


def offered() -> list[str]:
    """Ids in the studio's order; the first is the default."""
    lists = list(Upstream.objects.expected().filter(can_respond=True).values_list("main_models", flat=True))
    return [model for model in settings.MAIN_MODELS if any(not models or model in models for models in lists)]


def label(model: str) -> str:
    try:
        return find_main_model(model).label
    except KeyError:
        return model


def problem_with(model: str) -> str:
    """Why a model cannot be used, in a sentence; empty where it can."""
    request = ResponseRequest(model=model, turns=(ResponseTurn(role="user", text="?"),))
    if problems := [problem_words(problem) for problem in request.problems() if problem.param == "model"]:
        return " ".join(problems)
    if model not in settings.MAIN_MODELS:
        names = {"model": model[:60], "models": ", ".join(settings.MAIN_MODELS)}
        return _("%(model)s is not one of the studio's main models; choose from %(models)s.") % names
    if model not in offered():
        return _("No gateway of this studio offers %(model)s at the moment.") % {"model": model}
    return ""
