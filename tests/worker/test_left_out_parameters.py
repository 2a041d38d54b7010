"""Parameters a gateway refuses are left out: the tile says so, it is stored for the upstream, and nobody pays twice."""

import uuid

import pytest
from django.template.loader import render_to_string

from studio.accounts.models import User
from studio.generations.models import Attempt, Job
from studio.ledger.models import Entry
from studio.library.models import Picture
from studio.upstreams.models import Upstream
from studio.worker.runner import Runner
from tests.running import Submit, wait_for_jobs
from tests.sandbox.conftest import Running

pytestmark = pytest.mark.usefixtures("transactional_db")


def tile(job: Job) -> str:
    return render_to_string("create/cards.html#tile", {"job": Job.objects.get(pk=job.pk)})


@pytest.mark.parametrize(
    ("param", "words", "fields"),
    [
        ("output-format", "the format", {"output_format": "webp"}),
        ("output-compression", "compression", {"output_format": "webp", "output_compression": 60}),
        ("moderation", "moderation", {"moderation": "low"}),
        ("background", "the background", {"background": "opaque"}),
        ("partial-images", "previews", {"stream": True, "partial_images": 2}),
        ("stream", "previews", {"stream": True, "partial_images": 2}),
        ("user", "", {}),
    ],
)
def test_a_refused_parameter_is_left_out_shown_and_remembered(
    runner: Runner, ben: User, submit: Submit, param: str, words: str, fields: dict[str, object]
) -> None:
    name = param.replace("-", "_")
    [job] = wait_for_jobs(submit(ben, f"A harbour {uuid.uuid4()} sandbox:lacks-{param}", **fields))
    first, second = job.attempts.all()
    assert job.state == Job.State.SUCCEEDED
    assert (first.error_kind, first.outcome) == ("parameter_refused", Attempt.Outcome.FAILED)
    assert (first.omitted, second.omitted) == ([], [name])
    assert Upstream.objects.get().refused_parameters == [name]
    assert Entry.objects.filter(verb="settle").count() == 1
    assert ("without " + words in tile(job)) is bool(words)


def test_what_an_upstream_was_found_to_refuse_is_never_sent_there_again(
    runner: Runner, ben: User, submit: Submit
) -> None:
    [first] = wait_for_jobs(submit(ben, "A harbour sandbox:lacks-moderation", moderation="low"))
    [second] = wait_for_jobs(submit(ben, "A pier sandbox:lacks-moderation", moderation="low"))
    assert (first.attempts.count(), second.attempts.count()) == (2, 1)
    assert "without moderation" in tile(second)


def test_a_gateway_that_refuses_what_was_not_even_sent_is_asked_twice_and_no_more(
    runner: Runner, sandbox: Running, ben: User, submit: Submit
) -> None:
    [job] = wait_for_jobs(submit(ben, "A harbour sandbox:unknown-parameter"))
    assert (job.state, job.charge, job.attempts.count()) == ("failed", "no", 2)
    assert Entry.objects.filter(verb="settle").count() == 0


def test_a_picture_in_the_gateways_own_format_is_no_downgrade_where_the_format_was_left_out(
    runner: Runner, ben: User, submit: Submit
) -> None:
    [job] = wait_for_jobs(submit(ben, "A harbour sandbox:lacks-output-format", output_format="webp"))
    picture = Picture.objects.get(result__job=job)
    assert picture.format == "png"
    assert picture.requested["output_format"] == "webp"
    assert job.attempts.last().is_as_requested
