"""The spend pages compared with the sandbox's billing log, over pictures of several people and days.

`BILLING_PICTURES=1000 uv run pytest tests/worker/test_billing_log.py` asks for that many pictures.
"""

import csv
import hashlib
import io
import os
import re
import secrets
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import count, cycle
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from studio.accounts.models import User
from studio.generations.models import Attempt, Generation, Job
from studio.images import ImageRequest, Size
from studio.ledger import audit
from studio.ledger.models import Entry
from studio.ledger.periods import local_day
from studio.library.models import Picture
from studio.upstreams.models import Upstream
from studio.upstreams.models.upstream import encrypted_key
from studio.worker.runner import Runner
from tests.running import wait_until
from tests.sandbox.conftest import Running

from .test_edits import photo

pytestmark = [
    pytest.mark.usefixtures("transactional_db"),
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume"),
]

PICTURES = int(os.environ.get("BILLING_PICTURES", "60"))
PATIENCE = 60 + PICTURES  # seconds
# Used by this test only: a sandbox serves many tests, and its log is filtered by key.
KEYS = {"tokens": f"sk-bill-by-tokens-{secrets.token_hex(8)}", "pictures": f"sk-picture-{secrets.token_hex(8)}"}
FRACTION = Decimal("0.0001")

# Submitted again and again: prompt, what differs from a small draft, and how many pictures it brings.
REQUESTS: tuple[tuple[str, dict[str, Any], int], ...] = (
    ("A harbour", {}, 1),
    ("Two hills", {"quality": "medium"}, 1),
    ("Three boats", {"n": 3}, 3),
    ("A tower", {"size": Size(1536, 864)}, 1),
    ("A bridge, seen twice before", {"stream": True, "partial_images": 2}, 1),
    ("A lake sandbox:no-usage", {}, 1),
    ("A glacier", {"quality": "auto"}, 1),
    ("A forest sandbox:refused", {}, 0),
    ("A dune sandbox:chat-usage", {}, 1),
    ("A market", {}, 1),
    ("A reef sandbox:500-late", {}, 0),
    ("A mill sandbox:zero-usage", {}, 1),
    ("An orchard sandbox:usage-huge", {"quality": "high"}, 1),
    ("The cup of image 1", {"references": 1}, 1),
    ("A pier sandbox:truncated", {"n": 2}, 0),
    ("A meadow sandbox:more-events", {"stream": True, "partial_images": 1}, 1),
    ("A street sandbox:downgraded", {"quality": "high"}, 1),
    ("A cave sandbox:cost-usage", {"size": Size(1024, 1024)}, 1),
)


class Requests:
    """The submitted requests by owner and day, found in the log by the hash of their prompt."""

    def __init__(self, people: list[User], days: list[date], cup: Picture) -> None:
        self.people, self.days, self.cup = people, days, cup
        self.submitted: dict[str, tuple[User, date]] = {}

    def submit_all(self, pictures: int) -> None:
        """Submit requests for `pictures` pictures in all, at noon of each day in turn."""
        turns, numbers = zip(cycle(self.days), cycle(self.people), strict=False), count()
        for (prompt, fields, brings), (day, person) in zip(cycle(REQUESTS), turns, strict=False):
            if pictures <= 0:
                return
            pictures -= brings
            self.submit(f"{prompt}, number {next(numbers)}", person, day, **fields)

    def submit(self, prompt: str, person: User, day: date, *, references: int = 0, **fields: Any) -> None:
        small = {"size": Size(1024, 640), "quality": "low", "output_format": "jpeg", "output_compression": 60}
        Generation.objects.submit(
            owner=person,
            request=ImageRequest(prompt=prompt, **small | fields),
            token=uuid.uuid4(),
            now=datetime.combine(day, time(12), UTC),
            references=[self.cup] * references,
        )
        self.submitted[hashlib.sha256(prompt.encode()).hexdigest()] = person, day

    def billed(self, sandbox: Running) -> dict[tuple[User, date], Decimal]:
        """What the sandbox charged, by person and day."""
        keys, sums = {hashlib.sha256(key.encode()).hexdigest()[:12] for key in KEYS.values()}, defaultdict(Decimal)
        for line in sandbox.lines(billed=True):
            if line["key"] in keys:
                sums[self.submitted[line["prompt_sha256"]]] += Decimal(line["cost"]) + Decimal(line["text_cost"])
        return dict(sums)


@pytest.fixture
def gateways(upstream: Upstream) -> None:
    """Two accounts at the sandbox: one billed by tokens, one by the picture."""
    Upstream.objects.update(**encrypted_key(KEYS["tokens"]))
    Upstream.objects.create(
        name="by the picture",
        base_url=upstream.base_url,
        is_private_allowed=True,
        bills_by="image",
        standard_slots=4,
        **encrypted_key(KEYS["pictures"]),
    )


@pytest.fixture
def days() -> list[date]:
    """Some days up to today, among them the two sides of a month's edge."""
    today = local_day(timezone.now())
    edge = today.replace(day=1)
    return [edge - timedelta(days=2), edge - timedelta(days=1), edge, today - timedelta(days=1), today]


@pytest.fixture
def cup(client_of: Callable[[User], Client], ben: User) -> Picture:
    data = io.BytesIO(photo(320, 240))
    data.name = "cup.png"
    client_of(ben).post("/pictures/", {"file": data})
    return Picture.objects.get()


def test_spend_pages_agree_with_the_sandboxs_billing_log_by_person_and_day(
    gateways: None, runner: Runner, sandbox: Running, client_of: Callable[[User], Client],
    ada: User, ben: User, cleo: User, days: list[date], cup: Picture, settings: Settings,
) -> None:  # fmt: skip
    settings.QUEUE_HOURS = 24 * 365  # the requests were submitted days ago
    requests = Requests([ben, cleo, ada, ben], days, cup)
    requests.submit_all(PICTURES)
    wait_until(lambda: not Job.objects.live().exists() and not Attempt.objects.unfinished().exists(), timeout=PATIENCE)
    assert Picture.objects.exclude(result=None).count() >= PICTURES
    billed = requests.billed(sandbox)
    assert {person for person, _day in billed} == {ada, ben, cleo}
    assert {day for _person, day in billed} == set(days)
    assert set(Entry.objects.booked().values_list("certainty", flat=True)) == {"exact", "estimated", "maybe"}
    for upstream in Upstream.objects.all():
        assert Attempt.objects.filter(upstream=upstream, outcome="succeeded").exists()

    for sheet in (days_sheet, entries_sheet):
        assert sheet(client_of(ada), days) == {(str(who), day): spent for (who, day), spent in billed.items()}
    assert chart_table(client_of(ada), days) == {
        (str(who), day): spent.quantize(FRACTION, ROUND_HALF_UP) for (who, day), spent in billed.items()
    }
    for who in (ada, ben, cleo):
        own = {day: spent for (person, day), spent in billed.items() if person == who}
        for address in ("/spend/", f"/spend/people/{who.pk}/"):
            if not (who.is_admin and address == "/spend/"):  # which shows everybody's to an admin
                assert total_of(client_of(who), f"{address}?{span(days)}") == sum(own.values())
        for day, spent in own.items():
            assert total_of(client_of(ada), f"/spend/people/{who.pk}/?from={day}&to={day}") == spent
        assert people_table(client_of(ada), days)[who.name] == f"${sum(own.values()).quantize(FRACTION, ROUND_HALF_UP)}"
    assert list(audit.findings([])) == []


# ── What the pages show ─────────────────────────────────────────────────────────────────────────────────────────────


def span(days: list[date]) -> str:
    return f"from={min(days)}&to={max(days)}"


def days_sheet(client: Client, days: list[date]) -> dict[tuple[str, date], Decimal]:
    """By person and day, from the sheet of the chart."""
    rows = sheet_of(client, f"/spend/days.csv?by=person&{span(days)}")
    columns = list(rows[0])[4:]
    assert all(Decimal(row["Spent in USD"]) == sum(Decimal(row[name]) for name in columns) for row in rows)
    return {
        (name, date.fromisoformat(row["Day"])): Decimal(row[name])
        for row in rows
        for name in columns
        if Decimal(row[name])
    }


def entries_sheet(client: Client, days: list[date]) -> dict[tuple[str, date], Decimal]:
    """The same, added up from every entry that is listed."""
    sums: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    for row in sheet_of(client, f"/spend/entries.csv?{span(days)}"):
        sums[row["Person"], date.fromisoformat(row["Day"])] += Decimal(row["Computed in USD"])
    return dict(sums)


def sheet_of(client: Client, address: str) -> list[dict[str, str]]:
    text = b"".join(client.get(address)).decode("utf-8-sig")  # type: ignore[arg-type]
    return list(csv.DictReader(io.StringIO(text, newline="")))


def chart_table(client: Client, days: list[date]) -> dict[tuple[str, date], Decimal]:
    """The same, from the table that stands under the bars."""
    [table] = re.findall(r'id="chart-table".*?</table>', page(client, f"/spend/?by=person&{span(days)}"), re.DOTALL)
    [head, *rows] = re.findall(r"<tr.*?</tr>", table, re.DOTALL)
    names = cells(head)[1:-1]
    found = {}
    for day, row in zip(every_day(days), rows, strict=True):
        for name, amount in zip(names, map(dollars, cells(row)[1:-1]), strict=True):
            if amount:
                found[name, day] = amount
    return found


def every_day(days: list[date]) -> Iterator[date]:
    return (min(days) + timedelta(days=at) for at in range((max(days) - min(days)).days + 1))


def people_table(client: Client, days: list[date]) -> dict[str, str]:
    rows = re.findall(
        r'<tr>\s*<th scope="row" class="spend-person">.*?</tr>', page(client, f"/spend/people/?{span(days)}"), re.DOTALL
    )
    return {cells(row)[0].split()[0]: cells(row)[1] for row in rows}


def cells(row: str) -> list[str]:
    found = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", "", cell).split()) for cell in found]


def dollars(text: str) -> Decimal:
    return Decimal(text.lstrip("$").replace(",", "") if text.startswith("$") else 0)


def total_of(client: Client, address: str) -> Decimal:
    """The first figure of a page, exact to its last digit."""
    answer = client.get(address)
    figure = re.search(
        r'<dl class="figures spend-figures".*?<dd title="\$([\d.,]+)"', answer.content.decode(), re.DOTALL
    )
    exact: Decimal = answer.context["spending"].total.spent
    assert figure
    assert dollars(f"${figure[1]}") == exact.quantize(FRACTION, ROUND_HALF_UP)
    return exact


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return str(answer.content.decode())
