"""The spend pages: who sees what, and that every figure on them is that of the entries."""

import csv
import io
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from studio.accounts.models import StudioSettings, User
from studio.generations.models import Generation, Job, Result
from studio.images import ImageRequest, Size, Usage
from studio.ledger.models import Entry, Period, Timing
from studio.ledger.periods import local_day
from studio.library.models import Opening, Picture
from tests.ledger.booking import book, correct, noon

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")]
Browser = Callable[[User], Client]
OCTOBER = "month=2026-10"


def drawn(owner: User, *, amount: str, day: date | None = None, **facts: Any) -> tuple[Entry, Picture]:
    """A job with its picture, booked as the runner books it; facts of the picture begin with `picture_`."""
    of_picture = {name.removeprefix("picture_"): facts.pop(name) for name in list(facts) if name.startswith("picture_")}
    request = ImageRequest(prompt="A hidden lake", size=Size(1024, 1024), quality="medium")
    token = f"00000000-0000-0000-0000-{Generation.objects.count():012}"
    generation = Generation.objects.create(owner=owner, request=request, token=token, body_digest="")
    job = Job.objects.create(generation=generation, owner=owner, position=0, lane="standard", state="succeeded")
    entry = book(owner, job=job.pk, amount=amount, day=day, **facts)
    columns = {
        name: getattr(entry, name) for name in ("model", "quality", "size_tier", "upstream_name", "is_simulated")
    }
    picture = Picture.objects.create(
        owner=owner, prompt=generation.prompt, price=entry.amount, paid_on=entry.day, sha256="0" * 64,
        byte_count=1, width=1024, height=1024, format="png", **columns, **of_picture,
    )  # fmt: skip
    Result.objects.create(job=job, picture=picture)
    return entry, picture


def rows_of(answer: Any) -> list[dict[str, str]]:
    text = b"".join(answer).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def shown_amounts(answer: Any) -> list[Decimal]:
    return [entry.amount for entry, _picture in answer.context["rows"]]


# ── Who sees what ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_person_sees_only_their_own_entries(client_of: Browser, ben: User, cleo: User) -> None:
    book(ben, job=1, amount="0.0527")
    book(cleo, job=2, amount="0.0963")
    page = client_of(ben).get("/spend/").content.decode()
    assert "$0.0527" in page
    assert "$0.0963" not in page


@pytest.mark.parametrize("what", ["", "days.csv", "entries.csv"])
def test_somebody_elses_page_and_csv_do_not_exist_for_a_person_who_types_their_address(
    client_of: Browser, ada: User, ben: User, cleo: User, what: str
) -> None:
    address = f"/spend/people/{ben.pk}/{what}"
    assert client_of(cleo).get(address).status_code == 404
    assert [client_of(who).get(address).status_code for who in (ben, ada)] == [200, 200]


@pytest.mark.parametrize("address", ["people/", "entries/", "days.csv", "people.csv", "entries.csv"])
def test_the_studios_pages_and_csv_are_for_admins(client_of: Browser, ada: User, ben: User, address: str) -> None:
    assert client_of(ben).get(f"/spend/{address}").status_code == 404
    assert client_of(ada).get(f"/spend/{address}").status_code == 200


@pytest.mark.parametrize(
    "query", ["after=x", "after=1", "after=9999999999.1", f"after=1.{'9' * 30}", "month=1", "by=%00", "model=%00"]
)
def test_an_invalid_query_is_not_found(client_of: Browser, ada: User, query: str) -> None:
    for page in ("/spend/entries/", f"/spend/people/{ada.pk}/"):
        assert client_of(ada).get(f"{page}?{query}").status_code == 404


# ── That the figures are those of the entries ─────────────────────────────────────────────────────────────────────────


@pytest.fixture
def autumn(ben: User, cleo: User) -> None:
    """Some weeks of spending of two people, with all that can happen to it."""
    job = 0
    for day in range(70):
        for person in (ben, cleo)[: day % 3]:
            job += 1
            facts = {
                "size": ("1024x1024", "2048x2048", "3840x2160")[job % 3],
                "quality": ("low", "high")[job % 2],
                "upstream_name": ("north", "south")[job % 5 == 0],
                "certainty": "maybe" if job % 7 == 0 else "exact",
                "is_simulated": job % 11 == 0,
            }
            book(person, job=job, amount=f"0.{job:04}1", day=date(2026, 9, 10) + timedelta(days=day), **facts)
            if job % 14 == 0:
                correct(job, "0.0007")


@pytest.mark.parametrize("days", [OCTOBER, "from=2026-09-25&to=2026-10-09"])
def test_totals_bars_people_entries_and_csv_files_agree(client_of: Browser, ada: User, autumn: None, days: str) -> None:
    for narrow in ("by=person", "by=model&quality=high", "by=quality&tier=4K&upstream=north", "by=tier", "by=upstream"):
        query = f"?{days}&{narrow}"
        context = client_of(ada).get(f"/spend/{query}").context
        spending, span = context["spending"], context["shown"].span
        entries = Entry.objects.booked().real().filter(day__range=(span.first, span.last), **spending.shown.columns)
        assert spending.total.spent == spending.chart.total == entries.sum() > 0
        assert sum(row.spent for row in context["people"]) == entries.sum()
        assert sum(row.picture_count for row in context["people"]) == spending.total.picture_count
        by_day: dict[date, Decimal] = defaultdict(Decimal)
        for entry in entries:
            by_day[entry.day] += entry.amount
        assert {bar.day: bar.total for bar in spending.chart.bars if bar.total} == by_day
        days_file = rows_of(client_of(ada).get(f"/spend/days.csv{query}"))
        assert [Decimal(row["Spent in USD"]) for row in days_file] == [by_day[day] for day in span]
        file = rows_of(client_of(ada).get(f"/spend/entries.csv{query}"))
        assert sum(Decimal(row["Computed in USD"]) for row in file) == entries.sum()
        assert len(file) == entries.count()


def test_a_persons_page_is_their_row_of_the_studios(client_of: Browser, ada: User, ben: User, autumn: None) -> None:
    studio = client_of(ada).get(f"/spend/?{OCTOBER}").context
    own = client_of(ben).get(f"/spend/?{OCTOBER}").context["spending"]
    row = next(row for row in studio["people"] if row.person == ben)
    assert (row.spent, row.picture_count, row.charged_failure_count) == own.total[:1] + own.total[3:]


def test_simulated_money_is_summed_separately_and_shown_where_there_is_no_other(client_of: Browser, ben: User) -> None:
    book(ben, job=1, amount="7.0000", is_simulated=True)
    assert client_of(ben).get("/spend/").context["spending"].total.spent == 7
    book(ben, job=2, amount="0.0527")
    client = client_of(ben)
    assert client.get("/spend/").context["spending"].total.spent == Decimal("0.0527")
    assert client.get("/spend/?money=simulated").context["spending"].total.spent == 7


def test_a_possible_charge_is_shown_as_such(client_of: Browser, ben: User) -> None:
    book(ben, job=1, amount="0.0527", certainty="maybe")
    answer = client_of(ben).get("/spend/")
    assert answer.context["spending"].total == (*[Decimal("0.0527")] * 3, 0, 1)
    assert "may have been charged" in answer.content.decode()


def test_what_a_reservation_led_to_belongs_to_its_own_day(client_of: Browser, ben: User) -> None:
    Entry.objects.reserve(person=ben, job_id=1, round=1, amount=Decimal(1), now=noon(date(2028, 2, 29)))
    Entry.objects.settle(
        attempt_id=1,
        job_id=1,
        round=1,
        amount=Decimal("0.1"),
        certainty="exact",
        usage=None,
        now=noon(date(2028, 3, 1)),
    )
    client = client_of(ben)
    february, march = (client.get(f"/spend/?month=2028-0{month}").context["spending"] for month in (2, 3))
    assert (february.total.spent, march.total.spent) == (Decimal("0.1"), 0)
    assert february.chart.bars[-1].day == date(2028, 2, 29)
    assert february.chart.bars[-1].total == Decimal("0.1")


def test_failure_rate_and_p95_are_those_of_the_calls(client_of: Browser, ben: User) -> None:
    facts = {
        "day": local_day(timezone.now()), "person_id": ben.pk, "model": "gpt-image-2", "quality": "low",
        "size_tier": "1K", "upstream_name": "north", "is_simulated": False,
    }  # fmt: skip
    for seconds in [*range(1, 97), None, None, None, None]:
        Timing.objects.record(**facts, seconds=seconds)
    book(ben, job=1, amount="0.1")
    timings = client_of(ben).get("/spend/").context["spending"].timings
    assert (timings.attempt_count, timings.failure_rate) == (100, 0.04)
    assert timings.p95 == pytest.approx(0.95 * 96, rel=0.1)


def test_what_is_left_of_a_budget_and_when_it_renews_is_shown(client_of: Browser, ben: User) -> None:
    book(ben, job=1, amount="3")
    Period.objects.filter(person=ben, kind="month").update(limit=Decimal(4))
    page = client_of(ben).get("/spend/").content.decode()
    assert "$1.0000 left of $4" in page
    assert "renews on 1 " in page


# ── Entries ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("order", ["newest", "dearest"])
def test_every_entry_is_on_one_page_only_in_order(client_of: Browser, ada: User, ben: User, order: str) -> None:
    for job in range(70):
        book(ben, job=job, amount=f"0.0{job % 9 + 1}", day=date(2026, 10, job % 4 + 1))
    client, address, pages = client_of(ada), f"/spend/entries/?{OCTOBER}&order={order}", []
    after = ""
    while after is not None:
        answer = client.get(f"{address}&after={after}", headers={"HX-Request": "true"} if after else {})
        assert ("<html" in answer.content.decode()) is not bool(after)
        pages.append(answer.context["rows"])
        after = answer.context["next_after"]
    keys = [(entry.amount if order == "dearest" else entry.day, entry.pk) for page in pages for entry, _picture in page]
    assert [len(page) for page in pages] == [30, 30, 10]
    assert keys == sorted(set(keys), reverse=True)


@pytest.mark.parametrize("is_picture_there", [True, False])
def test_an_entry_shows_the_picture_it_paid_for(client_of: Browser, ben: User, is_picture_there: bool) -> None:
    entry, picture = drawn(ben, amount="0.0527")
    if not is_picture_there:
        picture.result.delete()
        picture.delete()
    page = client_of(ben).get(f"/spend/entries/{entry.pk}/").content.decode()
    assert (picture.large_url in page) is is_picture_there
    assert (f"/pictures/{picture.pk or 0}/" in page) is is_picture_there
    assert "$0.0527" in page


def test_an_entry_shows_its_three_figures_and_its_breakdown(client_of: Browser, ben: User) -> None:
    usage = Usage(input_text_tokens=100, output_image_tokens=1000)
    prices = {"text_input": "5.00", "image_output": "30.00", "multiplier": "0.5"}
    entry = book(ben, job=1, amount="0.01525", usage=usage, unit_prices=prices, reported="0.02", estimate="0.0151")
    answer = client_of(ben).get(f"/spend/entries/{entry.pk}/")
    assert [line.amount for line in answer.context["cost_lines"]] == [Decimal("0.00025"), Decimal("0.015")]
    page = answer.content.decode()
    assert all(figure in page for figure in ("$0.0151", "$0.01525", "$0.0200", "figures differ"))
    assert [row for row, _picture in client_of(ben).get("/spend/?only=flagged").context["rows"]] == [entry]


@pytest.mark.parametrize("what", ["", "opening/"])
def test_somebody_elses_entry_does_not_exist(client_of: Browser, ben: User, cleo: User, what: str) -> None:
    entry, _picture = drawn(ben, amount="0.0527")
    client, address = client_of(cleo), f"/spend/entries/{entry.pk}/{what}"
    assert (client.post(address) if what else client.get(address)).status_code == 404


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example/spend/", "/settings/"])
def test_the_link_back_stays_within_the_spend_pages(client_of: Browser, ben: User, back: str) -> None:
    entry, _picture = drawn(ben, amount="0.0527")
    address = f"/spend/entries/{entry.pk}/"
    assert client_of(ben).get(address, {"back": back}).context["back"] == f"/spend/people/{ben.pk}/"
    assert client_of(ben).get(address, {"back": "/spend/?by=model"}).context["back"] == "/spend/?by=model"


# ── An admin opens a picture ──────────────────────────────────────────────────────────────────────────────────────────


def test_an_admin_opens_a_picture_from_its_entry_and_its_owner_is_shown_who_did(
    client_of: Browser, ada: User, ben: User
) -> None:
    entry, picture = drawn(ben, amount="0.0527")
    admin, address = client_of(ada), f"/spend/entries/{entry.pk}/"
    shut = admin.get(address).content.decode()
    assert picture.large_url not in shut
    assert picture.prompt not in shut
    assert picture.prompt not in admin.get(f"/spend/people/{ben.pk}/").content.decode()
    assert admin.post(f"{address}opening/", follow=True).content.decode().count(picture.large_url) == 1
    [opening] = Opening.objects.all()
    assert (opening.admin, opening.picture) == (ada, picture)
    assert "Opened by an admin" in client_of(ben).get(f"/pictures/{picture.pk}/").content.decode()
    assert "Opened by admins" in client_of(ben).get("/spend/").content.decode()
    assert ada.audit_events.get().action == "picture.open"


def test_where_the_studio_has_switched_it_off_an_entry_shows_facts_without_pixels(
    client_of: Browser, ada: User, ben: User
) -> None:
    entry, picture = drawn(ben, amount="0.0527")
    StudioSettings(pk=1, admins_may_open_pictures=False).save()
    admin, address = client_of(ada), f"/spend/entries/{entry.pk}/"
    assert admin.post(f"{address}opening/").status_code == 404
    page = admin.get(address).content.decode()
    assert "1024×1024" in page
    assert picture.large_url not in page
    assert not Opening.objects.exists()


# ── Waste ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_waste_is_charged_failures_unopened_pictures_and_trashed_pictures(
    client_of: Browser, ada: User, ben: User
) -> None:
    now, failed = timezone.now(), book(ben, job=10**6, amount="0.01", certainty="maybe")
    unopened, _ = drawn(ben, amount="0.02")
    trashed, _ = drawn(ben, amount="0.04", picture_trashed_at=now, picture_opened_at=now)
    drawn(ben, amount="0.08", picture_opened_at=now)
    corrected = book(ben, job=10**6 + 1, amount="0.16", certainty="maybe")
    correct(corrected.job_id, "0.15")
    for who, address in ((ben, "/spend/"), (ada, "/spend/entries/")):
        found = {}
        for only in ("failed", "unopened", "trashed"):
            found[only] = [entry for entry, _picture in client_of(who).get(f"{address}?only={only}").context["rows"]]
        assert (found["unopened"], found["trashed"]) == ([unopened], [trashed])
        assert failed in found["failed"]
    waste = {one.only: (one.amount, one.count) for one in client_of(ada).get("/spend/").context["waste"]}
    assert waste == {
        "failed": (Decimal("0.01"), 1), "unopened": (Decimal("0.02"), 1), "trashed": (Decimal("0.04"), 1)
    }  # fmt: skip


def test_a_picture_is_opened_by_its_page(client_of: Browser, ben: User) -> None:
    _entry, picture = drawn(ben, amount="0.02")
    client_of(ben).get(f"/pictures/{picture.pk}/")
    assert [one.count for one in client_of(ben).get("/spend/").context["waste"]] == [0, 0, 0]


# ── CSV ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\t=1", 'Zoë, "the" first\n'])
def test_a_name_in_a_csv_file_is_never_a_formula(client_of: Browser, ada: User, ben: User, name: str) -> None:
    User.objects.filter(pk=ben.pk).update(name=name)
    book(ben, job=1, amount="0.1")
    for address in ("/spend/people.csv", "/spend/entries.csv", "/spend/days.csv"):
        answer = client_of(ada).get(address)
        cells = [cell for row in rows_of(answer) for cell in (*row, *row.values())]
        assert not [cell for cell in cells if cell and cell[0] in "=+-@\t\r"]
    assert name in [row["Person"].removeprefix("'") for row in rows_of(client_of(ada).get("/spend/people.csv"))]


def test_a_csv_file_of_entries_has_the_order_of_the_list(client_of: Browser, ada: User, autumn: None) -> None:
    query = f"?{OCTOBER}&order=dearest&quality=low"
    file = rows_of(client_of(ada).get(f"/spend/entries.csv{query}"))
    first = shown_amounts(client_of(ada).get(f"/spend/entries/{query}"))
    amounts = [Decimal(row["Computed in USD"]) for row in file]
    assert amounts[: len(first)] == first
    assert amounts == sorted(amounts, reverse=True)


# ── Many people ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("address", ["/spend/", "/spend/people/"])
def test_more_people_and_entries_take_no_more_queries(client_of: Browser, ada: User, ben: User, address: str) -> None:
    client, counts = client_of(ada), []
    for round_ in range(2):
        for number in range(12):
            person = User.objects.create_user(f"p{round_}-{number}@example.com")
            book(person, job=100 * round_ + number, amount="0.1")
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_only_admins_are_shown_the_way_to_everybodys_spend(client_of: Browser, ada: User, ben: User) -> None:
    assert "/spend/people/" in client_of(ada).get("/spend/").content.decode()
    assert 'href="/spend/people/"' not in client_of(ben).get("/spend/").content.decode()


def test_the_dearest_are_found_without_going_through_all_entries_of_a_month(
    client_of: Browser, ada: User, ben: User
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL keeps statistics by itself; SQLite has none, and its plan has to be good without.")
    book(ben, job=1, amount="0.1", day=date(2026, 10, 9))
    with CaptureQueriesContext(connection) as queries:
        client_of(ada).get(f"/spend/entries/?{OCTOBER}&order=dearest")
    [union] = [query["sql"] for query in queries if "UNION ALL" in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {union}")
        looks = [row[-1] for row in cursor.fetchall() if "ledger_entry" in row[-1]]
    assert looks == ["SEARCH ledger_entry USING INDEX entry_by_amount (is_simulated=? AND day=?)"] * 31
