"""The page of prices: of tokens by model, of pictures by upstream, and the multiplier of each upstream."""

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
class PriceLine:
    """A row of a price table: a price an admin has set, or the list price (`price` None)."""

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
    """Render the page; `forms` are invalid forms to show again, all others are empty."""
    today = local_day(timezone.now())
    empty_forms = {
        "price_form": PriceForm(initial={"valid_from": today}, prefix="tokens"),
        "image_price_form": ImagePriceForm(initial={"valid_from": today}, prefix="pictures"),
    }
    upstreams = list(Upstream.objects.present().in_order())
    context = {
        "models": model_price_lines(today),
        "unpriced": unpriced_models(upstreams),
        "image_prices": picture_price_lines(today),
        "upstreams": upstreams,
        "bills_by_picture": any(upstream.bills_by == Billing.IMAGE for upstream in upstreams),
    }
    return render(request, "administration/prices.html", context | empty_forms | forms, status=status)


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
    save_price(request, form, before=None)
    messages.success(request, _("Price saved. Earlier entries keep the price they were booked at."))
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
    before = log_data(price)
    form = form_class(request.POST if request.method == "POST" else None, instance=price)
    if form.is_bound and form.is_valid():
        save_price(request, form, before=before)
        messages.success(request, _("Price saved. Earlier entries keep the price they were booked at."))
        return redirect("prices")
    context = {"form": form, "price": price, "is_of_pictures": isinstance(price, ImagePrice)}
    return render(request, "administration/price.html", context, status=422 if form.is_bound else 200)


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
    record_change(request, "price.remove", price, before=log_data(price), after=None)
    price.delete()
    messages.success(request, _("Price removed; the previous one applies again."))
    return redirect("prices")


@transaction.atomic
def save_price(request: HttpRequest, form: Any, *, before: dict[str, Any] | None) -> None:
    price = form.save()
    record_change(request, "price.change" if before else "price.add", price, before=before, after=log_data(price))


def record_change(request: HttpRequest, action: str, price: Any, **sides: Any) -> None:
    audit.record(actor=person(request), action=action, subject=str(price), now=timezone.now(), **sides)


def log_data(price: Price | ImagePrice) -> dict[str, str]:
    """A price as the audit log stores it."""
    kinds = KINDS if isinstance(price, Price) else TIERS
    return {"valid_from": price.valid_from.isoformat()} | {kind: plain(getattr(price, kind)) for kind in kinds}


# ── Tables ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def model_price_lines(today: date) -> list[tuple[str, list[PriceLine]]]:
    """Every model with its prices, the newest first and the list price last; models on the list come first."""
    listed = images.list_rates()
    set_prices: dict[str, list[Price]] = {}
    for price in Price.objects.order_by("model", "-valid_from"):
        set_prices.setdefault(price.model, []).append(price)
    names = [*listed, *(name for name in set_prices if name not in listed)]
    return [(name, price_lines(set_prices.get(name, []), listed.get(name), today=today)) for name in names]


def picture_price_lines(today: date) -> list[tuple[str, list[PriceLine]]]:
    """The prices of every upstream with prices of its own, then those for all others."""
    by_upstream: dict[str, list[ImagePrice]] = {}
    for price in ImagePrice.objects.order_by("-upstream_name", "-valid_from"):
        by_upstream.setdefault(price.upstream_name, []).append(price)
    by_upstream.setdefault("", [])
    return [
        (name, price_lines(rows, None if name else images.LIST_IMAGE_RATES, today=today))
        for name, rows in by_upstream.items()
    ]


def price_lines(rows: Any, listed: Rates | ImageRates | None, *, today: date) -> list[PriceLine]:
    current = next((price for price in rows if price.valid_from <= today), None)
    shown = [
        PriceLine(
            price, price.rates, price.valid_from, is_in_force=price == current, is_to_come=price.valid_from > today
        )
        for price in rows
    ]
    return shown + ([PriceLine(None, listed, None, is_in_force=current is None, is_to_come=False)] if listed else [])


def unpriced_models(upstreams: list[Upstream]) -> list[str]:
    """Models that an upstream offers without a price; they are counted at the dearest price there is."""
    offered = {name for upstream in upstreams for name in (*upstream.image_models, *upstream.main_models)}
    known = {*images.list_rates(), *Price.objects.values_list("model", flat=True)}
    return sorted(offered - known)
