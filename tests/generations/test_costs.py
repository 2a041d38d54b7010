"""The three figures of every attempt: the estimate, the cost of its usage, and the cost the gateway reports."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from studio.accounts.models import User
from studio.images import Size, output_tokens
from studio.ledger.models import Entry, Price, RollUp, Timing
from studio.library.models import Picture
from studio.upstreams.models import Upstream
from studio.upstreams.models.upstream import encrypted_key
from tests.administration.test_upstreams import BY_PICTURE, TYPED
from tests.running import Submit, wait_for_jobs

pytestmark = pytest.mark.usefixtures("runner")


def settled_entry(submit: Submit, ben: User, prompt: str = "A harbour", **fields) -> Entry:
    [job] = wait_for_jobs(submit(ben, prompt, **fields))
    return Entry.objects.get(job_id=job.pk, verb="settle")


def test_the_figures_agree_where_the_usage_is_what_was_expected(submit: Submit, ben: User) -> None:
    entry = settled_entry(submit, ben)
    assert entry.certainty == "exact"
    assert entry.estimate_amount == entry.amount > 0
    assert (entry.reported_amount, entry.is_flagged, entry.is_overshoot) == (None, False, False)
    assert entry.unit_prices["image_output"] == "30"
    assert (entry.size_tier, entry.day) == ("1K", timezone.localdate())


def test_a_later_price_changes_no_entry_and_holds_for_the_next(submit: Submit, ben: User) -> None:
    first = settled_entry(submit, ben)
    rates = {"text_input": 0, "cached_text_input": 0, "image_input": 0, "cached_image_input": 0, "text_output": 0}
    Price.objects.create(
        model="gpt-image-2", valid_from=timezone.localdate() - timedelta(days=1), image_output=60, **rates
    )
    second = settled_entry(submit, ben)
    tokens = output_tokens(1024, 1024, "low")
    assert second.amount == Decimal(tokens * 60).scaleb(-6) == second.estimate_amount
    first.refresh_from_db()
    assert first.amount < second.amount
    assert (first.unit_prices["image_output"], second.unit_prices["image_output"]) == ("30", "60")


def test_the_multiplier_of_the_upstream_is_in_every_figure(submit: Submit, ben: User, upstream: Upstream) -> None:
    plain = settled_entry(submit, ben)
    Upstream.objects.update(price_multiplier="1.25")
    dear = settled_entry(submit, ben)
    assert dear.amount == plain.amount * Decimal("1.25") == dear.estimate_amount
    assert dear.unit_prices["multiplier"] == "1.25"


def test_a_gateway_that_bills_by_the_picture_is_counted_by_its_tier(submit: Submit, ben: User) -> None:
    Upstream.objects.update(bills_by="image", price_multiplier="2")
    small, large = settled_entry(submit, ben), settled_entry(submit, ben, size=Size(1536, 1024))
    assert (small.amount, large.amount) == (Decimal("0.268"), Decimal("0.402"))
    assert small.unit_prices == {"picture_1K": "0.134", "multiplier": "2"}
    assert small.estimate_amount == small.amount == small.reserved_amount
    assert Picture.objects.latest("pk").price == large.amount


def test_a_picture_costs_what_its_upstreams_own_tier_says(
    submit: Submit, ben: User, ada: User, upstream: Upstream, client_of: Callable[[User], Client]
) -> None:
    Upstream.objects.update(is_managed=False, name="Team A")
    form = TYPED | BY_PICTURE | {"base_url": upstream.base_url, "is_private_allowed": "on", "price_multiplier": "1.5"}
    address = f"/settings/upstreams/{upstream.pk}/"
    assert client_of(ada).post(address, form | {"api_key": ""}).status_code == 302
    small, large = settled_entry(submit, ben), settled_entry(submit, ben, size=Size(1536, 1024))
    assert (small.amount, large.amount) == (Decimal("0.15"), Decimal("0.225"))
    assert large.unit_prices == {"picture_2K": "0.15", "multiplier": "1.5"}


def test_a_gateway_that_bills_by_the_picture_reports_the_same_cost(
    submit: Submit, ben: User, upstream: Upstream
) -> None:
    Upstream.objects.update(bills_by="image", **encrypted_key("sk-picture-0123456789abcdef"))
    for size in (Size(1024, 1024), Size(1536, 1024)):
        entry = settled_entry(submit, ben, "A harbour sandbox:cost-header", size=size)
        assert entry.reported_amount == entry.amount > Decimal("0.1")


@pytest.mark.parametrize("fault", ["no-usage", "zero-usage"])
def test_missing_usage_is_estimated_by_the_formula(submit: Submit, ben: User, fault: str) -> None:
    entry = settled_entry(submit, ben, f"A harbour sandbox:{fault}")
    assert entry.certainty == "estimated"
    assert entry.output_image_tokens == output_tokens(1024, 1024, "low")
    assert entry.amount == entry.estimate_amount
    assert not entry.is_flagged


def test_each_preview_adds_a_hundred_tokens(submit: Submit, ben: User) -> None:
    plain = output_tokens(1024, 1024, "low")
    reported = settled_entry(submit, ben, "A harbour", partial_images=2, stream=True)
    guessed = settled_entry(submit, ben, "A harbour sandbox:no-usage", partial_images=2, stream=True)
    assert (reported.output_image_tokens, guessed.output_image_tokens) == (plain + 200, plain + 200)
    assert (reported.certainty, guessed.certainty) == ("exact", "estimated")


def test_chat_shaped_usage_is_understood(submit: Submit, ben: User) -> None:
    entry = settled_entry(submit, ben, "A harbour sandbox:chat-usage")
    assert (entry.certainty, entry.output_image_tokens) == ("exact", output_tokens(1024, 1024, "low"))


def test_a_picture_that_cost_something_else_than_expected_is_flagged(submit: Submit, ben: User) -> None:
    entry = settled_entry(submit, ben, "A harbour sandbox:downgraded", quality="high")
    assert entry.is_flagged
    assert entry.amount < entry.estimate_amount / 2
    assert RollUp.objects.get().flagged_count == 1


# ── What the gateway says it charged ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("fault", ["cost-header", "cost-usage"])
def test_a_gateways_reported_cost_is_booked_beside_our_own_figure(submit: Submit, ben: User, fault: str) -> None:
    entry = settled_entry(submit, ben, f"A harbour sandbox:{fault}")
    assert entry.reported_amount == entry.amount == entry.compared_amount > 0
    assert not entry.is_flagged
    rollup = RollUp.objects.get()
    assert (rollup.reported, rollup.compared, rollup.flagged_count) == (entry.amount, entry.amount, 0)


def test_the_end_of_a_stream_reports_the_cost(submit: Submit, ben: User) -> None:
    entry = settled_entry(submit, ben, "A harbour sandbox:cost-usage", partial_images=1, stream=True)
    assert entry.reported_amount == entry.amount > 0


def test_a_charge_beyond_the_tolerance_is_flagged(submit: Submit, ben: User) -> None:
    entry = settled_entry(submit, ben, "A harbour sandbox:cost-double")
    assert entry.reported_amount == 2 * entry.amount
    assert entry.is_flagged
    assert RollUp.objects.get().flagged_count == 1


def test_an_invalid_reported_cost_is_ignored(submit: Submit, ben: User) -> None:
    entry = settled_entry(submit, ben, "A harbour sandbox:cost-nonsense")
    assert (entry.reported_amount, entry.is_flagged) == (None, False)


@pytest.mark.parametrize("name", ["negative", "huge", "nan", "words", "nested", "parts"])
def test_an_absurd_usage_is_replaced_by_the_formula(submit: Submit, ben: User, name: str) -> None:
    entry = settled_entry(submit, ben, f"A harbour sandbox:usage-{name}")
    assert entry.output_image_tokens == output_tokens(1024, 1024, "low")
    assert entry.amount == entry.estimate_amount
    assert entry.certainty == ("exact" if name == "parts" else "estimated")


def test_a_last_event_that_comes_twice_is_paid_once(submit: Submit, ben: User) -> None:
    entry = settled_entry(submit, ben, "A harbour sandbox:more-events", partial_images=1, stream=True)
    assert entry.output_image_tokens == output_tokens(1024, 1024, "low") + 100
    assert (entry.picture_count, Picture.objects.count()) == (1, 1)


def test_how_long_attempts_take_is_counted_by_the_day(submit: Submit, ben: User) -> None:
    settled_entry(submit, ben)
    wait_for_jobs(submit(ben, "A harbour sandbox:refused"))
    own, studio = Timing.objects.filter(person=ben), Timing.objects.filter(person=None)
    for rows in (own, studio):
        assert sorted(rows.values_list("bucket", "count")) == [(-1, 1), (rows.exclude(bucket=-1).get().bucket, 1)]
