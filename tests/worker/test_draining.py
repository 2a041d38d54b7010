"""Draining: running calls may end, but only for DRAIN_SECONDS."""

import time
from typing import Any

import pytest

from studio.accounts.models import User
from studio.generations.models import Attempt, Job, Worker
from studio.ledger.models import Entry
from studio.worker.runner import Runner
from tests.running import Submit, wait_until

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture
def short_drain(settings: Any) -> None:
    settings.DRAIN_SECONDS = 1


def sent(count: int) -> bool:
    return Attempt.objects.exclude(sent_at=None).count() == count


def test_a_call_that_never_ends_is_given_up_as_an_unknown_outcome(
    short_drain: None, runner: Runner, ben: User, submit: Submit
) -> None:
    submit(ben, "A harbour sandbox:timeout")
    wait_until(lambda: sent(1))
    began = time.monotonic()
    runner.drain()
    time.sleep(0.3)  # a claim that was under way at that moment is over
    later = submit(ben, "A harbour after the signal")
    wait_until(lambda: Worker.objects.exclude(stopped_at=None).exists())
    assert 0.9 < time.monotonic() - began < 10
    job = Job.objects.exclude(generation=later).get()
    assert (job.state, job.charge, job.error_kind) == ("failed", "maybe", "worker_died")
    assert Entry.objects.get(verb="settle").certainty == "maybe"
    assert not Attempt.objects.unfinished().exists()
    assert Job.objects.get(generation=later).state == "queued"


def test_a_call_that_ends_in_time_brings_its_picture(runner: Runner, ben: User, submit: Submit) -> None:
    submit(ben, "A harbour sandbox:slow")
    wait_until(lambda: sent(1))
    runner.drain()
    wait_until(lambda: Worker.objects.exclude(stopped_at=None).exists())
    assert Job.objects.get().state == "succeeded"
