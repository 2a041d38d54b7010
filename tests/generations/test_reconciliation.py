"""Reconciliation: accounts are read by the runner, compared with the ledger, and flagged where they differ."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from studio.accounts.models import User
from studio.generations import reconciliation
from studio.ledger.filters import Span
from studio.ledger.models import Entry
from studio.upstreams.models import Reading, Upstream
from studio.upstreams.models.upstream import encrypted_key
from studio.worker.runner import Runner
from tests.ledger.booking import book, noon
from tests.running import Submit, wait_for_jobs, wait_until

ClientOf = Callable[[User], Client]
ADDRESS = "/spend/upstreams/"
OCTOBER = Span(date(2026, 10, 1), date(2026, 10, 31))


def finished_readings(count: int) -> list[Reading]:
    """Wait for `count` finished readings; return all of them, the newest first."""
    wanted = Reading.objects.exclude(finished_at=None)
    wait_until(lambda: wanted.count() >= count)
    return list(wanted)


def rows_of(page: str) -> dict[str, list[str]]:
    """The accounts table of a page: cells by upstream."""
    [table] = re.findall(r'id="accounts".*?</table>', page, re.DOTALL)
    rows = [
        re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in re.findall(r"<tr.*?</tr>", table, re.DOTALL)
    ]
    texts = [[" ".join(re.sub(r"<[^>]+>", "", cell).split()) for cell in row] for row in rows]
    return {name: cells for name, *cells in texts[1:]}


# ── The runner reads ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_runner_reads_by_itself_and_the_page_shows_that_both_sums_agree(
    runner: Runner, upstream: Upstream, submit: Submit, client_of: ClientOf, ada: User, ben: User
) -> None:
    Reading.objects.all().delete()
    Upstream.objects.update(**encrypted_key("sk-reading-0123456789abcdef"))
    reconciliation.request_due_readings(now=timezone.now())
    [first] = finished_readings(1)
    assert (first.total, first.computed, first.multiplier, first.error_kind) == (0, 0, 1, "")
    for prompt in ("A harbour", "A harbour sandbox:500-late", "A harbour sandbox:refused"):
        wait_for_jobs(submit(ben, prompt))
    admin = client_of(ada)
    assert admin.post(f"{ADDRESS}readings/").status_code == 302
    last, _first = finished_readings(2)
    assert (last.total, last.under_way, last.asked_by) == (last.computed, 0, ada)
    assert last.computed == Entry.objects.booked().sum() > 0
    cells = rows_of(admin.get(ADDRESS).content.decode())["environment"]
    add_reading = f"${last.computed.quantize(Decimal('0.0001'))}"
    assert cells[:3] == [add_reading, add_reading, "$0.0000"]
    assert cells[4] == "× 1"


def test_a_gateway_that_is_charged_otherwise_is_flagged(
    runner: Runner, upstream: Upstream, submit: Submit, client_of: ClientOf, ada: User, ben: User
) -> None:
    # The account bills by the picture, and nobody has told the studio so.
    Upstream.objects.update(**encrypted_key("sk-picture-reading-0123456789"))
    admin = client_of(ada)
    admin.post(f"{ADDRESS}readings/")
    wait_until(
        lambda: Reading.objects.with_total().filter(key_fingerprint=Upstream.objects.get().key_fingerprint).exists()
    )
    wait_for_jobs(submit(ben))
    admin.post(f"{ADDRESS}readings/")
    wait_until(lambda: not Reading.objects.filter(finished_at=None).exists())
    page = admin.get(ADDRESS).content.decode()
    assert "data-flagged" in page
    assert rows_of(page)["environment"][1] == "$0.1340"


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "http://169.254.169.254"])
def test_a_reading_fails_where_the_address_is_unreachable_or_not_allowed(
    runner: Runner, upstream: Upstream, client_of: ClientOf, ada: User, address: str
) -> None:
    wait_until(lambda: Reading.objects.exclude(finished_at=None).exists())
    Upstream.objects.update(base_url=address)
    admin = client_of(ada)
    admin.post(f"{ADDRESS}readings/")
    wait_until(lambda: not Reading.objects.filter(finished_at=None).exists())
    newest = Reading.objects.first()
    assert newest
    assert newest.error_kind
    assert newest.total is None
    assert "not reported" in admin.get(ADDRESS).content.decode()


# ── When ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def north(db: None) -> Upstream:
    return Upstream.objects.create(name="north", base_url="http://127.0.0.1:9", **encrypted_key("sk-north-0123456789"))


def add_reading(upstream: Upstream, day: date, total: str | None, computed: str, **facts: Any) -> Reading:
    return Reading.objects.create(
        upstream=upstream,
        upstream_name=upstream.name,
        key_fingerprint=upstream.key_fingerprint,
        created_at=noon(day),
        started_at=noon(day),
        finished_at=noon(day),
        total=total,
        computed=computed,
        **facts,
    )


@pytest.mark.parametrize(
    ("total", "hours", "is_due"), [("1", 0.9, False), ("1", 1.1, True), (None, 1.1, False), (None, 25, True)]
)
def test_an_account_is_read_every_hour_and_daily_where_it_tells_nothing(
    north: Upstream, total: str | None, hours: float, is_due: bool
) -> None:
    now = noon(date(2026, 10, 9))
    add_reading(north, now.date(), total, "0")
    reconciliation.request_due_readings(now=now + timedelta(hours=hours))
    reconciliation.request_due_readings(now=now + timedelta(hours=hours))
    assert Reading.objects.waiting().count() == int(is_due)


def test_a_reading_that_nobody_finished_is_made_again_after_an_hour(north: Upstream) -> None:
    now = noon(date(2026, 10, 9))
    add_reading(north, now.date(), None, "0")
    Reading.objects.update(finished_at=None)
    reconciliation.request_due_readings(now=now + timedelta(hours=1.1))
    assert Reading.objects.waiting().count() == 1


def test_nobody_reads_an_account_that_is_switched_off(north: Upstream) -> None:
    north.switch_off()
    reconciliation.request_due_readings(now=timezone.now())
    assert not Reading.objects.exists()


# ── Comparing ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_month_is_what_the_sums_grew_by_since_the_last_reading_before_it(north: Upstream) -> None:
    for day, total, computed in (
        (date(2026, 9, 3), "100", "0"),
        (date(2026, 9, 30), "102", "2"),
        (date(2026, 10, 5), "103", "3"),
        (date(2026, 10, 30), "107.50", "7.25"),
        (date(2026, 11, 1), "120", "20"),
    ):
        add_reading(north, day, total, computed)
    sums = reconciliation.reconcile(north, OCTOBER)
    assert sums
    assert (sums.reported, sums.computed, sums.difference) == (Decimal("5.5"), Decimal("5.25"), Decimal("0.25"))
    assert sums.share == pytest.approx(0.0476, abs=0.0001)


@pytest.mark.parametrize(
    ("reported", "tolerance", "under_way", "is_flagged"),
    [
        ("1.10", 10, "0", False),
        ("1.12", 10, "0", True),
        ("0.88", 10, "0", True),
        ("1.12", 20, "0", False),
        ("1.01", 0, "0", True),
        ("1.12", 10, "0.05", False),
        ("0", 10, "0", True),
    ],
)
def test_a_difference_beyond_the_tolerance_is_flagged(
    north: Upstream, settings: Any, reported: str, tolerance: int, under_way: str, is_flagged: bool
) -> None:
    settings.COST_TOLERANCE = tolerance
    add_reading(north, date(2026, 10, 1), "50", "3")
    add_reading(north, date(2026, 10, 9), str(50 + Decimal(reported)), "4", under_way=under_way)
    sums = reconciliation.reconcile(north, OCTOBER)
    assert sums
    assert sums.is_flagged is is_flagged


def test_readings_of_another_key_are_not_compared(north: Upstream) -> None:
    add_reading(north, date(2026, 10, 1), "50", "3")
    Upstream.objects.update(**encrypted_key("sk-another-0123456789"))
    north.refresh_from_db()
    add_reading(north, date(2026, 10, 9), "0.5", "3.5")
    assert reconciliation.reconcile(north, OCTOBER) is None
    add_reading(north, date(2026, 10, 10), "0.75", "3.75")
    sums = reconciliation.reconcile(north, OCTOBER)
    assert sums
    assert sums.difference == 0


def test_the_page_says_what_differs_and_lists_its_pictures(
    north: Upstream, client_of: ClientOf, ada: User, ben: User
) -> None:
    entry = book(ben, job=1, amount="0.05", reported="0.09", day=date(2026, 10, 9))
    book(ben, job=2, amount="0.05", reported="0.05", day=date(2026, 10, 9))
    add_reading(north, date(2026, 10, 1), "50", "3", multiplier="1.5", balance="12.5")
    add_reading(north, date(2026, 10, 9), "52", "3.05", multiplier="1.5", balance="10.5")
    page = client_of(ada).get(f"{ADDRESS}?month=2026-10").content.decode()
    assert rows_of(page)["north"][:5] == ["$0.0500", "$2.0000", "$1.9500 · +3900 %", "$10.5000", "× 1.5"]
    assert "data-flagged" in page
    assert "Set to 1 in Easel" in page
    assert page.count(f"/spend/entries/{entry.pk}/") == 1
    assert page.count("/spend/entries/") == 1 + page.count("/spend/entries/?") + page.count('"/spend/entries/"')
