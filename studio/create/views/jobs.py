"""Jobs: the drawer of all, the page of one, and its actions: cancel, retry, read again, fall back."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from studio.core.refusals import Refusal
from studio.generations.models import Job, KeptReply
from studio.safety.models import SafetyNote
from studio.threads.context import prompt_texts
from studio.web.htmx import HtmxHttpRequest


@require_GET
def jobs(request: HtmxHttpRequest) -> HttpResponse:
    """The drawer behind the jobs pill: live jobs and those that ended in the last 24 hours."""
    own_jobs = Job.objects.seen_by(request.user).for_tiles()
    recent = own_jobs.exclude(state__in=Job.LIVE_STATES).filter(finished_at__gt=timezone.now() - timedelta(hours=24))
    context = {"live": own_jobs.live().order_by("pk"), "recent": recent.order_by("-finished_at")[:20]}
    return render(request, "create/jobs.html", context)


@require_GET
def job(request: HtmxHttpRequest, job_id: int) -> HttpResponse:
    own_jobs = Job.objects.seen_by(request.user).for_tiles()
    return render(request, "create/job.html", {"job": get_object_or_404(own_jobs, pk=job_id)})


@require_POST
def cancellation(request: HtmxHttpRequest, job_id: int) -> HttpResponseBase:
    own_job = get_object_or_404(Job.objects.seen_by(request.user), pk=job_id)
    own_job.cancel(now=timezone.now())
    return tile_response(request, own_job)


@require_POST
def retry(request: HtmxHttpRequest, job_id: int) -> HttpResponseBase:
    """Send the same request again: `wait` until the gateway's retry time, `elsewhere` at another upstream."""
    own_job = get_object_or_404(Job.objects.seen_by(request.user), pk=job_id)
    last = own_job.attempts.last() if "wait" in request.POST else None
    not_before = last.retry_at if last else None
    return requeue_response(
        request,
        own_job,
        partial(own_job.retry, is_elsewhere="elsewhere" in request.POST, not_before=not_before),
    )


@require_POST
def rereading(request: HtmxHttpRequest, job_id: int) -> HttpResponseBase:
    """Have what came for a job without a picture read again; no call is made."""
    kept = KeptReply.objects.seen_by(request.user).select_related("attempt__job").filter(attempt__job=job_id).last()
    if kept is None:
        raise Http404
    kept.ask_to_reread(now=timezone.now())
    return tile_response(request, kept.attempt.job)


@require_POST
def rerouting(request: HtmxHttpRequest, job_id: int) -> HttpResponseBase:
    """Let a queued job start at any upstream, also at one it was kept away from."""
    own_job = get_object_or_404(Job.objects.seen_by(request.user), pk=job_id)
    own_job.allow_any_upstream()
    return tile_response(request, own_job)


@require_POST
def fallback(request: HtmxHttpRequest, job_id: int) -> HttpResponseBase:
    """Take the fallback step that the card of a failed job offers."""
    own_job = get_object_or_404(Job.objects.seen_by(request.user), pk=job_id)
    return requeue_response(request, own_job, own_job.fall_back)


def requeue_response(request: HtmxHttpRequest, own_job: Job, requeue: Callable[..., bool]) -> HttpResponseBase:
    now = timezone.now()
    try:
        # The policy may have changed since the generation was submitted.
        SafetyNote.objects.screen(*prompt_texts(own_job.generation), person=own_job.owner, now=now)
        requeue(now=now)
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    return tile_response(request, own_job)


def tile_response(request: HtmxHttpRequest, own_job: Job) -> HttpResponseBase:
    if not request.htmx:
        return redirect("create")
    current = Job.objects.for_tiles().get(pk=own_job.pk)
    return render(request, "create/cards.html#tile", {"job": current, "generation": current.generation})
