"""The price the composer shows before submitting equals the estimate of the reservation."""

import json
import shutil
import subprocess
import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from studio.accounts.models import User
from studio.create import composer
from studio.generations.models import Generation
from studio.generations.tariffs import PriceBoard
from studio.images import AUTO, ImageRequest, Size, two_figures
from studio.ledger.models import Entry, ImagePrice, Price
from studio.library.models import Picture
from studio.upstreams.models import Upstream

NODE = shutil.which("node")
ANSWERS = Path(__file__).parents[1] / "images" / "browser_answers.mjs"
FREE = {"text_input": 0, "cached_text_input": 0, "cached_image_input": 0, "text_output": 0}
ClientOf = Callable[[User], Client]

needs_node = pytest.mark.skipif(NODE is None, reason="Node is not installed, so the browser's modules cannot be asked")


@pytest.fixture(autouse=True)
def first(db: None) -> Upstream:
    return declare("first")


def declare(name: str, **facts: Any) -> Upstream:
    return Upstream.objects.declare(name=name, base_url="http://127.0.0.1:9/v1", api_key="sk-test-012345678", **facts)


def browser_rules(client: Client) -> dict[str, Any]:
    """The rules in the Create page."""
    page = client.get("/").content.decode()
    return json.loads(page.partition('<script id="rules" type="application/json">')[2].partition("</script>")[0])


def browser_price(rules: dict[str, Any], **fields: Any) -> list[int]:
    """Low, high and expected in 10⁻¹⁸ USD, as the browser's own modules compute them."""
    request = {"model": "gpt-image-2", "prompt": "A harbour", "references": 0, "partial_images": 0} | fields
    question = json.dumps({"rules": rules, "edges": [], "requests": [request]})
    answer = subprocess.run(
        [str(NODE), str(ANSWERS)], input=question, capture_output=True, check=True, encoding="utf-8", timeout=60
    )
    return [int(units) for units in json.loads(answer.stdout)["prices"][0]["units"][:3]]


def expected(owner: User, **fields: Any) -> int:
    """The estimate of such a request's reservation, in the same units."""
    size = fields.pop("size")
    references = fields.pop("pictures", ())
    request = ImageRequest(prompt="A harbour", size=size if size == AUTO else Size.parse(size), **fields)
    generation = Generation.objects.submit(
        owner=owner, request=request, token=uuid.uuid4(), now=timezone.now(), references=references
    )
    entry = Entry.objects.get(verb="reserve", job_id=generation.jobs.get().pk)
    assert entry.estimate_amount is not None
    return int(entry.estimate_amount.scaleb(18))


REQUESTS = [
    {"size": "1024x1024", "quality": "medium"},
    {"size": "3840x2160", "quality": "high"},
    {"size": AUTO, "quality": AUTO},
    {"size": "2048x1360", "quality": "low", "partial_images": 2, "stream": True},
]


@needs_node
def test_the_button_and_the_reservation_agree_whatever_is_charged(client_of: ClientOf, ben: User) -> None:
    Price.objects.create(
        model="gpt-image-2", valid_from=timezone.localdate(), image_output=Decimal("47.5"), image_input=9, **FREE
    )
    billings = [
        {"bills_by": "token", "price_multiplier": Decimal("1.25")},
        {"bills_by": "image", "price_multiplier": Decimal("0.85")},
    ]
    for billing in billings:
        Upstream.objects.update(**billing)
        rules = browser_rules(client_of(ben))
        for fields in REQUESTS:
            assert (billing, fields, browser_price(rules, **fields)[2]) == (billing, fields, expected(ben, **fields))


@needs_node
def test_pictures_that_go_along_count_as_in_the_reservation(client_of: ClientOf, ben: User) -> None:
    facts = {"file": "none.png", "sha256": "0" * 64, "byte_count": 1, "format": "png"}
    picture = Picture.objects.create(owner=ben, kind="uploaded", width=1200, height=300, **facts)
    page = client_of(ben).get(f"/?reference={picture.pk}")
    assert f'data-tokens="{picture.input_tokens}"' in page.content.decode()

    fields = {"size": "1024x1024", "quality": "low"}
    shown = browser_price(browser_rules(client_of(ben)), **fields, input_tokens=picture.input_tokens)[2]
    assert shown == expected(ben, **fields, pictures=[picture])


def test_a_price_of_tomorrow_is_not_shown_today(client_of: ClientOf, ben: User) -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    Price.objects.create(model="gpt-image-2", valid_from=tomorrow, image_output=99, image_input=99, **FREE)
    [tariff] = browser_rules(client_of(ben))["tariffs"]["gpt-image-2"]["standard"]
    assert (tariff["multiplier"], tariff["rates"]["image_output"]) == ("1", "30")


def test_the_price_is_that_of_the_upstream_that_would_be_chosen(
    client_of: ClientOf, ben: User, first: Upstream
) -> None:
    declare("cheap", priority=-1, price_multiplier=Decimal("0.5"))
    assert multipliers(client_of(ben)) == ["1"]
    first.pause(until=timezone.now() + timedelta(minutes=5), reason="rate_limited")
    assert multipliers(client_of(ben)) == ["0.5"]
    first.switch_off()
    assert multipliers(client_of(ben)) == ["0.5"]


def test_a_large_picture_has_the_price_of_whoever_takes_large_ones(client_of: ClientOf, ben: User) -> None:
    Upstream.objects.update(large_slots=0)
    declare("large", priority=-1, price_multiplier=Decimal(2))
    assert (multipliers(client_of(ben)), multipliers(client_of(ben), lane="large")) == (["1"], ["2"])


@needs_node
def test_the_price_is_a_range_where_several_are_as_likely(client_of: ClientOf, ben: User) -> None:
    declare("second", price_multiplier=Decimal("1.5"))
    declare("by-picture", bills_by="image")
    ImagePrice.objects.create(
        upstream_name="by-picture", valid_from=timezone.localdate(), tier_1k="0.2", tier_2k=1, tier_4k=1
    )
    low, high, likely = browser_price(browser_rules(client_of(ben)), size="1024x1024", quality="medium")
    assert (low, high) == (likely, 2 * 10**17)
    assert likely == expected(ben, size="1024x1024", quality="medium")


def test_examples_and_previews_are_priced_by_the_studios_own_rates(client_of: ClientOf, ben: User) -> None:
    before = composer.examples(PriceBoard.of(timezone.now()))
    Price.objects.create(model="gpt-image-2", valid_from=timezone.localdate(), image_output=60, image_input=0, **FREE)
    board = PriceBoard.of(timezone.now())
    after = composer.examples(board)
    assert all(new["price"] > old["price"] for old, new in zip(before, after, strict=True))
    page = client_of(ben).get("/").content.decode()
    assert f"about {two_figures(after[0]['price'])}" in page
    assert "+$0.006 each" in page
    Upstream.objects.update(bills_by="image")
    assert "each, included in the price" not in client_of(ben).get("/").content.decode()


def multipliers(client: Client, *, lane: str = "standard") -> list[str]:
    return [tariff["multiplier"] for tariff in browser_rules(client)["tariffs"]["gpt-image-2"][lane]]
