"""What a person sees before they pay: duplicates, the usual price, and what is left of a budget."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from studio.accounts.models import User
from studio.generations.models import Generation
from studio.ledger.models import Budget, Entry
from studio.library.models import Mask, Picture
from studio.upstreams.models import Upstream
from tests.composer_form import FORM
from tests.running import Submit, wait_for_jobs
from tests.worker.test_edits import edit, mask_png, photo, upload

__all__ = ["edit", "upload"]

ClientOf = Callable[[User], Client]
REQUEST = FORM | {"token": "11111111-1111-4111-8111-111111111111", "prompt": "A harbour at dawn"}


def duplicate_html(client: Client, **changes: Any) -> str:
    answer = client.post("/duplicates/", REQUEST | changes, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer.content.decode().strip()


@pytest.mark.usefixtures("runner")
def test_a_duplicate_request_shows_what_was_paid_for(
    submit: Submit, client_of: ClientOf, ben: User, cleo: User
) -> None:
    client = client_of(ben)
    generation = submit(ben)
    wait_for_jobs(generation)
    picture = Picture.objects.get()
    assert f'href="/pictures/{picture.pk}/"' in duplicate_html(client)
    assert "You paid $0.0059 for this exact request today at" in duplicate_html(client)
    # The fallback setting is not part of the request.
    assert "You paid" in duplicate_html(client, fallback="never")

    for change in (
        {"prompt": "A harbour at dusk"},
        {"quality": "medium"},
        {"n": "2"},
        {"size": "auto"},
        {"prompt": ""},
    ):
        assert duplicate_html(client, **change) == ""
    assert duplicate_html(client, reference=str(picture.pk)) == ""
    assert duplicate_html(client_of(cleo)) == ""

    Generation.objects.update(created_at=timezone.now() - timedelta(days=1))
    assert "You paid $0.0059 for this exact request yesterday." in duplicate_html(client)
    Generation.objects.update(created_at=timezone.now() - timedelta(days=31))
    assert duplicate_html(client) == ""
    Generation.objects.update(created_at=timezone.now())
    Picture.objects.update(trashed_at=timezone.now())
    assert duplicate_html(client) == ""


@pytest.mark.usefixtures("runner")
def test_a_duplicate_has_the_same_references(submit: Submit, client_of: ClientOf, ben: User) -> None:
    wait_for_jobs(submit(ben))
    [source] = Picture.objects.all()
    client = client_of(ben)
    client.post("/generations/", REQUEST | {"reference": str(source.pk)})
    wait_for_jobs(Generation.objects.latest("pk"))
    assert "You paid" in duplicate_html(client, reference=str(source.pk))


@pytest.mark.usefixtures("runner")
def test_an_edit_is_the_same_where_its_mask_is_to_the_pixel(
    upload: Callable[..., Picture], edit: Callable[..., Any], client_of: ClientOf, ben: User
) -> None:
    source = upload(photo(1024, 768))
    assert edit(source, mask_png()).status_code == 302
    wait_for_jobs(Generation.objects.get())
    assert "Open it" in edit_duplicate_html(client_of(ben), source, mask_png())
    assert edit_duplicate_html(client_of(ben), source, mask_png(box=(300, 200, 601, 500))) == ""
    assert edit_duplicate_html(client_of(ben), source, mask_png(), prompt="A wooden button") == ""
    assert edit_duplicate_html(client_of(ben), source, mask_png(), lock=None) == ""
    assert Mask.objects.count() == 1


def edit_duplicate_html(client: Client, source: Picture, mask: bytes, **changes: Any) -> str:
    fields = {"token": REQUEST["token"], "prompt": "A glass button", "model": "gpt-image-2", "quality": "low", "n": "1"}
    fields |= {"lock": "on", "mask": SimpleUploadedFile("mask.png", mask, "image/png")} | changes
    wanted = {name: value for name, value in fields.items() if value is not None}
    return client.post(f"/pictures/{source.pk}/mask/duplicates/", wanted).content.decode().strip()


def test_a_failed_generation_is_no_duplicate(
    submit: Submit, client_of: ClientOf, ben: User, upstream: Upstream
) -> None:
    submit(ben)
    assert duplicate_html(client_of(ben)) == ""


def test_the_look_up_reads_an_index_and_no_history(ben: User) -> None:
    same = Generation.objects.seen_by(ben).filter(body_digest__in=["0" * 64]).order_by("-pk")[:20]
    plan = same.explain()
    assert "generation_same_request" in plan or connection.vendor != "sqlite"


# ── The usual price ──


def book(person: User, amount: str, *, at: int, count: int = 1) -> None:
    facts: dict[str, Any] = {
        "model": "gpt-image-2",
        "size": "1024x1024",
        "quality": "low",
        "upstream_name": "environment",
    }
    now = timezone.now()
    Entry.objects.reserve(person=person, job_id=at, round=1, amount=Decimal(amount), now=now, **facts)
    Entry.objects.settle(
        attempt_id=at,
        job_id=at,
        round=1,
        amount=Decimal(amount),
        certainty="exact" if count else "maybe",
        usage=None,
        now=now,
        picture_count=count,
    )


def test_the_usual_price_is_the_median_of_ones_own_latest_pictures(ben: User, cleo: User) -> None:
    entries = Entry.objects.filter(person=ben, is_simulated=False)
    for at, amount in enumerate(["0.01", "0.02"], 1):
        book(ben, amount, at=at)
    assert entries.usual_price() is None  # two say nothing yet
    book(ben, "4", at=3)
    book(ben, "7", at=4, count=0)  # brought no picture
    book(cleo, "5", at=5)
    assert entries.usual_price() == Decimal("0.02")
    with CaptureQueriesContext(connection) as queries:
        entries.usual_price()
    assert "LIMIT 200" in queries[0]["sql"]
    if connection.vendor == "sqlite":  # PostgreSQL reads so small a table whole
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN QUERY PLAN " + queries[0]["sql"])
            plan = " ".join(str(row[3]) for row in cursor.fetchall())
        assert "entry_of_person_by_day" in plan
        assert "TEMP B-TREE" not in plan


def test_create_knows_what_is_usual_and_a_newcomer_is_not_warned(client_of: ClientOf, ben: User) -> None:
    declare()
    assert 'data-usual=""' in client_of(ben).get("/").content.decode()
    for at in range(1, 4):
        book(ben, "0.0059", at=at)
    assert 'data-usual="0.0059' in client_of(ben).get("/").content.decode()


# ── What is left of a budget ──


def declare() -> Upstream:
    return Upstream.objects.declare(name="environment", base_url="http://127.0.0.1:9/v1", api_key="sk-test-012345678")


def limit(person: User | None, **limits: str) -> None:
    scope = Budget.Scope.PERSON if person else Budget.Scope.STUDIO
    facts: dict[str, Any] = {name: Decimal(amount) for name, amount in limits.items()}
    Budget.objects.save_budget(Budget(scope=scope, person=person, **facts), today=timezone.localdate())


def test_a_person_is_warned_where_four_fifths_of_a_budget_are_used(client_of: ClientOf, ben: User) -> None:
    declare()
    limit(ben, day_limit="1", month_limit="100")
    book(ben, "0.79", at=1)
    assert "left of your" not in client_of(ben).get("/").content.decode()
    book(ben, "0.02", at=2)
    for page in ("/", "/threads/new/"):
        assert "$0.1900 left of your $1 for today" in client_of(ben).get(page).content.decode()
    spend = client_of(ben).get("/spend/").content.decode()
    assert "81 % used" in spend


def test_the_response_to_submitting_brings_the_budget_warning_it_caused(client_of: ClientOf, ben: User) -> None:
    declare()
    limit(ben, month_limit="0.25")
    assert "left of your" not in client_of(ben).get("/").content.decode()
    answer = client_of(ben).post("/generations/", REQUEST | {"quality": "high"}, headers={"HX-Request": "true"})
    assert 'id="budget-warning"' in answer.content.decode()
    assert "left of your $0.25 until" in answer.content.decode()


def test_everybody_sees_that_the_studios_budget_is_nearly_spent(client_of: ClientOf, ben: User, cleo: User) -> None:
    declare()
    limit(None, month_limit="10")
    book(ben, "9", at=1)
    for page in ("/", "/spend/"):
        assert "left of the studio’s $10" in client_of(cleo).get(page).content.decode()
