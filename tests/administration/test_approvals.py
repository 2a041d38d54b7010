"""Approvals: pictures above the limit wait for an admin, with their money reserved."""

import uuid
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from studio.accounts.models import AuditEvent, User
from studio.generations.models import Approval, Generation, Job
from studio.images import ImageRequest, Size
from studio.ledger import audit
from studio.ledger.models import Budget, Entry
from studio.upstreams.models import Upstream

ClientOf = Callable[[User], Client]


@pytest.fixture(autouse=True)
def upstream(db: None) -> Upstream:
    return Upstream.objects.declare(name="environment", base_url="http://127.0.0.1:9/v1", api_key="sk-test-012345678")


@pytest.fixture(autouse=True)
def budget(db: None) -> Budget:
    return Budget.objects.create(scope="everyone", approval_above=Decimal("0.1"))


def submit(owner: User, *, quality: str = "high", n: int = 1) -> Generation:
    request = ImageRequest(prompt="A harbour", size=Size(1024, 1024), quality=quality, n=n)
    return Generation.objects.submit(owner=owner, request=request, token=uuid.uuid4(), now=timezone.now())


def eligible() -> int:
    return Job.objects.eligible(lane="standard", now=timezone.now()).count()


def open_rounds() -> list[tuple[int, int]]:
    return list(Job.objects.live().values_list("pk", "round"))


def test_what_may_cost_more_waits_and_its_money_is_held(ben: User) -> None:
    submit(ben, quality="low")
    dear = submit(ben, n=2)
    assert set(dear.jobs.values_list("state", "waiting_for")) == {("queued", "approval")}
    assert eligible() == 1
    assert Approval.objects.open().count() == 2
    assert Entry.objects.filter(job_id__in=dear.jobs.values("pk")).open_reservations().count() == 2


def test_a_granted_job_runs_and_a_declined_one_costs_nothing(client_of: ClientOf, ada: User, ben: User) -> None:
    yes, no = submit(ben, n=2), submit(ben)
    client = client_of(ada)
    client.post(f"/approvals/{yes.pk}/grant/")
    client.post(f"/approvals/{no.pk}/refusal/")
    assert set(yes.jobs.values_list("state", "waiting_for")) == {("queued", "slot")}
    assert no.jobs.values_list("state", "charge", "error_kind").get() == ("failed", "no", "declined")
    assert eligible() == 2
    assert list(audit.findings(open_rounds())) == []
    notes = AuditEvent.objects.order_by("pk").values_list("actor", "action", "after__picture_count")
    assert list(notes) == [(ada.pk, "approval.grant", 2), (ada.pk, "approval.decline", 1)]


def test_the_approvals_page_shows_prompt_owner_and_price(client_of: ClientOf, ada: User, ben: User) -> None:
    generation = submit(ben, n=2)
    page = client_of(ada).get("/approvals/").content.decode()
    assert "A harbour" in page
    assert "Ben" in page
    assert "2 pictures, each up to" in page
    assert "$0.2107" in page
    assert '<b>2</b> <span class="pill-more">to approve' in page
    client_of(ada).post(f"/approvals/{generation.pk}/grant/")
    assert "Nothing needs your decision" in client_of(ada).get("/approvals/").content.decode()


def test_a_decision_is_made_once(client_of: ClientOf, ada: User, ben: User) -> None:
    generation = submit(ben)
    client_of(ada).post(f"/approvals/{generation.pk}/grant/")
    answer = client_of(ada).post(f"/approvals/{generation.pk}/refusal/", follow=True)
    assert "This request is no longer waiting" in answer.content.decode()
    assert generation.jobs.get().state == "queued"
    assert AuditEvent.objects.count() == 1


def test_what_its_owner_called_off_waits_no_more(client_of: ClientOf, ada: User, ben: User) -> None:
    generation = submit(ben)
    generation.jobs.get().cancel(now=timezone.now())
    assert not Approval.objects.open().exists()
    client_of(ada).post(f"/approvals/{generation.pk}/grant/")
    assert generation.jobs.get().state == "canceled"
    assert list(audit.findings(open_rounds())) == []


def test_a_waiting_tile_says_that_an_admin_is_asked(client_of: ClientOf, ben: User) -> None:
    submit(ben, n=2)
    client = client_of(ben)
    assert client.get("/").content.decode().count("queued: waiting for an admin’s approval") == 2
    assert client.get("/jobs/").content.decode().count("queued: waiting for an admin’s approval") == 2


def test_jobs_that_wait_for_approval_take_no_place_in_the_queue(client_of: ClientOf, ada: User, ben: User) -> None:
    submit(ben, n=2)
    submit(ada, quality="low")
    assert "queued: 1st in line" in client_of(ada).get("/").content.decode()


def test_a_declined_tile_says_why(client_of: ClientOf, ada: User, ben: User) -> None:
    generation = submit(ben)
    client_of(ada).post(f"/approvals/{generation.pk}/refusal/")
    page = client_of(ben).get("/").content.decode()
    assert "An admin declined this picture because of what it may cost." in page
    assert "not charged" in page


def test_a_retry_asks_again_unless_as_much_was_granted_before(client_of: ClientOf, ada: User, ben: User) -> None:
    generation = submit(ben)
    client_of(ada).post(f"/approvals/{generation.pk}/refusal/")
    job = generation.jobs.get()
    job.retry(now=timezone.now())
    assert generation.jobs.get().waiting_for == "approval"
    client_of(ada).post(f"/approvals/{generation.pk}/grant/")
    Job.objects.update(state="failed", charge="no")
    Entry.objects.release(job_id=job.pk, round=2, now=timezone.now())
    generation.jobs.get().retry(now=timezone.now())
    assert generation.jobs.get().waiting_for == "slot"


def test_the_lower_of_two_thresholds_holds(ben: User, budget: Budget) -> None:
    Budget.objects.create(scope="studio", approval_above=Decimal("0.04"))
    assert submit(ben, quality="medium").jobs.get().waiting_for == "approval"
    Budget.objects.create(scope="person", person=ben, approval_above=Decimal("5"))
    assert submit(ben, quality="medium").jobs.get().waiting_for == "approval"


def test_designers_cannot_see_approvals(client_of: ClientOf, ben: User) -> None:
    generation = submit(ben)
    client = client_of(ben)
    assert client.get("/approvals/").status_code == 404
    assert client.post(f"/approvals/{generation.pk}/grant/").status_code == 404
    assert "to approve" not in client.get("/").content.decode()
    assert generation.jobs.get().waiting_for == "approval"
