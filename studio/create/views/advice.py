"""Advice beside the prompt: a romantic scene is refused less often if the prompt says what it is not."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from studio.safety import policy
from studio.safety.letters import is_cjk

from ..forms import with_avoid

CONSTRAINTS = "adult, non-explicit, no nudity, fully clothed"
CONSTRAINTS_IN_CHINESE = "成年人，不露骨，无裸露，着装完整"


@require_POST
def advice(request: HttpRequest) -> HttpResponse:
    """The fragment under the prompt; empty without advice. The prompt is not stored."""
    prompt = request.POST.get("prompt", "")
    verdict = policy.judge(with_avoid(prompt, request.POST.get("avoid", "")))
    is_advised = verdict.level is policy.Level.ADVISE
    return render(request, "create/advice.html", {"constraints": constraints(prompt) if is_advised else ""})


def constraints(prompt: str) -> str:
    """What one click adds, in the language of the prompt."""
    is_chinese = 2 * sum(map(is_cjk, prompt)) > len(prompt.strip())
    return f"，{CONSTRAINTS_IN_CHINESE}" if is_chinese else f", {CONSTRAINTS}"
