"""The pages on which admins add, change, check, test and remove upstreams, and see their health."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from studio.accounts.access import admin_required, page_with_form, person
from studio.core.refusals import Refusal
from studio.core.wakeups import wake_on_commit
from studio.generations.health import health_of
from studio.generations.models import Job
from studio.upstreams import checks
from studio.upstreams.models import Alert, Check, Upstream
from studio.web.htmx import HtmxHttpRequest

from .. import test_pictures, upstream_capabilities, upstream_changes
from ..forms import UpstreamForm
from ..test_pictures import TestPicture


@admin_required
@require_safe
def upstreams(request: HtmxHttpRequest) -> HttpResponse:
    rows = Upstream.objects.present().in_order().defer("encrypted_key")
    return render(request, "administration/upstreams.html", {"upstreams": rows, "now": timezone.now()})


@sensitive_post_parameters("api_key")
@admin_required
@page_with_form
def new_upstream(request: HtmxHttpRequest) -> HttpResponse:
    form = UpstreamForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "administration/new_upstream.html", {"form": form}, status=status)
    columns, api_key = form.columns(), form.cleaned_data["api_key"]
    actor, now = person(request), timezone.now()
    upstream = upstream_changes.add(columns, api_key=api_key, tiers=form.tiers(), actor=actor, now=now)
    messages.success(request, _("%(name)s added. Check it before it is needed.") % {"name": upstream.name})
    return redirect("upstream", upstream.pk)


@sensitive_post_parameters("api_key")
@admin_required
@page_with_form
def upstream(request: HtmxHttpRequest, upstream_id: int) -> HttpResponse:
    row = get_present(upstream_id)
    form = None if row.is_managed else UpstreamForm(request.POST if request.method == "POST" else None, instance=row)
    if form is None or not form.is_valid():
        # Validating changed `row` in memory; the rest of the page shows the stored values.
        context = page_context(get_present(upstream_id)) | {"form": form}
        status = 422 if request.method == "POST" else 200
        return render(request, "administration/upstream.html", context, status=status)
    columns, api_key = form.columns(), form.cleaned_data["api_key"]
    row = upstream_changes.change(
        get_present(upstream_id),
        columns,
        api_key=api_key,
        tiers=form.tiers(),
        actor=person(request),
        now=timezone.now(),
    )
    messages.success(request, _("%(name)s saved.") % {"name": row.name})
    return redirect("upstream", row.pk)


def get_present(upstream_id: int) -> Upstream:
    return get_object_or_404(Upstream.objects.present(), pk=upstream_id)


def page_context(row: Upstream) -> dict[str, Any]:
    now = timezone.now()
    check = row.checks.first()
    [upstream_health] = health_of([row], now=now)
    return {
        "upstream": row,
        "now": now,
        "alerts": row.alerts.open(),
        "health": upstream_health,
        "test_picture_token": uuid.uuid4(),
        "test_picture_price": test_pictures.price(row, now=now),
        "test_picture": test_pictures.latest(row),
        "capabilities": upstream_capabilities.capabilities_of(row),
        "failures": list(upstream_capabilities.failures_of(row, now=now)),
        **check_context(check),
    }


# ── In and out of use ──


@admin_required
@require_POST
def activation(request: HtmxHttpRequest, upstream_id: int) -> HttpResponse:
    return switch(request, upstream_id, upstream_changes.switch_on, _("%(name)s is switched on."))


@admin_required
@require_POST
def deactivation(request: HtmxHttpRequest, upstream_id: int) -> HttpResponse:
    sentence = _("%(name)s is switched off; calls in progress finish as usual.")
    return switch(request, upstream_id, upstream_changes.switch_off, sentence)


@admin_required
@require_POST
def resumption(request: HtmxHttpRequest, upstream_id: int) -> HttpResponse:
    return switch(request, upstream_id, upstream_changes.end_pause, _("%(name)s is used again."))


@admin_required
@require_POST
def forgetting(request: HtmxHttpRequest, upstream_id: int) -> HttpResponse:
    sentence = _("What was learned about %(name)s is forgotten; its next replies show it anew.")
    return switch(request, upstream_id, upstream_changes.forget, sentence)


def switch(request: HtmxHttpRequest, upstream_id: int, change: upstream_changes.Switch, sentence: str) -> HttpResponse:
    """Apply a change to an upstream and say so; `sentence` takes its name."""
    row = get_present(upstream_id)
    change(row, actor=person(request), now=timezone.now())
    messages.success(request, sentence % {"name": row.name})
    return redirect("upstream", row.pk)


@admin_required
@require_POST
def removal(request: HtmxHttpRequest, upstream_id: int) -> HttpResponse:
    row = get_object_or_404(Upstream.objects.present(), pk=upstream_id, is_managed=False)
    upstream_changes.remove(row, actor=person(request), now=timezone.now())
    messages.success(request, _("%(name)s removed. Its pictures are kept.") % {"name": row.name})
    return redirect("upstreams")


@admin_required
@require_POST
def dismissal(request: HtmxHttpRequest, alert_id: int) -> HttpResponse:
    alert = get_object_or_404(Alert, pk=alert_id)
    Alert.objects.filter(pk=alert.pk).close(now=timezone.now(), by=person(request))
    return redirect("upstream", alert.upstream_id) if alert.upstream.removed_at is None else redirect("health")


# ── Check and test picture: requested here, run by the worker, polled by the page ──


def check_context(check: Check | None) -> dict[str, Any]:
    is_over = check is not None and check.is_over(now=timezone.now())
    return {
        "check": check,
        "is_over": is_over,
        "findings": [*checks.findings(check), *checks.capability_findings(check)]
        if check and check.finished_at
        else [],
    }


@admin_required
@require_POST
def upstream_checks(request: HtmxHttpRequest, upstream_id: int) -> HttpResponse:
    row = get_present(upstream_id)
    check = Check.objects.create(upstream=row, asked_by=person(request), created_at=timezone.now())
    wake_on_commit()
    if not request.htmx:
        return redirect("upstream", row.pk)
    return render(request, "administration/upstream.html#check", check_context(check) | {"upstream": row})


@admin_required
@require_safe
def upstream_check(request: HtmxHttpRequest, upstream_id: int, check_id: int) -> HttpResponse:
    check = get_object_or_404(Check.objects.select_related("upstream"), pk=check_id, upstream=get_present(upstream_id))
    context = check_context(check) | {"upstream": check.upstream}
    return render(request, "administration/upstream.html#check", context)


@admin_required
@require_POST
def upstream_test_pictures(request: HtmxHttpRequest, upstream_id: int) -> HttpResponse:
    row = get_present(upstream_id)
    try:
        test_pictures.submit(row, owner=person(request), token=token_in(request), now=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    return redirect("upstream", row.pk)


def token_in(request: HtmxHttpRequest) -> uuid.UUID:
    """The form's token: the same click again means the same test picture."""
    try:
        return uuid.UUID(request.POST.get("token", ""))
    except ValueError:
        return uuid.uuid4()


@admin_required
@require_safe
def upstream_test_picture(request: HtmxHttpRequest, upstream_id: int, job_id: int) -> HttpResponse:
    row = get_present(upstream_id)
    wanted = row.test_jobs.select_related("generation", "owner").prefetch_related("pictures", "attempts")
    job: Job = get_object_or_404(wanted, pk=job_id)
    return render(
        request, "administration/upstream.html#test_picture", {"upstream": row, "test_picture": TestPicture(job)}
    )


# ── Health ──


@admin_required
@require_safe
def health(request: HtmxHttpRequest) -> HttpResponse:
    now = timezone.now()
    rows = list(Upstream.objects.present().in_order().defer("encrypted_key"))
    alerts = Alert.objects.open().select_related("upstream")
    return render(
        request, "administration/health.html", {"health": health_of(rows, now=now), "alerts": alerts, "now": now}
    )
