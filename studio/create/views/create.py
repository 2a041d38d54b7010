"""The Create page: the composer and the feed."""

from datetime import timedelta
from typing import Any, cast

from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import reswap, retarget

from studio.accounts import rate_limit
from studio.accounts.access import person
from studio.core.refusals import Refusal
from studio.generations.models import Generation, Job
from studio.generations.tariffs import PriceBoard
from studio.images import MAX_IMAGE_BYTES, MAX_IMAGES
from studio.web.htmx import HtmxHttpRequest
from studio.web.numbers import ROW_NUMBER
from studio.web.request_limits import MULTIPART_OVERHEAD, body_limit

from .. import composer, composer_drafts
from ..forms import ComposerForm, own_pictures
from ..frame import live_counts
from ..tiles import Tile
from . import plans

FEED_PAGE = 12  # generations
AWAY_SHOWN = timedelta(days=7)


@never_cache  # going back asks again, for its draft may have changed and its person may be another
@require_GET
def create(request: HtmxHttpRequest) -> HttpResponse:
    initial = composer.starting_values(
        request.user, reuse=request.GET.get("reuse"), references=request.GET.getlist("reference")
    )
    form = ComposerForm(initial=initial, owner=request.user)
    return render(request, "create/create.html", composer_context(form) | feed_context(request))


@body_limit(MAX_IMAGES * MAX_IMAGE_BYTES + MULTIPART_OVERHEAD)
@require_http_methods(["GET", "HEAD", "POST"])
def generations(request: HtmxHttpRequest) -> HttpResponseBase:
    """POST submits a generation; GET returns older cards of the feed."""
    if request.method == "POST":
        return submit(request)
    response = render(request, "create/cards.html#older", feed_context(request))
    patch_vary_headers(response, ["HX-Request"])
    return response


def submit(request: HtmxHttpRequest) -> HttpResponseBase:
    data, sentences = composer.data_with_uploads(request)
    form = ComposerForm(data, owner=request.user)
    for sentence in sentences:
        form.add_error("reference", sentence)
    if not form.is_valid():
        return refuse(request, form, status=422)
    try:
        rate_limit.hit(person(request), "submit")
        generation = Generation.objects.submit(
            owner=request.user,
            request=form.request,
            token=form.cleaned_data["token"],
            now=timezone.now(),
            references=form.cleaned_data["reference"],
            fallback=form.cleaned_data["fallback"] or None,
            collection=form.cleaned_data["collection"],
        )
    except Refusal as refusal:
        form.add_error(None, refusal.sentence)
        response = refuse(request, form, status=refusal.status, refusal=refusal)
        if refusal.retry_after is not None:
            response["Retry-After"] = str(max(1, round(refusal.retry_after)))
        return response
    if not request.htmx:
        return redirect("create")
    context = {
        "generation": Generation.objects.for_feed().get(pk=generation.pk),
        "token": composer.new_token(),
        "live_counts": live_counts(generation.owner_id),
        "budget_warning": composer.budget_warning(request.user, PriceBoard.of(timezone.now())),
    }
    return render(request, "create/cards.html#submitted", context)


def refuse(
    request: HtmxHttpRequest, form: ComposerForm, *, status: int, refusal: Refusal | None = None
) -> HttpResponse:
    """The form again with its errors, everything typed still in it, and a new token."""
    data = cast("QueryDict", form.data).copy()
    data["token"] = str(composer.new_token())
    # Fields missing in the POST data, which no browser leaves out, are shown with their initial values.
    for name in form.fields.keys() - data.keys():
        data.setlistdefault(name, [] if form.fields[name].initial is None else [form.fields[name].initial])
    form.data = data
    context = composer_context(form) | {"refusal": refusal}
    if not request.htmx:
        return render(request, "create/create.html", context | feed_context(request), status=status)
    response = render(request, "create/create.html#composer", context, status=status)
    return retarget(reswap(response, "outerHTML"), "#composer")


def composer_context(form: ComposerForm) -> dict[str, Any]:
    board = PriceBoard.of(timezone.now())
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
        **composer_drafts.context(form.owner, composer_drafts.CREATE),
    }


def feed_context(request: HtmxHttpRequest) -> dict[str, Any]:
    feed = Generation.objects.seen_by(request.user).for_feed()
    before = request.GET.get("before", "")
    if ROW_NUMBER.fullmatch(before):
        feed = feed.filter(pk__lt=int(before))
    page = list(feed[: FEED_PAGE + 1])
    return {
        "generations": page[:FEED_PAGE],
        "next_before": page[FEED_PAGE - 1].pk if len(page) > FEED_PAGE else None,
        "away": finished_while_away(request.user),
        "has_live": Job.objects.seen_by(request.user).live().exists(),
    }


def finished_while_away(user: Any) -> list[Tile]:
    unseen = Job.objects.seen_by(user).finished_unseen().filter(finished_at__gt=timezone.now() - AWAY_SHOWN)
    # Plans are shown beside the prompt instead.
    unseen = unseen.exclude(generation__kind=Generation.Kind.PLAN)
    jobs = unseen.select_related("generation").prefetch_related("pictures").order_by("-finished_at")
    return [Tile(job) for job in jobs[:24]]


@require_POST
def away(request: HtmxHttpRequest) -> HttpResponse:
    """Mark finished jobs as seen: the jobs named, which a page has just shown, or all of them."""
    unseen = Job.objects.seen_by(request.user).finished_unseen()
    named = [int(job_id) for job_id in request.POST.getlist("job")[:100] if ROW_NUMBER.fullmatch(job_id)]
    (unseen.filter(pk__in=named) if named else unseen).update(seen_at=timezone.now())
    return HttpResponse(status=200) if request.htmx else redirect("create")
