"""What a waiting tile says: its place in line, why it waits, about how long, and one word for its state everywhere."""

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from studio.accounts.models import User
from studio.create import failure_actions, waiting
from studio.create.live_feed import Stream
from studio.create.tiles import Tile
from studio.generations import forecast
from studio.generations.models import Attempt, Job, Worker
from studio.upstreams.models import Upstream
from tests.clock import Clock
from tests.create.test_live import sent_events
from tests.running import Submit

# The clock stands still: what a tile says of its wait changes with every second that a slow machine takes.
pytestmark = pytest.mark.usefixtures("transactional_db", "clock")

ClientOf = Callable[[User], Client]


@pytest.fixture(autouse=True)
def upstream(transactional_db: None) -> Upstream:
    return Upstream.objects.declare(
        name="environment", base_url="http://127.0.0.1:9/v1", api_key="sk-test-012345678", standard_slots=2
    )


def run(job: Job, *, seconds_ago: float = 0, latency: float | None = None) -> Attempt:
    """Start a job's call, or leave one in the history that took `latency` seconds."""
    now = timezone.now()
    worker, _is_new = Worker.objects.get_or_create(home="tests")
    upstream = Upstream.objects.get()
    request = job.request
    started_at = now - timedelta(seconds=seconds_ago)
    if latency is None:
        job.row.touch(state="running", stage="sent", started_at=started_at)
    else:
        job.row.touch(state="canceled", finished_at=now, charge="no")
    return Attempt.objects.create(
        job=job,
        round=1,
        worker=worker,
        upstream=upstream,
        upstream_name=upstream.name,
        lane=job.lane,
        slot=Attempt.objects.unfinished().count(),
        started_at=started_at,
        finished_at=now if latency else None,
        latency=latency,
        outcome="succeeded" if latency else "",
        model=request.model,
        size=str(request.size),
        quality=request.quality,
        output_format="png",
        key_fingerprint="0" * 12,
        user_alias=uuid.uuid4(),
        price_multiplier=1,
        is_simulated=False,
    )


@pytest.fixture
def wait_a_moment(clock: Clock) -> Callable[[], Any]:
    """Let the seconds pass for which pages share what they know of the line."""
    return lambda: clock.pass_by(seconds=max(forecast.SHORT, waiting.SHORT, failure_actions.CACHE_SECONDS))


@pytest.fixture
def history(ada: User, submit: Submit) -> None:
    """Such pictures took 30 seconds."""
    run(submit(ada).jobs.get(), latency=30)


@pytest.fixture
def busy(history: None, cleo: User, submit: Submit) -> list[Job]:
    """Cleo's two pictures take both slots; one began 20 seconds ago, one 10."""
    jobs = list(submit(cleo, n=2).jobs.all())
    for job, seconds in zip(jobs, (20, 10), strict=True):
        run(job, seconds_ago=seconds)
    return jobs


def tile_text(client: Client, job: Job) -> str:
    html = client.get("/").content.decode()
    text = re.search(rf'data-waiting="{job.pk}">([^<]*)<', html)
    assert text
    return text[1]


@pytest.mark.usefixtures("busy")
def test_a_queued_tile_says_its_place_why_it_waits_and_when_its_picture_will_be_there(
    ben: User, client_of: ClientOf, submit: Submit
) -> None:
    jobs = list(submit(ben, n=3).jobs.all())
    assert [tile_text(client_of(ben), job) for job in jobs] == [
        "queued: 1st in line, all 2 slots busy, about 40 s",
        "queued: 2nd in line, all 2 slots busy, about 50 s",
        "queued: 3rd in line, all 2 slots busy, about 1 min 10 s",
    ]


@pytest.mark.usefixtures("busy")
def test_the_place_in_line_is_the_order_in_which_jobs_start_fair_to_people(
    ada: User, ben: User, submit: Submit
) -> None:
    bens, adas = list(submit(ben, n=3).jobs.all()), submit(ada).jobs.get()
    words = [Tile(job).waiting_sentence.split(",")[0] for job in [*bens, adas]]
    assert words == ["queued: 1st in line", "queued: 3rd in line", "queued: 4th in line", "queued: 2nd in line"]


def test_the_time_of_a_waiting_job_grows_with_a_call_that_does_not_end(
    ben: User, cleo: User, submit: Submit, history: None, upstream: Upstream
) -> None:
    Upstream.objects.filter(pk=upstream.pk).update(standard_slots=1)
    run(submit(cleo).jobs.get(), seconds_ago=30 + 300)
    assert Tile(submit(ben).jobs.get()).waiting_sentence.endswith("the only slot is busy, about 5 min 30 s")


def test_an_idle_studio_never_says_that_its_slots_are_busy(ben: User, submit: Submit) -> None:
    jobs = submit(ben, n=2).jobs.all()
    assert [Tile(job).waiting_sentence for job in jobs] == ["queued: 1st in line", "queued: 2nd in line"]


@pytest.mark.usefixtures("busy")
def test_the_list_of_jobs_says_the_same_of_a_queued_job_as_its_tile(
    ben: User, client_of: ClientOf, submit: Submit
) -> None:
    job, client = submit(ben).jobs.get(), client_of(ben)
    assert tile_text(client, job) in client.get("/jobs/").content.decode()


def test_a_tile_is_told_when_what_it_waits_for_changes_without_it(
    ben: User, busy: list[Job], submit: Submit, wait_a_moment: Callable[[], Any]
) -> None:
    job, stream = submit(ben).jobs.get(), Stream(ben.pk, "en")
    sent_events(stream)
    assert sent_events(stream) == [[]]
    Attempt.objects.filter(job=busy[0]).update(finished_at=timezone.now(), outcome="failed")
    busy[0].row.touch(state="failed", charge="no")
    wait_a_moment()
    [events] = sent_events(stream)
    assert events == [("waiting", {"id": job.pk, "text": "queued: 1st in line, about 30 s"})]


@pytest.mark.usefixtures("busy")
def test_a_long_line_in_many_tabs_is_looked_at_once(
    ben: User, submit: Submit, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    submit(ben, n=10)
    tabs = [Stream(ben.pk, "en") for _number in range(5)]
    sent_events(*tabs)
    with django_assert_max_num_queries(2):
        assert sent_events(*tabs) == [[]] * 5


def test_a_tile_is_told_when_every_gateway_is_paused(
    ben: User, submit: Submit, upstream: Upstream, wait_a_moment: Callable[[], Any]
) -> None:
    submit(ben)
    stream = Stream(ben.pk, "en")
    sent_events(stream)
    upstream.pause(until=timezone.now() + timedelta(hours=1), reason="window_used_up")
    wait_a_moment()
    [[(name, data)]] = sent_events(stream)
    assert name == "waiting"
    assert data["text"].startswith("queued: all gateways are paused until ")


@pytest.mark.parametrize(
    ("columns", "word"),
    [
        ({"stage": "claimed"}, "starting"),
        ({"stage": "sent"}, "generating"),
        ({"stage": "generating"}, "generating"),
        ({"stage": "saving"}, "saving"),
        ({"stage": "sent", "cancel_requested_at": timezone.now()}, "stopping"),
    ],
)
def test_a_running_job_has_the_same_word_on_its_tile_and_in_the_list_of_jobs(
    ben: User, client_of: ClientOf, submit: Submit, columns: dict[str, object], word: str
) -> None:
    job, client = submit(ben).jobs.get(), client_of(ben)
    run(job)
    job.row.touch(**columns)
    tile = re.search(r'<p class="tile-stage">\s*<span[^>]*></span>\s*<span>([^<]*)</span>', page_of(client, "/"))
    line = re.search(r'<p class="job-status" data-state="running">\s*(\w+)', page_of(client, "/jobs/"))
    assert tile
    assert line
    assert (tile[1], line[1]) == (word, word)


def test_the_header_calls_a_job_that_is_being_stopped_stopping(ben: User, client_of: ClientOf, submit: Submit) -> None:
    job = submit(ben).jobs.get()
    run(job)
    job.cancel(now=timezone.now())
    html = page_of(client_of(ben), "/")
    assert re.search(r'data-count="generating" hidden>\s*<b>0</b>', html)
    assert re.search(r'data-count="stopping">\s*<b>1</b>', html)


@pytest.mark.parametrize("columns", [{"stage": "saving"}, {"stage": "sent", "cancel_requested_at": timezone.now()}])
def test_cancel_is_not_offered_where_it_can_do_nothing(
    ben: User, client_of: ClientOf, submit: Submit, columns: dict[str, object]
) -> None:
    job, client = submit(ben).jobs.get(), client_of(ben)
    run(job)
    job.row.touch(**columns)
    for address in ("/", "/jobs/", f"/jobs/{job.pk}/"):
        assert f"/jobs/{job.pk}/cancellation/" not in page_of(client, address)
    assert job.cancel(now=timezone.now()) is False


def page_of(client: Client, address: str) -> str:
    return client.get(address).content.decode()
