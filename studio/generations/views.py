"""The pages that bring several rooms together: Create with its feed, the job and the picture page."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, cast

from django.contrib import messages
from django.db.models import Max
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import reswap, retarget

from studio.accounts.access import person
from studio.images import MAX_IMAGE_BYTES, MAX_IMAGES
from studio.library.models import Picture

from . import candidates, composer
from .context import live_counts
from .fallback import rungs
from .forms import NUMBER, ComposerForm, own_pictures
from .models import Generation, Job, NotFiled, SafetyNote
from .pace import TooFast, count_wish
from .tariffs import Board
from .threads import plans
from .threads.context import said_with
from .threads.views import refining_url

FEED_PAGE = 12  # generations
AWAY_SHOWN = timedelta(days=7)


@require_GET
def create(request: HttpRequest) -> HttpResponse:
    initial = composer.starting_values(
        request.user, reuse=request.GET.get("reuse"), references=request.GET.getlist("reference")
    )
    form = ComposerForm(initial=initial, owner=request.user)
    return render(request, "generations/create.html", composer_context(form) | feed_context(request))


@require_http_methods(["GET", "HEAD", "POST"])
def generations(request: HttpRequest) -> HttpResponseBase:
    """POST files a wish; GET hands out older cards of the feed."""
    if request.method == "POST":
        return submit(request)
    response = render(request, "generations/cards.html#older", feed_context(request))
    patch_vary_headers(response, ["HX-Request"])
    return response


def submit(request: HttpRequest) -> HttpResponseBase:
    data, sentences = composer.with_uploads(request)
    form = ComposerForm(data, owner=request.user)
    for sentence in sentences:
        form.add_error("reference", sentence)
    if not form.is_valid():
        return refuse(request, form, status=422)
    try:
        count_wish(person(request))
        generation = Generation.objects.submit(
            owner=request.user,
            request=form.request,
            token=form.cleaned_data["token"],
            now=timezone.now(),
            references=form.cleaned_data["reference"],
            fallback=form.cleaned_data["fallback"] or None,
        )
    except NotFiled as refusal:
        form.add_error(None, refusal.sentence)
        response = refuse(request, form, status=refusal.status)
        if isinstance(refusal, TooFast):
            response["Retry-After"] = str(refusal.retry_after)
        return response
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("create")
    context = {
        "generation": Generation.objects.for_feed().get(pk=generation.pk),
        "token": composer.fresh_token(),
        "live_counts": live_counts(generation.owner_id),
        "budget_warning": composer.budget_warning(request.user, Board.of(timezone.now())),
    }
    return render(request, "generations/cards.html#submitted", context)


def refuse(request: HttpRequest, form: ComposerForm, *, status: int) -> HttpResponse:
    """The form again with a sentence beside what is wrong, everything typed still in it, and a fresh token."""
    data = cast("QueryDict", form.data).copy()
    data["token"] = str(composer.fresh_token())
    # A form that came without some of its fields, as no browser sends it, is shown whole again.
    for name in form.fields.keys() - data.keys():
        data.setlistdefault(name, [] if form.fields[name].initial is None else [form.fields[name].initial])
    form.data = data
    context = composer_context(form)
    if not request.htmx:  # type: ignore[attr-defined]
        return render(request, "generations/create.html", context | feed_context(request), status=status)
    response = render(request, "generations/create.html#composer", context, status=status)
    return retarget(reswap(response, "outerHTML"), "#composer")


def composer_context(form: ComposerForm) -> dict[str, Any]:
    board = Board.of(timezone.now())
    return {
        "form": form,
        "rules": composer.rules(board),
        "examples": composer.examples(board),
        **composer.money_context(form.owner, board),
        "presets": composer.presets(),
        "references": own_pictures(form.owner, dict.fromkeys(form["reference"].value() or [])),
        "most_references": MAX_IMAGES,
        "most_bytes": MAX_IMAGE_BYTES,
        **plans.composer_context(form.owner),
    }


def feed_context(request: HttpRequest) -> dict[str, Any]:
    feed = Generation.objects.seen_by(request.user).for_feed()
    before = request.GET.get("before", "")
    if NUMBER.fullmatch(before):
        feed = feed.filter(pk__lt=int(before))
    page = list(feed[: FEED_PAGE + 1])
    return {
        "generations": page[:FEED_PAGE],
        "next_before": page[FEED_PAGE - 1].pk if len(page) > FEED_PAGE else None,
        "away": finished_while_away(request.user),
        "has_live": Job.objects.seen_by(request.user).live().exists(),
    }


def finished_while_away(user: Any) -> list[Job]:
    unseen = Job.objects.seen_by(user).finished_unseen().filter(finished_at__gt=timezone.now() - AWAY_SHOWN)
    # A plan is shown beside the prompt it is about.
    unseen = unseen.exclude(generation__kind=Generation.Kind.PLAN)
    return list(unseen.select_related("generation").prefetch_related("pictures").order_by("-finished_at")[:24])


@require_POST
def away(request: HttpRequest) -> HttpResponse:
    """What has finished has been seen: the jobs named, which a page has just shown, or all of them."""
    unseen = Job.objects.seen_by(request.user).finished_unseen()
    named = [int(job_id) for job_id in request.POST.getlist("job")[:100] if NUMBER.fullmatch(job_id)]
    (unseen.filter(pk__in=named) if named else unseen).update(seen_at=timezone.now())
    return HttpResponse(status=200) if request.htmx else redirect("create")  # type: ignore[attr-defined]


@require_GET
def jobs(request: HttpRequest) -> HttpResponse:
    """The drawer behind the jobs pill: what runs, what waits, what has just ended."""
    mine = Job.objects.seen_by(request.user).for_tiles()
    recent = mine.exclude(state__in=Job.LIVE_STATES).filter(finished_at__gt=timezone.now() - timedelta(hours=24))
    context = {"live": mine.live().order_by("pk"), "recent": recent.order_by("-finished_at")[:20]}
    return render(request, "generations/jobs.html", context)


@require_GET
def job(request: HttpRequest, job_id: int) -> HttpResponse:
    mine = Job.objects.seen_by(request.user).for_tiles()
    return render(request, "generations/job.html", {"job": get_object_or_404(mine, pk=job_id)})


@require_POST
def cancellation(request: HttpRequest, job_id: int) -> HttpResponseBase:
    mine = get_object_or_404(Job.objects.seen_by(request.user), pk=job_id)
    mine.cancel(now=timezone.now())
    return tile(request, mine)


@require_POST
def retry(request: HttpRequest, job_id: int) -> HttpResponseBase:
    """The same wish again: at once, with `wait` when the gateway said so, with `elsewhere` at another upstream."""
    mine = get_object_or_404(Job.objects.seen_by(request.user), pk=job_id)
    last = mine.attempts.last() if "wait" in request.POST else None
    not_before = last.retry_at if last else None
    return filed_again(
        request,
        mine,
        partial(mine.retry, is_elsewhere="elsewhere" in request.POST, not_before=not_before),
    )


@require_POST
def fallback(request: HttpRequest, job_id: int) -> HttpResponseBase:
    """Something smaller or simpler instead of the picture that failed, as its card offered."""
    mine = get_object_or_404(Job.objects.seen_by(request.user), pk=job_id)
    return filed_again(request, mine, mine.fall_back)


def filed_again(request: HttpRequest, mine: Job, again: Callable[..., bool]) -> HttpResponseBase:
    now = timezone.now()
    try:
        # What passed when it was filed may be refused by now: terms are mended.
        SafetyNote.objects.screen(*said_with(mine.generation), person=mine.owner, now=now)
        again(now=now)
    except NotFiled as refusal:
        messages.error(request, refusal.sentence)
    return tile(request, mine)


def tile(request: HttpRequest, mine: Job) -> HttpResponseBase:
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("create")
    fresh = Job.objects.for_tiles().get(pk=mine.pk)
    return render(request, "generations/cards.html#tile", {"job": fresh, "generation": fresh.generation})


@require_GET
def picture(request: HttpRequest, picture_id: int) -> HttpResponse:
    mine = Picture.objects.seen_by(request.user)
    shown = get_object_or_404(mine.select_related("job__generation__mask", "source"), pk=picture_id)
    kept = mine.kept()
    mine.filter(pk=shown.pk).note_opened(now=timezone.now())
    context = {
        "picture": shown,
        "rungs": rungs(shown.steps),
        "openings": shown.openings.select_related("admin")[:5],
        "generation": shown.job.generation if shown.job else None,
        "attempt": shown.job.attempts.filter(outcome="succeeded").last() if shown.job else None,
        # Neighbours in the gallery, which shows the newest first.
        "previous_id": kept.filter(pk__gt=shown.pk).order_by("pk").values_list("pk", flat=True).first(),
        "next_id": kept.before(shown.pk).aggregate(newest=Max("pk"))["newest"],
        "refining_url": refining_url(shown, user=request.user),
        **candidates.lineage(shown, user=request.user),
    }
    return render(request, "generations/picture.html", context)
