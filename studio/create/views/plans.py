"""Plans: a text model proposes a better prompt, and the person accepts, edits or ignores it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from studio.accounts import rate_limit
from studio.accounts.access import person
from studio.core.refusals import Refusal
from studio.generations.models import Generation
from studio.images import AUTO, MODELS, ImageRequest
from studio.threads import main_models
from studio.threads.models import Plan
from studio.threads.prices import plan_prices
from studio.threads.specs import PlanSpec
from studio.web.htmx import HtmxHttpRequest

from .. import composer
from ..forms import STALE
from ..plan_presenter import PlanPresenter

RECENT = timedelta(hours=1)  # how long an undecided plan is shown again on Create


class PlanForm(forms.Form):
    """The composer's prompt, to be improved."""

    plan_token = forms.UUIDField(error_messages={"invalid": STALE, "required": STALE})
    prompt = forms.CharField(
        strip=False, max_length=MODELS[0].max_prompt, error_messages={"required": _("Write a prompt first.")}
    )
    main_model = forms.CharField(required=False)

    def clean_prompt(self) -> str:
        prompt = str(self.cleaned_data["prompt"])
        if not prompt.strip():
            raise forms.ValidationError(_("Write a prompt first."))
        return prompt

    def clean_main_model(self) -> str:
        model = str(self.cleaned_data["main_model"] or (main_models.offered() or [""])[0])
        if problem := main_models.problem_with(model):
            raise forms.ValidationError(problem)
        return model


@require_POST
def plans(request: HtmxHttpRequest) -> HttpResponseBase:
    """Submit a plan for the composer's prompt."""
    form = PlanForm(request.POST)
    if not form.is_valid():
        sentences = [str(error) for errors in form.errors.values() for error in errors]
        return refusal_response(request, " ".join(sentences), status=422)
    try:
        rate_limit.hit(person(request), "submit")
        generation = Generation.objects.submit(
            owner=person(request),
            request=ImageRequest(prompt=form.cleaned_data["prompt"], size=AUTO, quality=AUTO),
            token=form.cleaned_data["plan_token"],
            now=timezone.now(),
            spec=PlanSpec(main_model=form.cleaned_data["main_model"]),
        )
    except Refusal as refusal:
        return refusal_response(request, refusal.sentence, status=refusal.status, refusal=refusal)
    return plan_response(request, generation.plan)


@require_safe
def plan(request: HtmxHttpRequest, plan_id: int) -> HttpResponseBase:
    return plan_response(request, own_plan(request, plan_id))


@require_POST
def decision(request: HtmxHttpRequest, plan_id: int) -> HttpResponseBase:
    """Store the person's decision on a proposal: accepted, edited or ignored."""
    decided_plan = own_plan(request, plan_id)
    choice = request.POST.get("decision", "")
    if choice in (Plan.Decision.ACCEPTED, Plan.Decision.EDITED, Plan.Decision.IGNORED):
        Plan.objects.filter(pk=decided_plan.pk).update(decision=choice)
    return HttpResponse() if request.htmx else redirect("create")


def own_plan(request: HtmxHttpRequest, plan_id: int) -> Plan:
    return get_object_or_404(Plan.objects.for_page().filter(generation__owner=person(request)), pk=plan_id)


def plan_response(request: HtmxHttpRequest, plan: Plan) -> HttpResponseBase:
    current = Plan.objects.for_page().get(pk=plan.pk)
    context = {"shown": PlanPresenter(current), "token": composer.new_token()}
    if not request.htmx:
        return redirect("create")
    return render(request, "create/plan.html#submitted", context)


def refusal_response(
    request: HtmxHttpRequest, sentence: str, *, status: int, refusal: Refusal | None = None
) -> HttpResponse:
    context = {"sentence": sentence, "refusal": refusal, "token": composer.new_token()}
    return render(request, "create/plan.html#refused", context, status=status)


def composer_context(user: Any) -> dict[str, Any]:
    """What Create needs for planning; `plan_models` is empty where no gateway offers a main model."""
    prices = plan_prices()
    return {
        "plan_models": list(prices),
        "plan_price": Decimal(next(iter(prices.values()), "0")),
        "plan_token": composer.new_token(),
        "plan": undecided(user),
    }


def undecided(user: Any) -> PlanPresenter | None:
    """The latest plan of the last hour if it is undecided, so that a reload shows it again."""
    since = timezone.now() - RECENT
    latest = Plan.objects.for_page().filter(generation__owner=user, generation__created_at__gt=since).last()
    return PlanPresenter(latest) if latest and not latest.decision else None
