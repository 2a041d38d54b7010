"""The pages on which admins add, change, check, prove and remove upstreams, and see how each one fares."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from studio.accounts.access import admin_required, page_with_form, person
from studio.upstreams.models import Alert, Check, Upstream

from ..models import Job, NotFiled
from ..wakeups import wake_on_commit
from . import changes, checks, proofs
from .forms import UpstreamForm
from .health import health as health_of


@admin_required
@require_safe
def upstreams(request: HttpRequest) -> HttpResponse:
    rows = Upstream.objects.present().in_order().defer("sealed_key")
    return render(request, "generations/upkeep/upstreams.html", {"upstreams": rows, "now": timezone.now()})


@sensitive_post_parameters("api_key")
@admin_required
@page_with_form
def new_upstream(request: HttpRequest) -> HttpResponse:
    form = UpstreamForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "generations/upkeep/new_upstream.html", {"form": form}, status=status)
    facts, api_key = form.facts(), form.cleaned_data["api_key"]
    actor, now = person(request), timezone.now()
    upstream = changes.add(facts, api_key=api_key, tiers=form.tiers(), actor=actor, now=now)
    messages.success(request, _("%(name)s is added. Check it before it is needed.") % {"name": upstream.name})
    return redirect("upstream", upstream.pk)


@sensitive_post_parameters("api_key")
@admin_required
@page_with_form
def upstream(request: HttpRequest, upstream_id: int) -> HttpResponse:
    row = present(upstream_id)
    form = None if row.is_managed else UpstreamForm(request.POST if request.method == "POST" else None, instance=row)
    if form is None or not form.is_valid():
        # Validating wrote what was typed onto the row; the page's facts are those that hold.
        facts = page_facts(present(upstream_id)) | {"form": form}
        status = 422 if request.method == "POST" else 200
        return render(request, "generations/upkeep/upstream.html", facts, status=status)
    facts, api_key = form.facts(), form.cleaned_data["api_key"]
    row = changes.change(
        present(upstream_id),
        facts,
        api_key=api_key,
        tiers=form.tiers(),
        actor=person(request),
        now=timezone.now(),
    )
    messages.success(request, _("%(name)s is saved.") % {"name": row.name})
    return redirect("upstream", row.pk)


def present(upstream_id: int) -> Upstream:
    return get_object_or_404(Upstream.objects.present(), pk=upstream_id)


def page_facts(row: Upstream) -> dict[str, Any]:
    now = timezone.now()
    check = row.checks.first()
    [fares] = health_of([row], now=now)
    return {
        "upstream": row,
        "now": now,
        "alerts": row.alerts.open(),
        "health": fares,
        "proof_token": uuid.uuid4(),
        "proof_price": proofs.price(row, now=now),
        "job": proofs.latest(row),
        **check_facts(check),
    }


# ── In and out of use ──


@admin_required
@require_POST
def activation(request: HttpRequest, upstream_id: int) -> HttpResponse:
    row = present(upstream_id)
    changes.switch_on(row, actor=person(request), now=timezone.now())
    messages.success(request, _("%(name)s takes calls again.") % {"name": row.name})
    return redirect("upstream", row.pk)


@admin_required
@require_POST
def deactivation(request: HttpRequest, upstream_id: int) -> HttpResponse:
    row = present(upstream_id)
    changes.switch_off(row, actor=person(request), now=timezone.now())
    messages.success(request, _("%(name)s takes no more calls; those under way end as usual.") % {"name": row.name})
    return redirect("upstream", row.pk)


@admin_required
@require_POST
def resumption(request: HttpRequest, upstream_id: int) -> HttpResponse:
    row = present(upstream_id)
    changes.end_rest(row, actor=person(request), now=timezone.now())
    messages.success(request, _("%(name)s is used again.") % {"name": row.name})
    return redirect("upstream", row.pk)


@admin_required
@require_POST
def removal(request: HttpRequest, upstream_id: int) -> HttpResponse:
    row = get_object_or_404(Upstream.objects.present(), pk=upstream_id, is_managed=False)
    changes.remove(row, actor=person(request), now=timezone.now())
    messages.success(request, _("%(name)s is removed. What was made with it stays.") % {"name": row.name})
    return redirect("upstreams")


@admin_required
@require_POST
def dismissal(request: HttpRequest, alert_id: int) -> HttpResponse:
    alert = get_object_or_404(Alert, pk=alert_id)
    Alert.objects.filter(pk=alert.pk).close(now=timezone.now(), by=person(request))
    return redirect("upstream", alert.upstream_id) if alert.upstream.removed_at is None else redirect("health")


# ── Check and proof: filed here, made by the runner, watched by the page ──


def check_facts(check: Check | None) -> dict[str, Any]:
    is_over = check is not None and check.is_over(now=timezone.now())
    return {
        "check": check,
        "is_over": is_over,
        "findings": checks.findings(check) if check and check.finished_at else [],
    }


@admin_required
@require_POST
def upstream_checks(request: HttpRequest, upstream_id: int) -> HttpResponse:
    row = present(upstream_id)
    check = Check.objects.create(upstream=row, asked_by=person(request), created_at=timezone.now())
    wake_on_commit()
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("upstream", row.pk)
    return render(request, "generations/upkeep/upstream.html#check", check_facts(check) | {"upstream": row})


@admin_required
@require_safe
def upstream_check(request: HttpRequest, upstream_id: int, check_id: int) -> HttpResponse:
    check = get_object_or_404(Check.objects.select_related("upstream"), pk=check_id, upstream=present(upstream_id))
    facts = check_facts(check) | {"upstream": check.upstream}
    return render(request, "generations/upkeep/upstream.html#check", facts)


@admin_required
@require_POST
def upstream_proofs(request: HttpRequest, upstream_id: int) -> HttpResponse:
    row = present(upstream_id)
    try:
        proofs.submit(row, owner=person(request), token=token_in(request), now=timezone.now())
    except NotFiled as refusal:
        messages.error(request, refusal.sentence)
    return redirect("upstream", row.pk)


def token_in(request: HttpRequest) -> uuid.UUID:
    """The form's token: the same click again is the same proof."""
    try:
        return uuid.UUID(request.POST.get("token", ""))
    except ValueError:
        return uuid.uuid4()


@admin_required
@require_safe
def upstream_proof(request: HttpRequest, upstream_id: int, job_id: int) -> HttpResponse:
    row = present(upstream_id)
    wanted = row.proofs.select_related("generation", "owner").prefetch_related("pictures", "attempts")
    job: Job = get_object_or_404(wanted, pk=job_id)
    return render(request, "generations/upkeep/upstream.html#proof", {"upstream": row, "job": job})


# ── Health ──


@admin_required
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    rows = list(Upstream.objects.present().in_order().defer("sealed_key"))
    alerts = Alert.objects.open().select_related("upstream")
    return render(
        request, "generations/upkeep/health.html", {"health": health_of(rows, now=now), "alerts": alerts, "now": now}
    )
