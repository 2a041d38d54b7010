"""The pages of threads: the list, one conversation with its versions, submitting a turn, title and trash."""

import json
from typing import Any, cast

from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Subquery
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import reswap, retarget

from studio.accounts import rate_limit
from studio.accounts.access import person
from studio.core.refusals import Refusal
from studio.generations.models import Generation
from studio.generations.tariffs import PriceBoard
from studio.images import MAX_IMAGE_BYTES, MAX_IMAGES
from studio.library.models import Mask, Picture
from studio.threads import main_models
from studio.threads.models import Thread, Turn
from studio.threads.positions import Position, branch_from, end_of
from studio.threads.prices import text_prices
from studio.threads.specs import RefineSpec
from studio.threads.versions import Version, costs_of, lineage_of, number_of, versions_of
from studio.web.htmx import HtmxHttpRequest
from studio.web.numbers import row_number
from studio.web.request_limits import MULTIPART_OVERHEAD, body_limit

from .. import comparison, composer, composer_drafts
from ..forms import own_pictures
from ..thread_forms import TurnForm, starting_values
from ..turn_presenter import present_turn, present_turns

PAGE = 24  # threads


@body_limit(MAX_IMAGES * MAX_IMAGE_BYTES + MULTIPART_OVERHEAD)
@require_http_methods(["GET", "HEAD", "POST"])
def threads(request: HtmxHttpRequest) -> HttpResponseBase:
    """GET lists a person's threads, the last changed first; POST starts one with its first turn."""
    if request.method == "POST":
        return submit(request, thread=None)
    words, is_trash = request.GET.get("q", "")[:200].strip(), "trash" in request.GET
    own_threads = Thread.objects.seen_by(request.user)
    found = (own_threads.trashed() if is_trash else own_threads.kept()).matching(words)
    page = Paginator(annotate_covers(found).order_by("-changed_at", "-pk"), PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "words": words, "is_trash": is_trash}
    name = "create/threads.html#list" if request.htmx else "create/threads.html"
    response = render(request, name, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def annotate_covers(found: Any) -> Any:
    """Threads with the count of their pictures and the id of the latest."""
    drawn = Picture.objects.kept().filter(result__job__generation__turn__thread=OuterRef("pk")).order_by("-pk")
    counted = drawn.order_by().values("result__job__generation__turn__thread").annotate(n=Count("pk")).values("n")
    cover = {"cover_id": Subquery(drawn.values("pk")[:1]), "cover_ground": Subquery(drawn.values("ground")[:1])}
    return found.annotate(**cover, picture_count=Subquery(counted)).select_related("root")


@require_safe
def new_thread(request: HtmxHttpRequest) -> HttpResponse:
    """An empty thread, about `?picture=` or without one; its row is written with the first turn."""
    pictures = Picture.objects.owned_by(request.user).kept()
    wanted_id = request.GET.get("picture")
    base = get_object_or_404(pictures, pk=row_number(wanted_id)) if wanted_id else None
    position = Position(thread=None, base=base, mask=mask_of(request, base), is_chosen=base is not None)
    form = new_form(request, position)
    return render(request, "create/thread.html", page_context(request, position, form))


@require_safe
def thread(request: HtmxHttpRequest, thread_id: int) -> HttpResponse:
    """One conversation; `?from=<picture>` continues from that version, `?mask=<mask>` with a mask on it."""
    own_thread = get_object_or_404(Thread.objects.seen_by(request.user), pk=thread_id)
    turns = list(own_thread.turns.for_page())
    position = position_in(request, own_thread, turns)
    response = render(
        request, template_for(request), page_context(request, position, new_form(request, position), turns)
    )
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def template_for(request: HtmxHttpRequest) -> str:
    """The page, or the fragment that htmx requests again."""
    target = request.htmx.target if request.htmx else None
    return {"base": "create/thread.html#base", "versions": "create/thread.html#versions"}.get(
        target or "", "create/thread.html"
    )


@body_limit(MAX_IMAGES * MAX_IMAGE_BYTES + MULTIPART_OVERHEAD)
@require_POST
def turns(request: HtmxHttpRequest, thread_id: int) -> HttpResponseBase:
    """Submit a turn."""
    return submit(request, thread=get_object_or_404(Thread.objects.seen_by(request.user).kept(), pk=thread_id))


@require_POST
def title(request: HtmxHttpRequest, thread_id: int) -> HttpResponseBase:
    own_thread = get_object_or_404(Thread.objects.seen_by(request.user), pk=thread_id)
    own_thread.rename(request.POST.get("title", ""))
    return redirect(own_thread)


@require_POST
def trashing(request: HtmxHttpRequest, thread_id: int) -> HttpResponseBase:
    get_object_or_404(Thread.objects.seen_by(request.user), pk=thread_id).trash(now=timezone.now())
    return redirect("threads")


@require_POST
def restoration(request: HtmxHttpRequest, thread_id: int) -> HttpResponseBase:
    own_thread = get_object_or_404(Thread.objects.seen_by(request.user), pk=thread_id)
    own_thread.restore()
    return redirect(own_thread)


# ── Submitting a turn ───────────────────────────────────────────────────────────────────────────────────────────────


def submit(request: HtmxHttpRequest, *, thread: Thread | None) -> HttpResponseBase:
    data, sentences = composer.data_with_uploads(request)
    form = TurnForm(data, owner=request.user, thread=thread)
    for sentence in sentences:
        form.add_error("reference", sentence)
    if not form.is_valid():
        return refuse(request, form, thread=thread, status=422)
    try:
        rate_limit.hit(person(request), "submit")
        generation = submit_turn(form, owner=person(request))
    except Refusal as refusal:
        form.add_error(None, refusal.sentence)
        return refuse(request, form, thread=thread, status=refusal.status, refusal=refusal)
    turn = Turn.objects.for_page().get(generation=generation)
    if thread is None or not request.htmx:
        return redirect(turn.thread)
    after = end_of(turn.thread, list(turn.thread.turns.for_page()))
    context = {"shown": present_turn(turn), "token": composer.new_token(), **base_context(request, after)}
    return render(request, "create/thread.html#submitted", context)


def submit_turn(form: TurnForm, *, owner: Any) -> Generation:
    cleaned = form.cleaned_data
    spec = RefineSpec(
        thread=form.thread,
        parent=cleaned["parent"],
        base=cleaned["base"],
        mask=cleaned["mask"],
        main_model=cleaned["main_model"],
        is_forced=form.is_forced,
    )
    return Generation.objects.submit(
        owner=owner,
        request=form.request,
        token=cleaned["token"],
        now=timezone.now(),
        spec=spec,
        references=cleaned["reference"],
    )


def refuse(
    request: HtmxHttpRequest, form: TurnForm, *, thread: Thread | None, status: int, refusal: Refusal | None = None
) -> HttpResponse:
    """The composer again with its errors, everything typed still in it, and a new token."""
    data = cast("QueryDict", form.data).copy()
    data["token"] = str(composer.new_token())
    for name, field in form.fields.items():
        if name not in data and field.initial is not None:
            data[name] = str(field.initial)  # fields missing in the POST data get their initial values
    form.data = data
    position = position_of(request, form, thread)
    if not request.htmx:
        known = list(thread.turns.for_page()) if thread else []
        context = page_context(request, position, form, known) | {"refusal": refusal}
        return render(request, "create/thread.html", context, status=status)
    context = composer_context(form) | base_context(request, position) | {"refusal": refusal}
    response = render(request, "create/thread.html#composer", context, status=status)
    return retarget(reswap(response, "outerHTML"), "#turn-composer")


def position_of(request: HtmxHttpRequest, form: TurnForm, thread: Thread | None) -> Position:
    """The position a form was submitted from."""
    base, mask = form.cleaned_data.get("base"), form.cleaned_data.get("mask")
    if thread is None:
        return Position(thread=None, base=base, mask=mask, is_chosen=base is not None)
    turns = list(thread.turns.for_page())
    chosen = branch_from(thread, turns, picture_id=base.pk, mask=mask) if base else None
    return chosen or end_of(thread, turns)


# ── What the page shows ─────────────────────────────────────────────────────────────────────────────────────────────


def position_in(request: HtmxHttpRequest, thread: Thread, turns: list[Turn]) -> Position:
    wanted_id = row_number(request.GET.get("from", ""))
    if wanted_id is None:
        return end_of(thread, turns)
    base = Picture.objects.owned_by(request.user).filter(pk=wanted_id).first()
    position = branch_from(thread, turns, picture_id=wanted_id, mask=mask_of(request, base))
    if position is None:
        raise Http404
    return position


def mask_of(request: HtmxHttpRequest, base: Picture | None) -> Mask | None:
    wanted_id = row_number(request.GET.get("mask", ""))
    return (
        Mask.objects.filter(owner=person(request), picture=base, pk=wanted_id).first() if base and wanted_id else None
    )


def new_form(request: HtmxHttpRequest, position: Position) -> TurnForm:
    initial = starting_values(request.user, position=position, references=request.GET.getlist("reference"))
    return TurnForm(initial=initial, owner=request.user, thread=position.thread)


def page_context(
    request: HtmxHttpRequest, position: Position, form: TurnForm, turns: list[Turn] | None = None
) -> dict[str, Any]:
    turns = turns or []
    own_thread = position.thread
    versions = versions_of(own_thread, turns) if own_thread else []
    context = {
        "thread": own_thread,
        "root": own_thread.root if own_thread else position.base,
        "turns": present_turns(own_thread, turns) if own_thread else [],
        "lineage": lineage_of(versions),
        "compare_url": comparison_url(versions),
        "costs": costs_of(turns),
        "has_live": position.is_waiting,
        "examples": composer.examples(PriceBoard.of(timezone.now())),
    }
    return context | composer_context(form) | base_context(request, position)


def comparison_url(versions: list[Version]) -> str:
    """Where the latest version is compared with the one it was made from, else with the one before it."""
    if len(versions) < 2:
        return ""
    *earlier, latest = [version.picture for version in versions]
    source = next((picture for picture in earlier if picture.pk == latest.source_id), earlier[-1])
    return comparison.address([source.pk, latest.pk])


def composer_context(form: TurnForm) -> dict[str, Any]:
    board, models = PriceBoard.of(timezone.now()), main_models.offered()
    return {
        "form": form,
        # A conversation can only use upstreams that offer its main model.
        "rules": composer.rules(board) | {"tariffsOf": {name: board.as_data(main_model=name) for name in models}},
        "references": own_pictures(form.owner, dict.fromkeys(form["reference"].value() or [])),
        "most_references": MAX_IMAGES - 1,
        "most_bytes": MAX_IMAGE_BYTES,
        "models": [(model, main_models.label(model)) for model in models],
        **composer.money_context(form.owner, board),
        **composer_drafts.context(form.owner, composer_drafts.place_of(form.thread)),
    }


def base_context(request: HtmxHttpRequest, position: Position) -> dict[str, Any]:
    """What the composer shows about the position of the next turn."""
    own_thread, base = position.thread, position.base
    return {
        "position": position,
        "base_number": (number_of(own_thread, base.pk) if own_thread else 1) if base else None,
        "text_prices": json.dumps(text_prices(position)),
        "thread": own_thread,
        "base_url": position_url(position),
    }


def position_url(position: Position) -> str:
    """The address of a position in a thread, without its mask."""
    if position.base is None:
        return position.thread.get_absolute_url() if position.thread else reverse("new_thread")
    if position.thread is None:
        return f"{reverse('new_thread')}?picture={position.base.pk}"
    return f"{position.thread.get_absolute_url()}?from={position.base.pk}"


def refining_url(picture: Picture, *, user: Any) -> str:
    """Where to refine a picture: in the latest thread it is part of, else in a new one."""
    own_threads = Thread.objects.seen_by(user).kept()
    containing = own_threads.filter(turns__generation__jobs__pictures=picture).first()
    found = containing or own_threads.filter(root=picture).order_by("-changed_at").first()
    if found is None:
        return f"{reverse('new_thread')}?picture={picture.pk}"
    return f"{found.get_absolute_url()}?from={picture.pk}"
