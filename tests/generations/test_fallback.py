"""A large picture that fails: what is drawn instead, who is asked, what it costs and what is remembered."""

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
from studio.gateway import errors
from studio.gateway.errors import GatewayError
from studio.generations import claims, fallback, outcomes, sweep
from studio.generations.models import Attempt, Generation, Job
from studio.images import ImageRequest, Size
from studio.ledger.models import Budget, Entry
from studio.ledger.periods import local_day
from studio.library import inbox
from studio.library.models import Picture
from studio.upstreams.models import Upstream
from tests.wish import FORM

from .conftest import Submit

pytestmark = pytest.mark.usefixtures("db")

WISH = FORM | {"prompt": "A lighthouse"}
AT_4K = {"size": Size(3840, 2160), "quality": "high"}


class Desk:
    """A worker whose calls end as the test says, with a clock that waits for nothing."""

    def __init__(self) -> None:
        Upstream.objects.declare(name="north", base_url="http://127.0.0.1:9", api_key="sk-test-0123456789abcdef")
        self.worker = sweep.register(home="tests")
        self.now = timezone.now()
        self.sent: list[tuple[str, str]] = []

    def take(self) -> Attempt | None:
        """The next call, as soon as it may start; None when nothing ever will by itself."""
        for _ in range(3):
            if calls := claims.claim_some(worker=self.worker, now=self.now):
                [call] = calls
                self.sent.append((str(call.request.size), call.request.quality))
                return Attempt.objects.get(pk=call.attempt_id)
            self.now += timedelta(minutes=2)
        return None

    def fail(self, error: GatewayError | None = None) -> Job:
        attempt = self.take()
        assert attempt
        outcomes.fail(attempt.pk, error=error or errors.Unavailable(status=502), now=self.now, jitter=0.5)
        return Job.objects.get(pk=attempt.job_id)

    def fail_as_long_as_it_tries(self) -> Job:
        job = self.fail()
        while job.state == "queued" and job.waiting_for != "consent":
            job = self.fail()
        return job

    def deliver(self, size: tuple[int, int], kind: str = "png") -> Picture:
        attempt = self.take()
        assert attempt
        reply = {"data": [{"b64_json": base64.b64encode(striped(size, kind)).decode()}]}
        inbox.path(attempt.pk).write_text(json.dumps(reply))
        outcomes.deliver(attempt.pk, received=None, now=self.now)
        return Picture.objects.get(job=attempt.job_id)


def striped(size: tuple[int, int], kind: str = "png") -> bytes:
    """Left half black, right half white."""
    picture, file = Image.new("RGB", size, "black"), io.BytesIO()
    ImageDraw.Draw(picture).rectangle((size[0] // 2, 0, *size), fill="white")
    picture.save(file, kind)
    return file.getvalue()


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    for attempt_id in Attempt.objects.values_list("pk", flat=True):
        inbox.remove(attempt_id)


def asking(ben: User, submit: Submit, consent: str, **fields: object) -> Generation:
    User.objects.filter(pk=ben.pk).update(fallback=consent)
    ben.refresh_from_db()
    return submit(ben, "A harbour from above", **{**AT_4K, **fields})


def held() -> Decimal:
    return Entry.objects.open_reservations().sum()


def test_a_person_is_asked_before_anything_else_is_drawn(desk: Desk, ben: User, submit: Submit) -> None:
    asking(ben, submit, "ask")
    job = desk.fail_as_long_as_it_tries()
    assert desk.sent == [("3840x2160", "high")] * 3
    assert (job.state, job.waiting_for, job.error_kind) == ("queued", "consent", "unavailable")
    assert desk.take() is None
    assert held() == images.ceiling(job.generation.request())


def test_a_yes_draws_the_next_step_under_the_same_reservation(desk: Desk, ben: User, submit: Submit) -> None:
    asking(ben, submit, "ask")
    assert desk.fail_as_long_as_it_tries().fall_back(now=desk.now)
    picture = desk.deliver((3840, 2160))
    job = Job.objects.get()
    assert desk.sent[-1] == ("3840x2160", "medium")
    assert (job.state, job.round, Entry.objects.filter(verb="reserve").count()) == ("succeeded", 1, 1)
    assert Entry.objects.get(verb="settle").amount < images.ceiling(job.generation.request())
    assert (picture.asked["quality"], picture.upscaled_from, picture.is_downgraded) == ("high", "", False)
    asked, drawn = fallback.rungs(picture.steps)
    assert (asked.quality, asked.why, asked.charge) == ("high", "unavailable", "no")
    assert (drawn.quality, drawn.price) == ("medium", images.estimate(job.request()).expected)
    assert not drawn.is_automatic


def test_two_yeses_in_a_row_take_one_step(desk: Desk, ben: User, submit: Submit) -> None:
    asking(ben, submit, "ask")
    job = desk.fail_as_long_as_it_tries()
    twin = Job.objects.get(pk=job.pk)
    assert job.fall_back(now=desk.now)
    assert not twin.fall_back(now=desk.now)
    assert len(Job.objects.get().steps) == 1


def test_automatic_goes_down_to_a_smaller_picture_and_enlarges_it(desk: Desk, ben: User, submit: Submit) -> None:
    asking(ben, submit, "automatic", output_format="jpeg")
    for _ in range(6):
        desk.fail()
    assert Job.objects.get().lane == "standard"
    picture = desk.deliver((1536, 864), "jpeg")
    assert desk.sent == [("3840x2160", "high")] * 3 + [("3840x2160", "medium")] * 3 + [("1536x864", "medium")]
    assert (picture.size, picture.upscaled_from, picture.format) == ("3840x2160", "1536x864", "jpeg")
    assert (picture.asked["size"], picture.got["size"], picture.is_downgraded) == ("3840x2160", "1536x864", False)
    assert [rung.is_automatic for rung in fallback.rungs(picture.steps)] == [False, True, True]
    with default_storage.open(picture.raw_file.name) as file, Image.open(file) as drawn:
        assert drawn.size == (1536, 864)
    with default_storage.open(picture.file.name) as file, Image.open(file) as shown:
        assert shown.size == (3840, 2160)
        assert max(shown.getpixel((1800, 1000))) < 20  # type: ignore[arg-type, type-var]
        assert min(shown.getpixel((2040, 1000))) > 235  # type: ignore[arg-type, type-var]


def test_a_step_down_that_comes_in_another_shape_is_kept_as_it_is_and_marked(
    desk: Desk, ben: User, submit: Submit
) -> None:
    asking(ben, submit, "automatic", quality="low")
    for _ in range(3):
        desk.fail()
    picture = desk.deliver((1254, 1254))
    assert (picture.size, picture.upscaled_from, picture.is_downgraded) == ("1254x1254", "", True)


def test_never_means_never(desk: Desk, ben: User, submit: Submit) -> None:
    asking(ben, submit, "never")
    job = desk.fail_as_long_as_it_tries()
    assert (job.state, job.charge) == ("failed", "no")
    assert fallback.offer(job) is None
    assert not job.fall_back(now=desk.now)
    assert not held()


@pytest.mark.parametrize("consent", ["ask", "automatic"])
def test_what_may_have_been_billed_always_asks(desk: Desk, ben: User, submit: Submit, consent: str) -> None:
    asking(ben, submit, consent)
    job = desk.fail(errors.DeadlinePassed())
    assert (job.state, job.charge, job.round) == ("failed", "maybe", 1)
    assert desk.take() is None
    assert not held()
    assert job.fall_back(now=desk.now)
    calmer = Job.objects.get().request()
    assert held() == images.ceiling(calmer) < images.ceiling(job.generation.request())
    picture = desk.deliver((3840, 2160))
    assert [rung.charge for rung in fallback.rungs(picture.steps)] == ["maybe", ""]
    assert (Job.objects.get().round, desk.sent[-1]) == (2, ("3840x2160", "medium"))


def test_a_step_down_that_may_have_been_billed_counts_as_what_it_can_have_cost(
    desk: Desk, ben: User, submit: Submit
) -> None:
    generation = asking(ben, submit, "automatic")
    for _ in range(3):
        desk.fail()
    desk.fail(errors.ConnectionCut())
    calmer, _smaller = images.ladder(generation.request())
    assert Entry.objects.get(verb="settle").amount == images.ceiling(calmer)


@pytest.mark.parametrize("error", [errors.ContentRefused(), errors.RequestRefused(), errors.QuotaSpent()])
def test_moderation_wrong_wishes_and_quota_are_final(
    desk: Desk, ben: User, submit: Submit, error: GatewayError
) -> None:
    asking(ben, submit, "automatic")
    job = desk.fail(error)
    assert (job.state, job.charge, fallback.offer(job)) == ("failed", "no", None)


def test_a_retry_answers_the_question_with_what_was_asked_for(desk: Desk, ben: User, submit: Submit) -> None:
    asking(ben, submit, "ask")
    assert desk.fail_as_long_as_it_tries().retry(now=desk.now)
    desk.deliver((3840, 2160))
    assert desk.sent[-1] == ("3840x2160", "high")
    assert (Job.objects.get().round, Job.objects.get().steps) == (1, [])


def test_a_question_can_be_called_off(desk: Desk, ben: User, submit: Submit) -> None:
    asking(ben, submit, "ask")
    assert desk.fail_as_long_as_it_tries().cancel(now=desk.now)
    assert (Job.objects.get().state, held()) == ("canceled", 0)


def test_a_question_nobody_answers_gives_its_money_back(desk: Desk, ben: User, submit: Submit) -> None:
    asking(ben, submit, "ask")
    desk.fail_as_long_as_it_tries()
    outcomes.lapse_questions(now=desk.now + fallback.QUESTION_LAPSES - timedelta(hours=1))
    assert Job.objects.get().state == "queued"
    outcomes.lapse_questions(now=desk.now + fallback.QUESTION_LAPSES)
    job = Job.objects.get()
    assert (job.state, job.charge, held()) == ("failed", "no", 0)
    assert fallback.offer(job) is not None


def test_the_reservation_covers_the_dearest_step(ben: User, submit: Submit, monkeypatch: pytest.MonkeyPatch) -> None:
    """No step of today's model costs more than the wish, so one that does is put on the ladder."""
    dearer = ImageRequest(prompt="A harbour", size=Size(2880, 2880), quality="high")
    monkeypatch.setattr(images, "ladder", lambda _request: (dearer,))
    asking(ben, submit, "ask", quality="low")
    assert held() == images.ceiling(dearer)
    asking(ben, submit, "never", quality="low")
    assert held() == images.ceiling(dearer) + images.ceiling(Generation.objects.latest("pk").request())


def test_a_late_reply_to_the_wish_itself_is_kept_beside_the_step_down(desk: Desk, ben: User, submit: Submit) -> None:
    asking(ben, submit, "ask")
    job = desk.fail(errors.DeadlinePassed())
    first = job.attempts.get()
    job.fall_back(now=desk.now + timedelta(seconds=1))
    inbox.path(first.pk).write_text(
        json.dumps({"data": [{"b64_json": base64.b64encode(striped((3840, 2160))).decode()}]})
    )
    outcomes.deliver(first.pk, received=None, now=desk.now)
    late = Picture.objects.get()
    assert (late.size, late.steps, late.is_downgraded) == ("3840x2160", [], False)
    assert Job.objects.get().state == "queued"


def test_the_wish_remembers_what_was_said_about_steps_down(ben: User, submit: Submit, desk: Desk) -> None:
    generation = asking(ben, submit, "automatic")
    asking(ben, submit, "never")
    assert Generation.objects.get(pk=generation.pk).fallback == "automatic"


# ── On the pages ──


HTMX = {"HX-Request": "true"}


def test_a_card_asks_with_the_price_and_the_answer_draws_it(
    desk: Desk, ben: User, submit: Submit, client_of: Callable[[User], Client]
) -> None:
    asking(ben, submit, "ask")
    job, browser = desk.fail_as_long_as_it_tries(), client_of(ben)
    page = browser.get("/").content.decode()
    assert "data-asks" in page
    assert "Draw at medium quality · about $0.10" in page
    answer = browser.post(f"/jobs/{job.pk}/fallback/", headers=HTMX).content.decode()
    assert "data-asks" not in answer
    assert "3840×2160 · Medium" in answer
    assert "The gateway has a problem right now." in answer
    assert (Job.objects.get().waiting_for, len(Job.objects.get().steps)) == ("slot", 1)


def test_a_picture_that_may_have_been_charged_offers_the_step_on_its_card(
    desk: Desk, ben: User, submit: Submit, client_of: Callable[[User], Client]
) -> None:
    asking(ben, submit, "automatic", quality="medium")
    job = desk.fail(errors.DeadlinePassed())
    page = client_of(ben).get(job.get_absolute_url()).content.decode()
    assert "may have been charged" in page
    assert "Draw 1536×864 and enlarge it · about $0.032" in page


def test_a_step_the_budget_has_no_room_for_is_not_taken(
    desk: Desk, ben: User, submit: Submit, client_of: Callable[[User], Client]
) -> None:
    asking(ben, submit, "ask")
    job = desk.fail(errors.DeadlinePassed())
    budget = Budget(scope="person", person=ben, month_limit=Decimal("0.01"))
    Budget.objects.keep(budget, today=local_day(desk.now))
    client_of(ben).post(f"/jobs/{job.pk}/fallback/")
    assert (Job.objects.get().state, Job.objects.get().round) == ("failed", 1)


def test_the_choice_is_made_in_settings_and_for_each_wish(ben: User, client_of: Callable[[User], Client]) -> None:
    browser = client_of(ben)
    assert browser.post("/settings/fallback/", {"fallback": "automatic"}, headers=HTMX).status_code == 204
    assert browser.post("/settings/fallback/", {"fallback": "whatever"}, headers=HTMX).status_code == 422
    assert 'name="fallback" value="automatic" checked' in browser.get("/").content.decode()
    for said, kept in [("", "automatic"), ("never", "never")]:
        wish = {"token": str(uuid.uuid4()), "fallback": said, **WISH}
        assert browser.post("/generations/", wish, headers=HTMX).status_code == 200
        assert Generation.objects.latest("pk").fallback == kept
