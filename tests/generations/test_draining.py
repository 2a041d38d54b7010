"""What a stop does with calls under way: they may end, but not for ever."""

import time
from typing import Any

import pytest

from studio.accounts.models import User
from studio.generations.models import Attempt, Job, Worker
from studio.generations.runner import Runner
from studio.ledger.models import Entry

from .conftest import Submit, eventually

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture
def brief(settings: Any) -> None:
    settings.DRAIN_SECONDS = 1


def sent(count: int) -> bool:
    return Attempt.objects.exclude(sent_at=None).count() == count


def test_a_call_that_never_ends_is_given_up_as_an_unknown_outcome(
    brief: None, runner: Runner, ben: User, submit: Submit
) -> None:
    submit(ben, "A harbour sandbox:timeout")
    eventually(lambda: sent(1))
    began = time.monotonic()
    runner.drain()
    time.sleep(0.3)  # a claim that was under way at that moment is over
    later = submit(ben, "A harbour after the signal")
    eventually(lambda: Worker.objects.exclude(stopped_at=None).exists())
    assert 0.9 < time.monotonic() - began < 10
    job = Job.objects.exclude(generation=later).get()
    assert (job.state, job.charge, job.error_kind) == ("failed", "maybe", "worker_died")
    assert Entry.objects.get(verb="settle").certainty == "maybe"
    assert not Attempt.objects.unfinished().exists()
    assert Job.objects.get(generation=later).state == "queued"


def test_a_call_that_ends_in_time_becomes_its_picture(runner: Runner, ben: User, submit: Submit) -> None:
    submit(ben, "A harbour sandbox:slow")
    eventually(lambda: sent(1))
    runner.drain()
    eventually(lambda: Worker.objects.exclude(stopped_at=None).exists())
    assert Job.objects.get().state == "succeeded"
