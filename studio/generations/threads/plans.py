"""Plan first: the model proposes a better prompt, shown word by word; what becomes of it is the person's word."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from studio.accounts.access import person
from studio.images import AUTO, MODELS, ImageRequest

from .. import composer
from ..forms import STALE
from ..models import Generation, Job, NotFiled, Plan
from ..pace import count_wish
from ..remedies import Failure
from . import main_models
from .differences import Piece, difference
from .filing import Planning
from .planning import proposal
from .pricing import plan_prices

RECENT = timedelta(hours=1)  # as long, an undecided plan is shown again on Create


class PlanForm(forms.Form):
    """The prompt to be improved, as the composer holds it."""

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


class ShownPlan:
    """A plan as the composer shows it."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.job: Job = plan.generation.jobs.all()[0]
        Plan.hear_again([plan])

    @property
    def is_live(self) -> bool:
        return self.job.state in Job.LIVE_STATES

    @property
    def proposal(self) -> str:
        return proposal(self.plan)

    @property
    def pieces(self) -> list[Piece]:
        return difference(self.plan.generation.prompt, self.proposal)

    @property
    def is_same(self) -> bool:
        return self.proposal == self.plan.generation.prompt.strip()

    @property
    def failure(self) -> Failure | None:
        return self.job.failure


@require_POST
def plans(request: HttpRequest) -> HttpResponseBase:
    """File a plan of the composer's prompt."""
    form = PlanForm(request.POST)
    if not form.is_valid():
        sentences = [str(error) for errors in form.errors.values() for error in errors]
        return refused(request, " ".join(sentences), status=422)
    try:
        count_wish(person(request))
        generation = Generation.objects.submit(
            owner=person(request),
            request=ImageRequest(prompt=form.cleaned_data["prompt"], size=AUTO, quality=AUTO),
            token=form.cleaned_data["plan_token"],
            now=timezone.now(),
            edit=Planning(main_model=form.cleaned_data["main_model"]),
        )
    except NotFiled as refusal:
        return refused(request, refusal.sentence, status=refusal.status)
    return answered(request, generation.plan)


@require_safe
def plan(request: HttpRequest, plan_id: int) -> HttpResponseBase:
    return answered(request, mine(request, plan_id))


@require_POST
def decision(request: HttpRequest, plan_id: int) -> HttpResponseBase:
    """Keep what the person made of a proposal: accepted, edited or ignored."""
    decided = mine(request, plan_id)
    said = request.POST.get("decision", "")
    if said in (Plan.Decision.ACCEPTED, Plan.Decision.EDITED, Plan.Decision.IGNORED):
        Plan.objects.filter(pk=decided.pk).update(decision=said)
    return HttpResponse() if request.htmx else redirect("create")  # type: ignore[attr-defined]


def mine(request: HttpRequest, plan_id: int) -> Plan:
    return get_object_or_404(Plan.objects.for_page().filter(generation__owner=person(request)), pk=plan_id)


def answered(request: HttpRequest, filed: Plan) -> HttpResponseBase:
    fresh = Plan.objects.for_page().get(pk=filed.pk)
    context = {"shown": ShownPlan(fresh), "token": composer.fresh_token()}
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("create")
    return render(request, "generations/plan.html#filed", context)


def refused(request: HttpRequest, sentence: str, *, status: int) -> HttpResponse:
    context = {"sentence": sentence, "token": composer.fresh_token()}
    return render(request, "generations/plan.html#refused", context, status=status)


def composer_context(user: Any) -> dict[str, Any]:
    """What Create shows of planning; nothing where no gateway can do it."""
    prices = plan_prices()
    return {
        "plan_models": list(prices),
        "plan_price": Decimal(next(iter(prices.values()), "0")),
        "plan_token": composer.fresh_token(),
        "plan": undecided(user),
    }


def undecided(user: Any) -> ShownPlan | None:
    """A plan of the last hour that still waits for its word: what a reload brings back."""
    since = timezone.now() - RECENT
    latest = Plan.objects.for_page().filter(generation__owner=user, generation__created_at__gt=since).last()
    return ShownPlan(latest) if latest and not latest.decision else None
