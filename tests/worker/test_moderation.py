"""The second check of prompts: the real runner calls the sandbox's moderation before a job may start."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from studio.accounts.models import StudioSettings, User
from studio.generations import error_catalogue
from studio.generations.models import Attempt, Job
from studio.ledger.models import Entry
from studio.safety.models import SafetyNote
from studio.safety.moderation import THRESHOLDS, refused_category
from studio.upstreams.models import Upstream
from studio.worker import moderation
from studio.worker.runner import Runner
from tests.running import Submit, wait_for_jobs

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture
def moderated(upstream: Upstream) -> Upstream:
    """The upstream with a moderation endpoint."""
    Upstream.objects.filter(pk=upstream.pk).update(has_moderations=True)
    return upstream


def test_a_prompt_that_passes_the_check_is_generated(
    moderated: Upstream, runner: Runner, ben: User, submit: Submit
) -> None:
    [job] = wait_for_jobs(submit(ben))
    assert (job.state, job.is_unchecked) == (Job.State.SUCCEEDED, False)
    assert not SafetyNote.objects.exists()


def test_a_job_waits_for_the_check_before_anything_else(moderated: Upstream, ben: User, submit: Submit) -> None:
    [job] = submit(ben).jobs.all()
    assert (job.waiting_for, job.is_unchecked) == (Job.WaitingFor.MODERATION, True)
    Job.objects.update(waiting_for=Job.WaitingFor.SLOT)  # as when another reason to wait ends first
    assert not Job.objects.eligible(lane=job.lane, now=timezone.now()).exists()


def test_what_the_check_refuses_is_not_sent_and_not_charged(
    moderated: Upstream, runner: Runner, ben: User, submit: Submit
) -> None:
    jobs = wait_for_jobs(submit(ben, "A harbour at dawn score:violence/graphic=0.99", n=2))
    assert [(job.state, job.charge, job.error_kind) for job in jobs] == [("failed", "no", "prompt_refused")] * 2
    assert not Attempt.objects.exists()
    assert {entry.verb for entry in Entry.objects.all()} == {"reserve", "release"}
    note = SafetyNote.objects.get()
    assert (note.person, note.source, note.verdict, note.category) == (ben, "moderation", "refused", "violence/graphic")


def test_the_studio_may_set_its_own_threshold(moderated: Upstream, runner: Runner, ben: User, submit: Submit) -> None:
    StudioSettings(pk=1, moderation_thresholds={"violence": 0.3}).save()
    [job] = wait_for_jobs(submit(ben, "A harbour at dawn score:violence=0.4"))
    assert job.error_kind == "prompt_refused"


@pytest.mark.parametrize("fault", ["moderation-503", "moderation-nonsense"])
def test_an_unreachable_check_passes_if_the_studio_is_set_so(
    fault: str, moderated: Upstream, runner: Runner, ben: User, submit: Submit
) -> None:
    [job] = wait_for_jobs(submit(ben, f"A harbour at dawn sandbox:{fault}"))
    assert job.state == Job.State.SUCCEEDED
    assert SafetyNote.objects.get().verdict == SafetyNote.Verdict.UNCHECKED


def test_an_unreachable_check_fails_the_job_if_the_studio_is_set_so(
    moderated: Upstream, runner: Runner, ben: User, submit: Submit
) -> None:
    StudioSettings(pk=1, moderation_fails_open=False).save()
    [job] = wait_for_jobs(submit(ben, "A harbour at dawn sandbox:moderation-503"))
    assert (job.state, job.charge, job.error_kind) == ("failed", "no", "check_out_of_reach")
    assert not Attempt.objects.exists()
    assert SafetyNote.objects.get().verdict == SafetyNote.Verdict.UNREACHED


def test_a_retry_of_what_was_held_back_is_checked_again(
    moderated: Upstream, runner: Runner, ben: User, submit: Submit
) -> None:
    [job] = wait_for_jobs(submit(ben, "A harbour at dawn score:hate=0.99"))
    assert job.retry(now=timezone.now())
    [job] = wait_for_jobs(job.generation)
    assert (job.error_kind, job.round, SafetyNote.objects.count()) == ("prompt_refused", 2, 2)


@pytest.mark.parametrize(
    ("word", "row", "button"),
    [
        ("score:hate=0.99", "prompt-refused", "Edit the prompt"),
        ("sandbox:moderation-503", "check-out-of-reach", "Retry"),
    ],
)
def test_the_card_of_a_generation_that_failed_the_check_says_so(
    word: str, row: str, button: str, moderated: Upstream, runner: Runner, ben: User, submit: Submit,
    client_of: Callable[[User], Client],
) -> None:  # fmt: skip
    StudioSettings(pk=1, moderation_fails_open=False).save()
    [job] = wait_for_jobs(submit(ben, f"A harbour at dawn {word}"))
    card = client_of(ben).get(f"/jobs/{job.pk}/").content.decode()
    [message] = [one.message for one in error_catalogue.ROWS if one.name == row]
    assert all(part in card for part in (escape(message), "not charged", button, f"#{row}"))


def test_nothing_waits_for_a_check_that_was_switched_off(moderated: Upstream, ben: User, submit: Submit) -> None:
    [job] = submit(ben).jobs.all()
    Upstream.objects.update(has_moderations=False)
    assert moderation.claim_checks(now=timezone.now()) == []
    job.refresh_from_db()
    assert (job.is_unchecked, job.waiting_for) == (False, Job.WaitingFor.SLOT)


def test_two_workers_do_not_check_the_same_generation(moderated: Upstream, ben: User, submit: Submit) -> None:
    submit(ben)
    now = timezone.now()
    assert [check.text for check in moderation.claim_checks(now=now)] == ["A harbour at dawn"]
    assert moderation.claim_checks(now=now) == []
    assert len(moderation.claim_checks(now=now + moderation.CLAIMED_FOR)) == 1


def test_a_gateways_own_refusal_stands_in_the_same_log(
    upstream: Upstream, runner: Runner, ben: User, submit: Submit
) -> None:
    [job] = wait_for_jobs(submit(ben, "A harbour at dawn sandbox:refused"))
    note = SafetyNote.objects.get()
    assert (job.error_kind, note.source, note.job_id, note.text) == ("content_refused", "upstream", job.pk, "")


def test_the_worst_category_is_the_one_that_is_named() -> None:
    assert refused_category({"violence": 0.98, "sexual/minors": 0.9, "unknown": 1.0}, {}) == "sexual/minors"
    assert refused_category(dict.fromkeys(THRESHOLDS, 0.01), {}) == ""
    assert refused_category({"sexual": 0.99}, {"sexual": 1}) == ""
