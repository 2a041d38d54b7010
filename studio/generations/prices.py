"""The page on which admins keep prices: of tokens, of pictures, and what each upstream multiplies them by."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from studio import images
from studio.accounts import audit
from studio.accounts.access import admin_required, person
from studio.images import ImageRates, Rates
from studio.ledger.forms import ImagePriceForm, PriceForm
from studio.ledger.models import ImagePrice, Price
from studio.ledger.models.price import KINDS
from studio.ledger.money import plain
from studio.ledger.periods import local_day
from studio.upstreams.models import Billing, Upstream

TIERS = ("tier_1k", "tier_2k", "tier_4k")


@dataclass(frozen=True)
class Line:
    """A price in its table: one an admin has set, or the list's (`price` None)."""

    price: Any
    rates: Rates | ImageRates
    valid_from: date | None
    is_in_force: bool
    is_to_come: bool


@admin_required
@require_safe
def prices(request: HttpRequest) -> HttpResponse:
    return prices_page(request)


def prices_page(request: HttpRequest, *, status: int = 200, **forms: Any) -> HttpResponse:
    """Render the page with the form given that did not hold, the others fresh."""
    today = local_day(timezone.now())
    fresh = {
        "price_form": PriceForm(initial={"valid_from": today}, prefix="tokens"),
        "image_price_form": ImagePriceForm(initial={"valid_from": today}, prefix="pictures"),
    }
    upstreams = list(Upstream.objects.present().in_order())
    context = {
        "models": lines_of_models(today),
        "unpriced": unpriced(upstreams),
        "image_prices": lines_of_pictures(today),
        "upstreams": upstreams,
        "bills_by_picture": any(upstream.bills_by == Billing.IMAGE for upstream in upstreams),
    }
    return render(request, "generations/prices.html", context | fresh | forms, status=status)


@admin_required
@require_POST
def token_prices(request: HttpRequest) -> HttpResponse:
    return add(request, PriceForm(request.POST, prefix="tokens"), name="price_form")


@admin_required
@require_POST
def image_prices(request: HttpRequest) -> HttpResponse:
    return add(request, ImagePriceForm(request.POST, prefix="pictures"), name="image_price_form")


def add(request: HttpRequest, form: Any, *, name: str) -> HttpResponse:
    if not form.is_valid():
        return prices_page(request, status=422, **{name: form})
    keep(request, form, before=None)
    messages.success(request, _("The price is saved. What was booked before keeps the price it was counted at."))
    return redirect("prices")


@admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def token_price(request: HttpRequest, price_id: int) -> HttpResponse:
    return change(request, get_object_or_404(Price, pk=price_id), PriceForm)


@admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def image_price(request: HttpRequest, price_id: int) -> HttpResponse:
    return change(request, get_object_or_404(ImagePrice, pk=price_id), ImagePriceForm)


def change(request: HttpRequest, price: Any, form_class: Any) -> HttpResponse:
    before = values_of(price)
    form = form_class(request.POST if request.method == "POST" else None, instance=price)
    if form.is_bound and form.is_valid():
        keep(request, form, before=before)
        messages.success(request, _("The price is saved. What was booked before keeps the price it was counted at."))
        return redirect("prices")
    context = {"form": form, "price": price, "is_of_pictures": isinstance(price, ImagePrice)}
    return render(request, "generations/price.html", context, status=422 if form.is_bound else 200)


@admin_required
@require_POST
def token_price_removal(request: HttpRequest, price_id: int) -> HttpResponse:
    return remove(request, get_object_or_404(Price, pk=price_id))


@admin_required
@require_POST
def image_price_removal(request: HttpRequest, price_id: int) -> HttpResponse:
    return remove(request, get_object_or_404(ImagePrice, pk=price_id))


@transaction.atomic
def remove(request: HttpRequest, price: Any) -> HttpResponse:
    note(request, "price.remove", price, before=values_of(price), after=None)
    price.delete()
    messages.success(request, _("The price is removed; the one before it holds again."))
    return redirect("prices")


@transaction.atomic
def keep(request: HttpRequest, form: Any, *, before: dict[str, Any] | None) -> None:
    price = form.save()
    note(request, "price.change" if before else "price.add", price, before=before, after=values_of(price))


def note(request: HttpRequest, action: str, price: Any, **sides: Any) -> None:
    audit.note(actor=person(request), action=action, subject=str(price), now=timezone.now(), **sides)


def values_of(price: Price | ImagePrice) -> dict[str, str]:
    """A price as the audit log repeats it."""
    kinds = KINDS if isinstance(price, Price) else TIERS
    return {"valid_from": price.valid_from.isoformat()} | {kind: plain(getattr(price, kind)) for kind in kinds}


# ── Tables ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def lines_of_models(today: date) -> list[tuple[str, list[Line]]]:
    """Every model with its prices, the newest first and the list's last; models that draw come first."""
    listed = images.list_rates()
    set_prices: dict[str, list[Price]] = {}
    for price in Price.objects.order_by("model", "-valid_from"):
        set_prices.setdefault(price.model, []).append(price)
    names = [*listed, *(name for name in set_prices if name not in listed)]
    return [(name, lines(set_prices.get(name, []), listed.get(name), today=today)) for name in names]


def lines_of_pictures(today: date) -> list[tuple[str, list[Line]]]:
    """The prices of every upstream that has its own, then those for all."""
    found: dict[str, list[ImagePrice]] = {}
    for price in ImagePrice.objects.order_by("-upstream_name", "-valid_from"):
        found.setdefault(price.upstream_name, []).append(price)
    found.setdefault("", [])
    return [(name, lines(rows, None if name else images.LIST_IMAGE_RATES, today=today)) for name, rows in found.items()]


def lines(rows: Any, listed: Rates | ImageRates | None, *, today: date) -> list[Line]:
    current = next((price for price in rows if price.valid_from <= today), None)
    shown = [
        Line(price, price.rates, price.valid_from, is_in_force=price == current, is_to_come=price.valid_from > today)
        for price in rows
    ]
    return shown + ([Line(None, listed, None, is_in_force=current is None, is_to_come=False)] if listed else [])


def unpriced(upstreams: list[Upstream]) -> list[str]:
    """Models that an upstream offers and nobody has priced: they are counted at the dearest price there is."""
    offered = {name for upstream in upstreams for name in (*upstream.image_models, *upstream.main_models)}
    known = {*images.list_rates(), *Price.objects.values_list("model", flat=True)}
    return sorted(offered - known)
