"""Prices set by admins: which applies when, what may be typed, and that no entry ever changes."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from studio.accounts.models import AuditEvent, User
from studio.images import LIST_IMAGE_RATES, LIST_RATES
from studio.ledger import prices
from studio.ledger.models import ImagePrice, Price

ClientOf = Callable[[User], Client]
RATES = {
    "text_input": "6",
    "cached_text_input": "1.5",
    "image_input": "9",
    "cached_image_input": "2.5",
    "image_output": "33.75",
    "text_output": "0",
}


def post(client: Client, *, kind: str = "tokens", **changes: str) -> Any:
    fields = {"model": "gpt-image-2", "valid_from": "2026-03-01", **RATES}
    if kind == "pictures":
        fields = {"upstream_name": "", "valid_from": "2026-03-01", "tier_1k": "0.1", "tier_2k": "0.2", "tier_4k": "0.3"}
    data = {f"{kind}-{name}": value for name, value in (fields | changes).items()}
    return client.post(f"/settings/prices/{kind}/", data)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def test_a_price_holds_from_its_day_on_and_the_lists_before(client_of: ClientOf, ada: User) -> None:
    assert post(client_of(ada)).status_code == 302
    post(client_of(ada), valid_from="2026-06-01", image_output="40")
    ends = [date(2026, 2, 28), date(2026, 3, 1), date(2026, 5, 31), date(2026, 6, 1)]
    found = [prices.rates(model="gpt-image-2", at=at(day)).image_output for day in ends]
    assert found == [30, Decimal("33.75"), Decimal("33.75"), 40]
    assert prices.rates(model="gpt-image-2-2026-04-21", at=at(ends[3])) == LIST_RATES


def test_main_models_have_list_prices_and_an_unknown_one_the_dearest(client_of: ClientOf, ada: User) -> None:
    now = timezone.now()
    assert prices.rates(model="gpt-5.4", at=now).text_output == 15
    assert prices.rates(model="gpt-9-strange", at=now).text_output == 30
    assert not prices.is_priced(model="gpt-9-strange", at=now)
    post(client_of(ada), model="gpt-9-strange", valid_from="2026-01-01")
    assert prices.is_priced(model="gpt-9-strange", at=now)
    assert prices.rates(model="gpt-9-strange", at=now).text_output == 0


def test_an_upstreams_own_price_of_a_picture_goes_before_the_one_for_all(client_of: ClientOf, ada: User) -> None:
    client, day = client_of(ada), at(date(2026, 4, 1))
    assert prices.image_rates(upstream_name="relay", at=day) == LIST_IMAGE_RATES
    post(client, kind="pictures")
    post(client, kind="pictures", upstream_name="relay", valid_from="2026-02-01", tier_4k="0.9")
    assert prices.image_rates(upstream_name="relay", at=day).tier_4k == Decimal("0.9")
    assert prices.image_rates(upstream_name="other", at=day).tier_4k == Decimal("0.3")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"image_output": "-30"}, "cannot be negative"),
        ({"image_output": "30,00"}, "decimal point"),
        ({"image_output": "NaN"}, "Enter an amount"),
        ({"image_output": "sNaN"}, "Enter an amount"),
        ({"image_output": "1e9"}, "Enter an amount"),
        ({"image_output": "1000.5"}, "at most $1,000"),
        ({"image_output": "0.00001"}, "at most 4 digits"),
        ({"image_output": ""}, "required"),
        ({"valid_from": "2026-02-29"}, "valid date"),
        ({"valid_from": "1999-01-01"}, "2020 to 2099"),
        ({"valid_from": "9999-12-31"}, "2020 to 2099"),
        ({"valid_from": "01.03.2026"}, "valid date"),
        ({"model": ""}, "required"),
        ({"model": "x" * 61}, "60"),
    ],
)
def test_an_invalid_price_gets_a_sentence(client_of: ClientOf, ada: User, changes: dict[str, str], words: str) -> None:
    answer = post(client_of(ada), **changes)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Price.objects.exists()


@pytest.mark.parametrize("kind", ["tokens", "pictures"])
def test_two_prices_of_one_day_would_overlap(client_of: ClientOf, ada: User, kind: str) -> None:
    client = client_of(ada)
    post(client, kind=kind)
    answer = post(client, kind=kind)
    assert answer.status_code == 422
    assert "already a price from this day" in answer.content.decode()
    assert Price.objects.count() + ImagePrice.objects.count() == 1


def test_a_leap_day_may_begin_a_price(client_of: ClientOf, ada: User) -> None:
    assert post(client_of(ada), valid_from="2028-02-29").status_code == 302
    assert prices.rates(model="gpt-image-2", at=at(date(2028, 2, 28))) == LIST_RATES
    assert prices.rates(model="gpt-image-2", at=at(date(2028, 2, 29))).image_output == Decimal("33.75")


def test_a_change_and_a_removal_are_noted(client_of: ClientOf, ada: User) -> None:
    client = client_of(ada)
    post(client)
    price = Price.objects.get()
    changed = {"model": price.model, "valid_from": "2026-03-01", **RATES, "image_output": "31"}
    assert client.post(f"/settings/prices/tokens/{price.pk}/", changed).status_code == 302
    assert client.post(f"/settings/prices/tokens/{price.pk}/removal/").status_code == 302
    events = list(AuditEvent.objects.order_by("pk"))
    assert [event.action for event in events] == ["price.add", "price.change", "price.remove"]
    assert (events[1].before, events[1].after) == ({"image_output": "33.75"}, {"image_output": "31"})


def test_the_page_says_which_price_holds_and_which_is_to_come(client_of: ClientOf, ada: User) -> None:
    client, today = client_of(ada), timezone.localdate()
    for days in (-30, -1, 30):
        post(client, valid_from=(today + timedelta(days=days)).isoformat())
    page = client.get("/settings/prices/").content.decode()
    assert page.count(">in force<") == 1
    assert page.count(">upcoming<") == 1
    assert "$33.75" in page
    assert "gpt-5.4-mini" in page
    assert "$0.134" in page
