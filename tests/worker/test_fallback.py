"""Fallback steps of a large picture that fails: consent, cost, and what is stored."""

import base64
import io
import json
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone
from PIL import Image, ImageDraw

from studio import images
from studio.accounts.models import User
from studio.create.fallback_steps import fallback_steps
from studio.create.tiles import Tile
from studio.gateway import errors
from studio.gateway.errors import GatewayError
from studio.generations import claims, fallback
from studio.generations.models import Attempt, Generation, Job
from studio.images import ImageRequest, Size
from studio.ledger.models import Budget, Entry
from studio.ledger.periods import local_day
from studio.library import inbox
from studio.library.models import Picture
from studio.upstreams.models import Upstream
from studio.worker import outcomes, sweep
from tests.composer_form import FORM
from tests.running import Submit

pytestmark = pytest.mark.usefixtures("db")

REQUEST = FORM | {"prompt": "A lighthouse"}
AT_4K = {"size": Size(3840, 2160), "quality": "high"}


class FakeWorker:
    """A worker whose calls end as the test says, with a clock of its own."""

    def __init__(self) -> None:
        Upstream.objects.declare(name="north", base_url="http://127.0.0.1:9", api_key="sk-test-0123456789abcdef")
        self.worker = sweep.register(home="tests")
        self.now = timezone.now()
        self.sent: list[tuple[str, str]] = []

    def claim(self) -> Attempt | None:
        """The next call, as soon as it may start; None if none will start by itself."""
        for _ in range(3):
            if calls := claims.claim_batch(worker=self.worker, now=self.now):
                [call] = calls
                self.sent.append((str(call.request.size), call.request.quality))
                return Attempt.objects.get(pk=call.attempt_id)
            self.now += timedelta(minutes=2)
        return None

    def fail(self, error: GatewayError | None = None) -> Job:
        attempt = self.claim()
        assert attempt
        outcomes.fail(attempt.pk, error=error or errors.Unavailable(status=502), now=self.now, jitter=0.5)
        return Job.objects.get(pk=attempt.job_id)

    def fail_until_it_stops(self) -> Job:
        job = self.fail()
        while job.state == "queued" and job.waiting_for != "consent":
            job = self.fail()
        return job

    def deliver(self, size: tuple[int, int], kind: str = "png") -> Picture:
        attempt = self.claim()
        assert attempt
        reply = {"data": [{"b64_json": base64.b64encode(striped(size, kind)).decode()}]}
        inbox.path(attempt.pk).write_text(json.dumps(reply))
        outcomes.complete(attempt.pk, received=None, now=self.now)
        return Picture.objects.get(result__job=attempt.job_id)


def striped(size: tuple[int, int], kind: str = "png") -> bytes:
    """Left half black, right half white."""
    picture, file = Image.new("RGB", size, "black"), io.BytesIO()
    ImageDraw.Draw(picture).rectangle((size[0] // 2, 0, *size), fill="white")
    picture.save(file, kind)
    return file.getvalue()


@pytest.fixture
def worker() -> Iterator[FakeWorker]:
    worker = FakeWorker()
    yield worker
    for attempt_id in Attempt.objects.values_list("pk", flat=True):
        inbox.remove(attempt_id)


def submit_with_consent(ben: User, submit: Submit, consent: str, **fields: object) -> Generation:
    User.objects.filter(pk=ben.pk).update(fallback=consent)
    ben.refresh_from_db()
    return submit(ben, "A harbour from above", **{**AT_4K, **fields})


def reserved() -> Decimal:
    return Entry.objects.open_reservations().sum()


def test_a_person_is_asked_before_a_fallback(worker: FakeWorker, ben: User, submit: Submit) -> None:
    submit_with_consent(ben, submit, "ask")
    job = worker.fail_until_it_stops()
    assert worker.sent == [("3840x2160", "high")] * 3
    assert (job.state, job.waiting_for, job.error_kind) == ("queued", "consent", "unavailable")
    assert worker.claim() is None
    assert reserved() == images.ceiling(job.generation.request)


def test_consent_starts_the_next_step_under_the_same_reservation(worker: FakeWorker, ben: User, submit: Submit) -> None:
    submit_with_consent(ben, submit, "ask")
    assert worker.fail_until_it_stops().fall_back(now=worker.now)
    picture = worker.deliver((3840, 2160))
    job = Job.objects.get()
    assert worker.sent[-1] == ("3840x2160", "medium")
    assert (job.state, job.round, Entry.objects.filter(verb="reserve").count()) == ("succeeded", 1, 1)
    assert Entry.objects.get(verb="settle").amount < images.ceiling(job.generation.request)
    assert (picture.requested["quality"], picture.upscaled_from, picture.is_downgraded) == ("high", "", False)
    asked, drawn = fallback_steps(picture.steps)
    assert (asked.quality, asked.why, asked.charge) == ("high", "unavailable", "no")
    assert (drawn.quality, drawn.price) == ("medium", images.estimate(job.request).expected)
    assert not drawn.is_automatic


def test_consenting_twice_takes_one_step(worker: FakeWorker, ben: User, submit: Submit) -> None:
    submit_with_consent(ben, submit, "ask")
    job = worker.fail_until_it_stops()
    twin = Job.objects.get(pk=job.pk)
    assert job.fall_back(now=worker.now)
    assert not twin.fall_back(now=worker.now)
    assert len(Job.objects.get().steps) == 1


def test_automatic_goes_down_to_a_smaller_picture_and_enlarges_it(
    worker: FakeWorker, ben: User, submit: Submit
) -> None:
    submit_with_consent(ben, submit, "automatic", output_format="jpeg")
    for _ in range(6):
        worker.fail()
    assert Job.objects.get().lane == "standard"
    picture = worker.deliver((1536, 864), "jpeg")
    assert worker.sent == [("3840x2160", "high")] * 3 + [("3840x2160", "medium")] * 3 + [("1536x864", "medium")]
    assert (picture.size, picture.upscaled_from, picture.format) == ("3840x2160", "1536x864", "jpeg")
    assert (picture.requested["size"], picture.received["size"], picture.is_downgraded) == (
        "3840x2160",
        "1536x864",
        False,
    )
    assert [step.is_automatic for step in fallback_steps(picture.steps)] == [False, True, True]
    with default_storage.open(picture.raw_file.name) as file, Image.open(file) as drawn:
        assert drawn.size == (1536, 864)
    with default_storage.open(picture.file.name) as file, Image.open(file) as shown:
        assert shown.size == (3840, 2160)
        assert max(shown.getpixel((1800, 1000))) < 20  # type: ignore[arg-type, type-var]
        assert min(shown.getpixel((2040, 1000))) > 235  # type: ignore[arg-type, type-var]


def test_a_picture_of_a_fallback_step_says_what_was_received_and_how_long_all_of_it_took(
    worker: FakeWorker, ben: User, submit: Submit, client_of: Callable[[User], Client]
) -> None:
    submit_with_consent(ben, submit, "automatic", output_format="jpeg")
    for _ in range(6):
        worker.fail()
    picture = worker.deliver((1536, 864), "jpeg")
    compared = {label: (requested, received, differs) for label, requested, received, differs in picture.comparison}
    assert compared["Size"] == ("3840×2160", "3840×2160, upscaled from 1536×864", True)
    assert compared["Quality"] == ("High", "Medium", True)
    job = Job.objects.for_tiles().get()
    began, ended = job.attempts.first().started_at, job.attempts.last().finished_at  # type: ignore[union-attr]
    assert Tile(job).seconds == (ended - began).total_seconds() > 0  # type: ignore[operator]
    Picture.objects.update(latency=3.0)
    page = client_of(ben).get(picture.get_absolute_url()).content.decode()
    assert "Not as requested: it came from a fallback step." in page
    assert "the last call" in page
    assert "not as requested" in client_of(ben).get(job.get_absolute_url()).content.decode()


def test_a_step_down_that_comes_in_another_shape_is_kept_as_it_is_and_marked(
    worker: FakeWorker, ben: User, submit: Submit
) -> None:
    submit_with_consent(ben, submit, "automatic", quality="low")
    for _ in range(3):
        worker.fail()
    picture = worker.deliver((1254, 1254))
    assert (picture.size, picture.upscaled_from, picture.is_downgraded) == ("1254x1254", "", True)


def test_without_consent_there_is_no_fallback(worker: FakeWorker, ben: User, submit: Submit) -> None:
    submit_with_consent(ben, submit, "never")
    job = worker.fail_until_it_stops()
    assert (job.state, job.charge) == ("failed", "no")
    assert job.fallback_offer is None
    assert not job.fall_back(now=worker.now)
    assert not reserved()


@pytest.mark.parametrize("consent", ["ask", "automatic"])
def test_what_may_have_been_billed_always_asks(worker: FakeWorker, ben: User, submit: Submit, consent: str) -> None:
    submit_with_consent(ben, submit, consent)
    job = worker.fail(errors.DeadlinePassed())
    assert (job.state, job.charge, job.round) == ("failed", "maybe", 1)
    assert worker.claim() is None
    assert not reserved()
    assert job.fall_back(now=worker.now)
    lower_quality = Job.objects.get().request
    assert reserved() == images.ceiling(lower_quality) < images.ceiling(job.generation.request)
    picture = worker.deliver((3840, 2160))
    assert [step.charge for step in fallback_steps(picture.steps)] == ["maybe", ""]
    assert (Job.objects.get().round, worker.sent[-1]) == (2, ("3840x2160", "medium"))


def test_a_step_down_that_may_have_been_billed_counts_as_what_it_can_have_cost(
    worker: FakeWorker, ben: User, submit: Submit
) -> None:
    generation = submit_with_consent(ben, submit, "automatic")
    for _ in range(3):
        worker.fail()
    worker.fail(errors.ConnectionCut())
    lower_quality, _smaller = images.fallback_steps(generation.request)
    assert Entry.objects.get(verb="settle").amount == images.ceiling(lower_quality)


@pytest.mark.parametrize("error", [errors.ContentRefused(), errors.RequestRefused(), errors.QuotaSpent()])
def test_moderation_wrong_requests_and_quota_are_final(
    worker: FakeWorker, ben: User, submit: Submit, error: GatewayError
) -> None:
    submit_with_consent(ben, submit, "automatic")
    job = worker.fail(error)
    assert (job.state, job.charge, job.fallback_offer) == ("failed", "no", None)


def test_a_retry_declines_the_fallback_and_sends_the_original_request(
    worker: FakeWorker, ben: User, submit: Submit
) -> None:
    submit_with_consent(ben, submit, "ask")
    assert worker.fail_until_it_stops().retry(now=worker.now)
    worker.deliver((3840, 2160))
    assert worker.sent[-1] == ("3840x2160", "high")
    assert (Job.objects.get().round, Job.objects.get().steps) == (1, [])


def test_a_job_that_waits_for_consent_can_be_canceled(worker: FakeWorker, ben: User, submit: Submit) -> None:
    submit_with_consent(ben, submit, "ask")
    assert worker.fail_until_it_stops().cancel(now=worker.now)
    assert (Job.objects.get().state, reserved()) == ("canceled", 0)


def test_an_offer_nobody_decides_on_expires_and_releases_its_reservation(
    worker: FakeWorker, ben: User, submit: Submit
) -> None:
    submit_with_consent(ben, submit, "ask")
    worker.fail_until_it_stops()
    outcomes.expire_consent_requests(now=worker.now + fallback.CONSENT_EXPIRES_AFTER - timedelta(hours=1))
    assert Job.objects.get().state == "queued"
    outcomes.expire_consent_requests(now=worker.now + fallback.CONSENT_EXPIRES_AFTER)
    job = Job.objects.get()
    assert (job.state, job.charge, reserved()) == ("failed", "no", 0)
    assert job.fallback_offer is not None


def test_the_reservation_covers_the_dearest_step(ben: User, submit: Submit, monkeypatch: pytest.MonkeyPatch) -> None:
    """No real step costs more than the original request, so one that does is patched in."""
    dearer = ImageRequest(prompt="A harbour", size=Size(2880, 2880), quality="high")
    monkeypatch.setattr(images, "fallback_steps", lambda _request: (dearer,))
    submit_with_consent(ben, submit, "ask", quality="low")
    assert reserved() == images.ceiling(dearer)
    submit_with_consent(ben, submit, "never", quality="low")
    assert reserved() == images.ceiling(dearer) + images.ceiling(Generation.objects.latest("pk").request)


def test_a_late_reply_to_the_original_request_is_stored_beside_the_fallback(
    worker: FakeWorker, ben: User, submit: Submit
) -> None:
    submit_with_consent(ben, submit, "ask")
    job = worker.fail(errors.DeadlinePassed())
    first = job.attempts.get()
    job.fall_back(now=worker.now + timedelta(seconds=1))
    inbox.path(first.pk).write_text(
        json.dumps({"data": [{"b64_json": base64.b64encode(striped((3840, 2160))).decode()}]})
    )
    outcomes.complete(first.pk, received=None, now=worker.now)
    late = Picture.objects.get()
    assert (late.size, late.steps, late.is_downgraded) == ("3840x2160", [], False)
    assert Job.objects.get().state == "queued"


def test_a_generation_keeps_the_fallback_setting_it_was_submitted_with(
    ben: User, submit: Submit, worker: FakeWorker
) -> None:
    generation = submit_with_consent(ben, submit, "automatic")
    submit_with_consent(ben, submit, "never")
    assert Generation.objects.get(pk=generation.pk).fallback == "automatic"


# ── On the pages ──


HTMX = {"HX-Request": "true"}


def test_a_card_offers_the_fallback_with_its_price_and_consent_starts_it(
    worker: FakeWorker, ben: User, submit: Submit, client_of: Callable[[User], Client]
) -> None:
    submit_with_consent(ben, submit, "ask")
    job, browser = worker.fail_until_it_stops(), client_of(ben)
    page = browser.get("/").content.decode()
    assert "data-needs-decision" in page
    assert "Generate at medium quality · about $0.10" in page
    answer = browser.post(f"/jobs/{job.pk}/fallback/", headers=HTMX).content.decode()
    assert "data-needs-decision" not in answer
    assert "3840×2160 · Medium" in answer
    assert "The gateway has a problem right now." in answer
    assert (Job.objects.get().waiting_for, len(Job.objects.get().steps)) == ("slot", 1)


def test_a_picture_that_may_have_been_charged_offers_the_step_on_its_card(
    worker: FakeWorker, ben: User, submit: Submit, client_of: Callable[[User], Client]
) -> None:
    submit_with_consent(ben, submit, "automatic", quality="medium")
    job = worker.fail(errors.DeadlinePassed())
    page = client_of(ben).get(job.get_absolute_url()).content.decode()
    assert "may have been charged" in page
    assert "Generate 1536×864 and upscale it · about $0.032" in page


def test_a_step_the_budget_has_no_room_for_is_not_taken(
    worker: FakeWorker, ben: User, submit: Submit, client_of: Callable[[User], Client]
) -> None:
    submit_with_consent(ben, submit, "ask")
    job = worker.fail(errors.DeadlinePassed())
    budget = Budget(scope="person", person=ben, month_limit=Decimal("0.01"))
    Budget.objects.save_budget(budget, today=local_day(worker.now))
    client_of(ben).post(f"/jobs/{job.pk}/fallback/")
    assert (Job.objects.get().state, Job.objects.get().round) == ("failed", 1)


def test_fallback_is_chosen_in_settings_and_for_each_generation(ben: User, client_of: Callable[[User], Client]) -> None:
    browser = client_of(ben)
    assert browser.post("/settings/fallback/", {"fallback": "automatic"}, headers=HTMX).status_code == 204
    assert browser.post("/settings/fallback/", {"fallback": "whatever"}, headers=HTMX).status_code == 422
    assert 'name="fallback" value="automatic" checked' in browser.get("/").content.decode()
    for chosen, stored in [("", "automatic"), ("never", "never")]:
        form = {"token": str(uuid.uuid4()), "fallback": chosen, **REQUEST}
        assert browser.post("/generations/", form, headers=HTMX).status_code == 200
        assert Generation.objects.latest("pk").fallback == stored
