"""The safety page: the log of refusals, which of them were mistakes, and the thresholds of the second check."""

import json
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from studio.accounts import audit
from studio.accounts.access import admin_required, person
from studio.accounts.models import StudioSettings
from studio.safety.models import CATEGORY_NAMES, SafetyNote, cases
from studio.safety.moderation import THRESHOLDS
from studio.upstreams.models import Upstream
from studio.web.numbers import ROW_NUMBER

SHOWN = 50  # lines of the log
LONGEST_CASE = 32_000  # characters, as long as a prompt may be


class ThresholdsForm(forms.Form):
    """One field per moderation category, empty where the default threshold applies."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, shipped in THRESHOLDS.items():
            field = forms.FloatField(min_value=0, max_value=1, required=False, label=name.replace("/", ", "))
            field.widget.attrs |= {"class": "input input-number", "step": "0.01", "placeholder": f"{shipped:g}"}
            self.fields[name] = field

    @property
    def chosen(self) -> dict[str, float]:
        return {name: value for name, value in self.cleaned_data.items() if value is not None}


@admin_required
@require_GET
def safety(request: HttpRequest) -> HttpResponse:
    return page(request, ThresholdsForm(initial=StudioSettings.load().moderation_thresholds))


def page(request: HttpRequest, form: ThresholdsForm, *, status: int = 200) -> HttpResponse:
    notes = SafetyNote.objects.select_related("person", "wrong_by").order_by("-pk")
    category, before = request.GET.get("category", ""), request.GET.get("before", "")
    is_wrong = "wrong" in request.GET
    if category:
        notes = notes.filter(category=category)
    if is_wrong:
        notes = notes.wrong()
    if ROW_NUMBER.fullmatch(before):
        notes = notes.filter(pk__lt=int(before))
    shown = list(notes[: SHOWN + 1])
    context = {
        "form": form,
        "settings": StudioSettings.load(),
        "moderators": Upstream.objects.can_moderate(),
        "notes": shown[:SHOWN],
        "objections": SafetyNote.objects.objected().select_related("person")[:SHOWN],
        "next_before": shown[SHOWN - 1].pk if len(shown) > SHOWN else None,
        "categories": [(str(name), words) for name, words in CATEGORY_NAMES.items()],
        "category": category,
        "is_wrong": is_wrong,
        "case_count": SafetyNote.objects.cases().count(),
    }
    return render(request, "administration/safety.html", context, status=status)


@admin_required
@require_POST
def thresholds(request: HttpRequest) -> HttpResponse:
    form = ThresholdsForm(request.POST)
    if not form.is_valid():
        return page(request, form, status=422)
    with transaction.atomic():
        settings = StudioSettings.load()
        before, settings.moderation_thresholds = settings.moderation_thresholds, form.chosen
        settings.save()
        audit.record(
            actor=person(request),
            action="safety.thresholds",
            subject=_("Second check of prompts"),
            before=before,
            after=form.chosen,
            now=timezone.now(),
        )
    return redirect("safety")


@admin_required
@require_POST
@transaction.atomic
def mistake(request: HttpRequest, note_id: int) -> HttpResponse:
    """Mark a refusal as a mistake: it becomes a test case, with its text if that is known or given now."""
    note = get_object_or_404(SafetyNote, pk=note_id)
    text, now = request.POST.get("text", "").replace("\0", "")[:LONGEST_CASE], timezone.now()
    if note.mark_wrong(by=person(request), text=text, now=now):
        audit.record(
            actor=person(request),
            action="safety.mistake",
            subject=_("Refusal %(number)s") % {"number": note.pk},
            before={"is_wrong": False},
            after={"is_wrong": True},
            now=now,
        )
    return redirect("safety")


@admin_required
@require_POST
@transaction.atomic
def dismissal(request: HttpRequest, note_id: int) -> HttpResponse:
    """Dismiss an objection: the refusal was right."""
    note, now = get_object_or_404(SafetyNote, pk=note_id), timezone.now()
    if note.dismiss(now=now):
        audit.record(
            actor=person(request),
            action="safety.dismissal",
            subject=_("Refusal %(number)s") % {"number": note.pk},
            before={"is_objected": True},
            after={"is_objected": False},
            now=now,
        )
    return redirect("safety")


@admin_required
@require_GET
def cases_json(request: HttpRequest) -> HttpResponseBase:
    text = json.dumps({"case": exported()}, ensure_ascii=False, indent=2)
    return download(f"{text}\n", name="cases.json", kind="application/json")


@admin_required
@require_GET
def cases_toml(request: HttpRequest) -> HttpResponseBase:
    """In the format of tests/safety/lists/."""
    tables = [
        "[[case]]\n" + "".join(f"{name} = {toml(value)}\n" for name, value in case.items()) for case in exported()
    ]
    return download("\n".join(tables), name="cases.toml", kind="application/toml")


def exported() -> list[dict[str, str]]:
    return cases(list(SafetyNote.objects.cases().order_by("pk")))


def toml(value: str) -> str:
    """A TOML basic string: a JSON string with DEL escaped, which TOML requires."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def download(text: str, *, name: str, kind: str) -> HttpResponse:
    response = HttpResponse(text, content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
