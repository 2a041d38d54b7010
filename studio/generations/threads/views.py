"""Threads as pages: the list, one conversation with its versions, and what is done with it."""

import json
from typing import Any, cast

from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import reswap, retarget

from studio.accounts.access import person
from studio.images import MAX_IMAGE_BYTES, MAX_IMAGES
from studio.library.models import Mask, Picture
from studio.library.views import picture_id as number

from .. import composer
from ..forms import own_pictures
from ..models import Generation, NotFiled, Thread, Turn
from ..pace import count_wish
from ..tariffs import Board
from . import main_models
from .filing import Refinement
from .forms import TurnForm, starting_values
from .positions import Position, branch_from, end_of
from .pricing import text_prices
from .showing import shown, shown_alone
from .versions import costs_of, lineage_of, number_of, versions_of

PAGE = 24  # threads


@require_http_methods(["GET", "HEAD", "POST"])
def threads(request: HttpRequest) -> HttpResponseBase:
    """GET lists a person's threads, the last changed first; POST begins one with its first words."""
    if request.method == "POST":
        return submit(request, thread=None)
    words, is_trash = request.GET.get("q", "")[:200].strip(), "trash" in request.GET
    mine = Thread.objects.seen_by(request.user)
    found = (mine.trashed() if is_trash else mine.kept()).saying(words)
    page = Paginator(with_covers(found).order_by("-changed_at", "-pk"), PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "words": words, "is_trash": is_trash, "has_any": mine.exists()}
    name = "generations/threads.html#list" if request.htmx else "generations/threads.html"  # type: ignore[attr-defined]
    response = render(request, name, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def with_covers(found: Any) -> Any:
    """Threads with how many pictures came of them and the number of the latest."""
    drawn = Picture.objects.kept().filter(job__generation__turn__thread=OuterRef("pk")).order_by("-pk")
    counted = drawn.order_by().values("job__generation__turn__thread").annotate(n=Count("pk")).values("n")
    return found.annotate(cover_id=Subquery(drawn.values("pk")[:1]), picture_count=Subquery(counted)).select_related(
        "root"
    )


@require_safe
def new_thread(request: HttpRequest) -> HttpResponse:
    """An empty thread, about `?picture=` or from scratch; its row is written with the first words."""
    mine = Picture.objects.seen_by(request.user).kept()
    wanted = request.GET.get("picture")
    base = get_object_or_404(mine, pk=number(wanted)) if wanted else None
    position = Position(thread=None, base=base, mask=mask_of(request, base), is_chosen=base is not None)
    form = fresh_form(request, position)
    return render(request, "generations/thread.html", page_context(request, position, form))


@require_safe
def thread(request: HttpRequest, thread_id: int) -> HttpResponse:
    """One conversation; `?from=<picture>` goes on from that version, `?mask=<mask>` under a mask."""
    mine = get_object_or_404(Thread.objects.seen_by(request.user), pk=thread_id)
    turns = list(mine.turns.for_page())
    position = position_in(request, mine, turns)
    response = render(
        request, template_for(request), page_context(request, position, fresh_form(request, position), turns)
    )
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def template_for(request: HttpRequest) -> str:
    """The page, or the part of it that is asked for anew."""
    target = request.htmx.target if request.htmx else None  # type: ignore[attr-defined]
    return {"base": "generations/thread.html#base", "versions": "generations/thread.html#versions"}.get(
        target or "", "generations/thread.html"
    )


@require_POST
def turns(request: HttpRequest, thread_id: int) -> HttpResponseBase:
    """Say something in a thread."""
    return submit(request, thread=get_object_or_404(Thread.objects.seen_by(request.user).kept(), pk=thread_id))


@require_POST
def title(request: HttpRequest, thread_id: int) -> HttpResponseBase:
    mine = get_object_or_404(Thread.objects.seen_by(request.user), pk=thread_id)
    mine.rename(request.POST.get("title", ""))
    return redirect(mine)


@require_POST
def trashing(request: HttpRequest, thread_id: int) -> HttpResponseBase:
    get_object_or_404(Thread.objects.seen_by(request.user), pk=thread_id).trash(now=timezone.now())
    return redirect("threads")


@require_POST
def restoration(request: HttpRequest, thread_id: int) -> HttpResponseBase:
    mine = get_object_or_404(Thread.objects.seen_by(request.user), pk=thread_id)
    mine.restore()
    return redirect(mine)


# ── Saying something ────────────────────────────────────────────────────────────────────────────────────────────────


def submit(request: HttpRequest, *, thread: Thread | None) -> HttpResponseBase:
    data, sentences = composer.with_uploads(request)
    form = TurnForm(data, owner=request.user, thread=thread)
    for sentence in sentences:
        form.add_error("reference", sentence)
    if not form.is_valid():
        return refuse(request, form, thread=thread, status=422)
    try:
        count_wish(person(request))
        generation = file_turn(form, owner=person(request))
    except NotFiled as refusal:
        form.add_error(None, refusal.sentence)
        return refuse(request, form, thread=thread, status=refusal.status)
    turn = Turn.objects.for_page().get(generation=generation)
    if thread is None or not request.htmx:  # type: ignore[attr-defined]
        return redirect(turn.thread)
    after = end_of(turn.thread, list(turn.thread.turns.for_page()))
    context = {"shown": shown_alone(turn), "token": composer.fresh_token(), **base_context(request, after)}
    return render(request, "generations/thread.html#said", context)


def file_turn(form: TurnForm, *, owner: Any) -> Generation:
    cleaned = form.cleaned_data
    refinement = Refinement(
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
        edit=refinement,
        references=cleaned["reference"],
    )


def refuse(request: HttpRequest, form: TurnForm, *, thread: Thread | None, status: int) -> HttpResponse:
    """The composer again with a sentence beside what is wrong, everything typed still in it, and a fresh token."""
    data = cast("QueryDict", form.data).copy()
    data["token"] = str(composer.fresh_token())
    for name, field in form.fields.items():
        if name not in data and field.initial is not None:
            data[name] = str(field.initial)  # what was not sent at all is shown as the form begins
    form.data = data
    position = position_of(request, form, thread)
    if not request.htmx:  # type: ignore[attr-defined]
        known = list(thread.turns.for_page()) if thread else []
        return render(request, "generations/thread.html", page_context(request, position, form, known), status=status)
    context = composer_context(form) | base_context(request, position)
    response = render(request, "generations/thread.html#composer", context, status=status)
    return retarget(reswap(response, "outerHTML"), "#turn-composer")


def position_of(request: HttpRequest, form: TurnForm, thread: Thread | None) -> Position:
    """The place a form was sent from."""
    base, mask = form.cleaned_data.get("base"), form.cleaned_data.get("mask")
    if thread is None:
        return Position(thread=None, base=base, mask=mask, is_chosen=base is not None)
    turns = list(thread.turns.for_page())
    chosen = branch_from(thread, turns, picture_id=base.pk, mask=mask) if base else None
    return chosen or end_of(thread, turns)


# ── What the page shows ─────────────────────────────────────────────────────────────────────────────────────────────


def position_in(request: HttpRequest, mine: Thread, turns: list[Turn]) -> Position:
    wanted = number(request.GET.get("from", ""))
    if wanted is None:
        return end_of(mine, turns)
    base = Picture.objects.seen_by(request.user).filter(pk=wanted).first()
    position = branch_from(mine, turns, picture_id=wanted, mask=mask_of(request, base))
    if position is None:
        raise Http404
    return position


def mask_of(request: HttpRequest, base: Picture | None) -> Mask | None:
    wanted = number(request.GET.get("mask", ""))
    return Mask.objects.filter(owner=person(request), picture=base, pk=wanted).first() if base and wanted else None


def fresh_form(request: HttpRequest, position: Position) -> TurnForm:
    initial = starting_values(request.user, position=position, references=request.GET.getlist("reference"))
    return TurnForm(initial=initial, owner=request.user, thread=position.thread)


def page_context(
    request: HttpRequest, position: Position, form: TurnForm, turns: list[Turn] | None = None
) -> dict[str, Any]:
    turns = turns or []
    mine = position.thread
    versions = versions_of(mine, turns) if mine else []
    context = {
        "thread": mine,
        "root": mine.root if mine else position.base,
        "turns": shown(mine, turns) if mine else [],
        "lineage": lineage_of(versions),
        "costs": costs_of(turns),
        "has_live": position.is_waiting,
        "examples": composer.examples(Board.of(timezone.now())),
    }
    return context | composer_context(form) | base_context(request, position)


def composer_context(form: TurnForm) -> dict[str, Any]:
    board, models = Board.of(timezone.now()), main_models.offered()
    return {
        "form": form,
        # A picture of a conversation is drawn where its main model is offered.
        "rules": composer.rules(board) | {"tariffsOf": {name: board.as_data(main_model=name) for name in models}},
        "references": own_pictures(form.owner, dict.fromkeys(form["reference"].value() or [])),
        "most_references": MAX_IMAGES - 1,
        "most_bytes": MAX_IMAGE_BYTES,
        "models": [(model, main_models.label(model)) for model in models],
        **composer.money_context(form.owner, board),
    }


def base_context(request: HttpRequest, position: Position) -> dict[str, Any]:
    """What the composer says of where the words go."""
    mine, base = position.thread, position.base
    return {
        "position": position,
        "base_number": (number_of(mine, base.pk) if mine else 1) if base else None,
        "text_prices": json.dumps(text_prices(position)),
        "thread": mine,
        "base_url": place_of(position),
    }


def place_of(position: Position) -> str:
    """The address of a place in a thread, without its mask."""
    if position.base is None:
        return position.thread.get_absolute_url() if position.thread else reverse("new_thread")
    if position.thread is None:
        return f"{reverse('new_thread')}?picture={position.base.pk}"
    return f"{position.thread.get_absolute_url()}?from={position.base.pk}"


def refining_url(picture: Picture, *, user: Any) -> str:
    """Where a picture is refined: in the latest conversation it is part of, else in a new one."""
    mine = Thread.objects.seen_by(user).kept()
    drawn = picture.job.generation.turn.thread_id if picture.job and picture.job.generation.kind == "refine" else None
    found = mine.filter(pk=drawn).first() if drawn else mine.filter(root=picture).order_by("-changed_at").first()
    if found is None:
        return f"{reverse('new_thread')}?picture={picture.pk}"
    return f"{found.get_absolute_url()}?from={picture.pk}"
