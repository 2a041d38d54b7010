"""From a generation to a picture and its price, on the real runner against the real sandbox."""

import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from studio import images
from studio.accounts.models import User
from studio.generations.models import Attempt, Generation, Job, TokenReused
from studio.images import Size
from studio.ledger.models import Entry
from studio.library import inbox
from studio.library.models import Picture
from studio.upstreams.models import Upstream
from studio.worker.runner import Runner
from tests.gateway.json_parses import JsonParses
from tests.running import Submit, wait_for_jobs, wait_until
from tests.sandbox.conftest import Running

pytestmark = pytest.mark.usefixtures("transactional_db")


def test_a_generation_becomes_a_picture_with_its_price(runner: Runner, ben: User, submit: Submit) -> None:
    [job] = wait_for_jobs(submit(ben))
    picture = Picture.objects.get(result__job=job)
    assert job.state == Job.State.SUCCEEDED
    assert (picture.size, picture.format, picture.owner) == ("1024x1024", "png", ben)
    assert default_storage.exists(picture.file.name)
    attempt = job.attempts.get()
    assert attempt.output_image_tokens == images.output_tokens(1024, 1024, "low")
    assert picture.price == Entry.objects.get(verb="settle").amount
    wait_until(lambda: inbox.find(attempt.pk) is None)


def test_an_attempt_keeps_what_the_guide_asks_to_store(runner: Runner, ben: User, submit: Submit) -> None:
    [job] = wait_for_jobs(submit(ben, output_format="webp", output_compression=80))
    attempt = job.attempts.get()
    assert (attempt.model, attempt.size, attempt.quality, attempt.output_format) == (
        "gpt-image-2",
        "1024x1024",
        "low",
        "webp",
    )
    assert (attempt.received_size, attempt.received_format, attempt.received_quality) == ("1024x1024", "webp", "low")
    assert attempt.total_tokens == (attempt.input_tokens or 0) + (attempt.output_tokens or 0)
    assert (attempt.latency or 0) > 0
    assert (attempt.upstream_name, attempt.user_alias, attempt.status) == ("environment", ben.alias, 200)
    assert attempt.key_fingerprint == Upstream.objects.get().key_fingerprint
    assert attempt.request_id
    assert attempt.upstream_request_id.startswith("req_")


def test_n_pictures_are_n_calls_for_one_picture_each(
    runner: Runner, sandbox: Running, ben: User, submit: Submit
) -> None:
    jobs = wait_for_jobs(submit(ben, "Four boats in a row", n=4))
    assert [job.state for job in jobs] == ["succeeded"] * 4
    aliases = [line for line in sandbox.lines() if line["user"] == ben.alias.hex]
    assert [line["n"] for line in aliases] == [1, 1, 1, 1]


def test_partial_previews_arrive_and_are_paid_for(runner: Runner, ben: User, submit: Submit) -> None:
    [job] = wait_for_jobs(submit(ben, size=Size(1536, 1024), stream=True, partial_images=3))
    attempt = job.attempts.get()
    assert job.partial_count == 3
    assert attempt.output_image_tokens == images.output_tokens(1536, 1024, "low") + 300
    assert Picture.objects.get(result__job=job).size == "1536x1024"


def test_the_same_token_twice_makes_one_generation(runner: Runner, ben: User, submit: Submit) -> None:
    token = uuid.uuid4()
    first, second = submit(ben, token=token), submit(ben, token=token)
    assert first == second
    assert Job.objects.count() == 1
    wait_for_jobs(first)


def test_the_same_token_with_another_prompt_is_refused(runner: Runner, ben: User, submit: Submit) -> None:
    token = uuid.uuid4()
    wait_for_jobs(submit(ben, "A boat", token=token))
    with pytest.raises(TokenReused):
        submit(ben, "A train", token=token)
    assert Generation.objects.count() == 1


@pytest.mark.parametrize("options", [{}, {"stream": True, "partial_images": 1}], ids=["json", "stream"])
def test_a_finished_picture_is_parsed_once_until_it_is_stored(
    runner: Runner, ben: User, submit: Submit, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    parses = JsonParses(monkeypatch)
    [job] = wait_for_jobs(submit(ben, **options))
    assert job.state == Job.State.SUCCEEDED
    assert parses.count('"b64_json"') == 1 + job.partial_count


def test_a_refused_prompt_fails_without_a_cent(runner: Runner, ben: User, submit: Submit) -> None:
    [job] = wait_for_jobs(submit(ben, "sandbox:refused"))
    assert (job.state, job.charge) == ("failed", "no")
    assert job.attempts.count() == 1
    assert set(Entry.objects.values_list("verb", flat=True)) == {"reserve", "release"}


def test_a_cut_reply_may_have_been_charged_and_is_not_sent_again(
    runner: Runner, sandbox: Running, ben: User, submit: Submit
) -> None:
    generation = submit(ben, "A bridge sandbox:cut")
    [job] = wait_for_jobs(generation)
    assert (job.state, job.charge) == ("failed", "maybe")
    assert job.attempts.get().outcome == Attempt.Outcome.UNKNOWN
    settled = Entry.objects.get(verb="settle")
    assert (settled.certainty, settled.amount) == ("maybe", images.ceiling(generation.request))
    assert len([line for line in sandbox.lines() if line["user"] == ben.alias.hex]) == 1


def test_an_early_502_is_tried_again_and_succeeds(runner: Runner, ben: User, submit: Submit) -> None:
    [job] = wait_for_jobs(submit(ben, f"A lamp {uuid.uuid4()} sandbox:502-once"))
    assert job.state == "succeeded"
    assert [attempt.outcome for attempt in job.attempts.all()] == ["failed", "succeeded"]
    assert Entry.objects.filter(verb="settle").count() == 1


def test_a_lasting_502_is_tried_three_times_and_costs_nothing(runner: Runner, ben: User, submit: Submit) -> None:
    [job] = wait_for_jobs(submit(ben, "A lamp sandbox:502"))
    assert (job.state, job.charge, job.attempts.count()) == ("failed", "no", 3)


def test_a_limit_is_waited_out_with_the_time_shown(runner: Runner, ben: User, submit: Submit) -> None:
    generation = submit(ben, f"A door {uuid.uuid4()} sandbox:429-once")
    waiting = wait_until(lambda: Job.objects.filter(generation=generation, waiting_for="cooldown").first())
    assert waiting.state == "queued"
    assert waiting.not_before
    [job] = wait_for_jobs(generation)
    assert job.state == "succeeded"


def test_a_truncated_picture_is_no_picture(runner: Runner, ben: User, submit: Submit) -> None:
    [job] = wait_for_jobs(submit(ben, "A vase sandbox:truncated"))
    assert (job.state, job.charge) == ("failed", "yes")
    assert not Picture.objects.exists()


def test_missing_usage_is_estimated_by_the_formula(runner: Runner, ben: User, submit: Submit) -> None:
    [job] = wait_for_jobs(submit(ben, "A chair sandbox:no-usage"))
    settled = Entry.objects.get(verb="settle")
    assert job.state == "succeeded"
    assert settled.certainty == "estimated"
    assert settled.output_image_tokens == images.output_tokens(1024, 1024, "low")


def test_a_downgraded_picture_shows_requested_and_received(runner: Runner, ben: User, submit: Submit) -> None:
    [job] = wait_for_jobs(submit(ben, "A tower sandbox:downgraded", size=Size(2048, 1152)))
    picture = Picture.objects.get(result__job=job)
    assert ("size", "2048x1152", "1254x1254") in picture.differences


def test_a_canceled_queued_job_costs_nothing(upstream: Upstream, ben: User, submit: Submit) -> None:
    generation = submit(ben)
    job = generation.jobs.get()
    assert job.cancel(now=timezone.now())
    job.refresh_from_db()
    assert (job.state, job.charge) == ("canceled", "no")
    assert not Entry.objects.open_reservations().exists()


def test_a_picture_that_arrives_after_cancel_is_stored_and_paid(runner: Runner, ben: User, submit: Submit) -> None:
    generation = submit(ben, "A slow tide sandbox:slow")
    job = wait_until(lambda: Job.objects.filter(generation=generation, state="running").first())
    job.cancel(now=timezone.now())
    [job] = wait_for_jobs(generation)
    if job.cancel_requested_at:
        assert job.state == "canceled"
        assert Picture.objects.get(result__job=job).is_after_cancel
    assert Entry.objects.get(verb="settle").amount > 0


def test_a_retry_makes_its_own_reservation_and_settlement(runner: Runner, ben: User, submit: Submit) -> None:
    [job] = wait_for_jobs(submit(ben, f"A well {uuid.uuid4()} sandbox:cut-once"))
    assert job.retry(now=timezone.now())
    [job] = wait_for_jobs(job.generation)
    assert (job.state, job.round) == ("succeeded", 2)
    assert list(Entry.objects.filter(verb="settle").order_by("pk").values_list("certainty", flat=True)) == [
        "maybe",
        "exact",
    ]


def test_a_retry_of_a_finished_job_does_nothing(runner: Runner, ben: User, submit: Submit) -> None:
    [job] = wait_for_jobs(submit(ben))
    assert not job.retry(now=timezone.now())
    assert Entry.objects.filter(verb="reserve").count() == 1


def test_slots_are_never_exceeded(runner: Runner, upstream: Upstream, ben: User, submit: Submit) -> None:
    Upstream.objects.update(standard_slots=2)
    wait_for_jobs(submit(ben, "sandbox:slow", n=4))
    calls = Attempt.objects.values_list("started_at", "finished_at")
    assert max(sum(start <= at < end for start, end in calls) for at, _end in calls) == 2


def test_the_person_with_fewer_running_jobs_goes_first(
    upstream: Upstream, ben: User, cleo: User, submit: Submit
) -> None:
    from studio.generations import claims
    from studio.worker import sweep

    worker = sweep.register(home="tests")
    Upstream.objects.update(standard_slots=2)
    submit(ben, n=5)
    late = submit(cleo)
    calls = claims.claim_batch(worker=worker, now=timezone.now())
    assert [Job.objects.get(pk=call.job_id).owner for call in calls] == [ben, cleo]
    assert calls[1].job_id == late.jobs.get().pk


def test_large_pictures_wait_in_their_own_lane(upstream: Upstream, ben: User, submit: Submit) -> None:
    from studio.generations import claims
    from studio.worker import sweep

    worker = sweep.register(home="tests")
    submit(ben, size=Size(3840, 2160), n=3)
    submit(ben)
    lanes = [
        Attempt.objects.get(pk=call.attempt_id).lane for call in claims.claim_batch(worker=worker, now=timezone.now())
    ]
    assert sorted(lanes) == ["large", "standard"]


def test_the_key_and_the_address_of_a_person_never_leave_as_user(
    runner: Runner, sandbox: Running, ben: User, submit: Submit
) -> None:
    wait_for_jobs(submit(ben, "A private hill"))
    users = {line["user"] for line in sandbox.lines()}
    assert ben.alias.hex in users
    assert ben.email not in users


def test_the_price_multiplier_of_an_upstream_counts(runner: Runner, ben: User, submit: Submit) -> None:
    Upstream.objects.update(price_multiplier=Decimal("0.5"))
    [job] = wait_for_jobs(submit(ben))
    usage = job.attempts.get()
    full = images.cost(
        images.Usage(usage.input_text_tokens or 0, 0, usage.output_image_tokens or 0, 0), images.LIST_RATES
    )
    assert Entry.objects.get(verb="settle").amount == full / 2


def test_a_reply_that_holds_no_picture_leaves_the_inbox_with_its_call(
    runner: Runner, ben: User, submit: Submit
) -> None:
    [job] = wait_for_jobs(submit(ben, "A torn photograph sandbox:truncated"))
    assert job.charge == Job.Charge.YES
    wait_until(lambda: not runner.call_count)
    assert not inbox.path(job.attempts.get().pk).exists()
    assert default_storage.exists(job.attempts.get().kept_reply.file)
