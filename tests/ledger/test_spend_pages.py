from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from studio.accounts.models import User
from studio.ledger.models import Entry
from studio.ledger.spending import beginnings, begun_since, spending_of_people

pytestmark = pytest.mark.django_db

FACTS = {"model": "gpt-image-2", "size": "1024x1024", "quality": "medium"}


def book(person: User, *, job: int, amount: str, now: datetime | None = None, **facts) -> None:
    """Reserve and settle a job of this price."""
    now = now or timezone.now()
    certainty = facts.pop("certainty", "exact")
    Entry.objects.reserve(person=person, job_id=job, round=1, amount=Decimal("0.5"), now=now, **FACTS, **facts)
    Entry.objects.settle(
        attempt_id=job, job_id=job, round=1, amount=Decimal(amount), certainty=certainty, usage=None, now=now
    )


def test_a_person_sees_only_their_own_entries(client_of, ben, cleo):
    book(ben, job=1, amount="0.0527")
    book(cleo, job=2, amount="0.0963")
    page = client_of(ben).get("/spend/").content.decode()
    assert "$0.0527" in page
    assert "/jobs/1/" in page
    assert "$0.0963" not in page
    assert "/jobs/2/" not in page


def test_play_money_is_summed_apart(client_of, ben):
    book(ben, job=1, amount="0.0527")
    book(ben, job=2, amount="7.0000", is_simulated=True)
    answer = client_of(ben).get("/spend/")
    [(_name, _began, month), _today] = answer.context["periods"]
    assert (month.spent, month.simulated, month.picture_count) == (Decimal("0.0527"), Decimal("7"), 2)
    assert "simulated" in answer.content.decode()


def test_what_may_have_been_charged_is_named(client_of, ben):
    book(ben, job=1, amount="0.0527", certainty="maybe")
    answer = client_of(ben).get("/spend/")
    [(_name, _began, month), _today] = answer.context["periods"]
    assert (month.spent, month.maybe, month.picture_count) == (Decimal("0.0527"), Decimal("0.0527"), 0)
    assert "may have been charged" in answer.content.decode()


def test_older_entries_come_thirty_at_a_time(client_of, ben):
    for job in range(20):
        book(ben, job=job, amount="0.01")
    client = client_of(ben)
    first = client.get("/spend/")
    assert len(first.context["entries"]) == 30
    older = f"/spend/?before={first.context['next_before']}"
    page = client.get(older)
    fragment = client.get(older, headers={"HX-Request": "true"})
    assert [entry.pk for entry in page.context["entries"]] == [entry.pk for entry in fragment.context["entries"]]
    assert len(page.context["entries"]) == 10
    assert page.context["next_before"] is None
    assert "<html" in page.content.decode()
    assert "<html" not in fragment.content.decode()
    assert "HX-Request" in fragment["Vary"]


@pytest.mark.parametrize("before", ["x", "-1", "٣", "9" * 40])
def test_a_nonsense_place_in_the_list_is_not_found(client_of, ben, before):
    assert client_of(ben).get("/spend/", {"before": before}).status_code == 404


def test_what_a_reservation_led_to_belongs_to_its_own_month(ben):
    midnight = datetime(2026, 3, 1, tzinfo=UTC)
    Entry.objects.reserve(person=ben, job_id=1, round=1, amount=Decimal("0.5"), now=midnight - timedelta(minutes=1))
    Entry.objects.settle(
        attempt_id=1, job_id=1, round=1, amount=Decimal("0.1"), certainty="exact", usage=None, now=midnight
    )
    book(ben, job=2, amount="0.2", now=midnight)
    _today, month = beginnings(midnight + timedelta(hours=30))
    assert begun_since(Entry.objects.all(), month).totals().spent == Decimal("0.2")
    assert begun_since(Entry.objects.all(), midnight - timedelta(days=1)).totals().spent == Decimal("0.3")


def test_the_totals_of_people_keep_real_play_and_held_money_apart(ben, cleo):
    book(ben, job=1, amount="0.10")
    book(ben, job=2, amount="0.20", certainty="maybe")
    book(ben, job=3, amount="0.40", is_simulated=True)
    Entry.objects.reserve(person=ben, job_id=4, round=1, amount=Decimal("0.8"), now=timezone.now())
    first, second = spending_of_people(Entry.objects.all())
    assert first[:5] == (ben, Decimal("0.3"), Decimal("0.8"), Decimal("0.4"), 2)
    assert second[:5] == (cleo, 0, 0, 0, 0)


def test_the_people_page_agrees_with_each_persons_own_totals(client_of, ada, ben, cleo):
    for job, person in enumerate([ada, ben, ben, cleo]):
        book(person, job=job, amount=f"0.{job + 1}", is_simulated=job == 2)
    for row in client_of(ada).get("/spend/people/").context["people"]:
        own = Entry.objects.filter(person=row.person).totals()
        assert (row.spent, row.held, row.simulated, row.picture_count) == (
            own.spent,
            own.held,
            own.simulated,
            own.picture_count,
        )


def test_more_people_take_no_more_queries(client_of, ada, ben):
    client = client_of(ada)
    book(ben, job=1, amount="0.1")
    with CaptureQueriesContext(connection) as few:
        client.get("/spend/people/")
    for number in range(5):
        book(User.objects.create_user(f"p{number}@example.com"), job=10 + number, amount="0.1")
    with CaptureQueriesContext(connection) as many:
        client.get("/spend/people/")
    assert len(many) == len(few)


def test_only_admins_are_shown_the_way_to_everybodys_spend(client_of, ada, ben):
    assert "/spend/people/" in client_of(ada).get("/spend/").content.decode()
    assert "/spend/people/" not in client_of(ben).get("/spend/").content.decode()
