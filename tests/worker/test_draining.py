"""Draining: running calls may end, but only for DRAIN_SECONDS."""

import threading
import time
from typing import Any

import pytest

from studio.accounts.models import User
from studio.generations.models import Attempt, Job, Worker
from studio.ledger.models import Entry
from studio.worker.runner import Runner
from tests.running import TIMEOUT, Submit, wait_until

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture
def short_drain(settings: Any) -> None:
    settings.DRAIN_SECONDS = 1


@pytest.fixture
def claims_no_more(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set when the runner claims nothing more and waits for its calls."""
    event, finish = threading.Event(), Runner._finish

    async def finish_and_tell(runner: Runner) -> None:
        event.set()
        await finish(runner)

    monkeypatch.setattr(Runner, "_finish", finish_and_tell)
    return event


def sent(count: int) -> bool:
    return Attempt.objects.exclude(sent_at=None).count() == count


def test_a_call_that_never_ends_is_given_up_as_an_unknown_outcome(
    short_drain: None, claims_no_more: threading.Event, runner: Runner, ben: User, submit: Submit
) -> None:
    submit(ben, "A harbour sandbox:timeout")
    wait_until(lambda: sent(1))
    began = time.monotonic()
    runner.drain()
    assert claims_no_more.wait(TIMEOUT)
    later = submit(ben, "A harbour after the signal")
    wait_until(lambda: Worker.objects.exclude(stopped_at=None).exists())
    assert time.monotonic() - began > 0.9  # it was waited for
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
