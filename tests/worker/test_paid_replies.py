"""A picture that was paid for reaches its person, however it came; what cannot be read is kept for them."""

import json
from base64 import b85encode
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from studio import images
from studio.accounts.models import User
from studio.generations import kept_replies
from studio.generations.models import Job, KeptReply
from studio.ledger.models import Entry
from studio.library import inbox
from studio.library.models import Picture
from studio.upstreams.models import Upstream
from studio.worker.runner import Runner
from tests.answering_gateway import USAGE, AnsweringGateway, answering, data_url, drawn, moving, text_of
from tests.running import Submit, upstream_at, wait_for_jobs, wait_until

pytestmark = pytest.mark.usefixtures("transactional_db")

TOLD = images.cost(images.Usage(input_text_tokens=9, output_image_tokens=372), images.LIST_RATES)


@pytest.fixture
def gateway() -> Iterator[AnsweringGateway]:
    with answering() as gateway:
        yield gateway


@pytest.fixture
def upstream(gateway: AnsweringGateway, transactional_db: None) -> Upstream:
    return upstream_at(gateway.base_url)


def body(picture: bytes, **more: Any) -> dict[str, Any]:
    return {"created": 1, "data": [{"b64_json": text_of(picture)}], "usage": USAGE, **more}


def card(client_of: Callable[[User], Client], person: User, job: Job) -> str:
    return client_of(person).get(job.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("picture", "came_as"),
    [
        (drawn(kind="AVIF"), "avif"),
        (moving(), "webp"),
        (moving("GIF"), "gif"),
        (drawn(kind="TIFF"), "tiff"),
        (drawn(kind="JPEG2000"), "jp2"),
    ],
    ids=["avif", "moving webp", "gif", "tiff", "jpeg 2000"],
)
def test_a_picture_in_a_format_that_is_not_kept_is_shown_and_there_as_it_came(
    runner: Runner, gateway: AnsweringGateway, ben: User, submit: Submit, picture: bytes, came_as: str
) -> None:
    gateway.answer(body(picture))
    [job] = wait_for_jobs(submit(ben))
    shown = Picture.objects.get(result__job=job)
    assert (job.state, job.charge, shown.size, shown.format) == ("succeeded", "yes", "1024x1024", "png")
    assert default_storage.open(shown.raw_file.name).read() == picture
    assert shown.raw_url.endswith(f"raw.{came_as}")
    assert (job.attempts.get().received_format, job.attempts.get().is_as_requested) == (came_as, True)
    assert Entry.objects.get(verb="settle").amount == shown.price == TOLD


def test_a_picture_that_cannot_be_shown_is_downloaded_and_costs_what_was_told(
    runner: Runner,
    gateway: AnsweringGateway,
    ben: User,
    submit: Submit,
    client_of: Callable[[User], Client],
) -> None:
    strange = b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(500)
    gateway.answer(body(strange))
    [job] = wait_for_jobs(submit(ben))
    kept = wait_until(lambda: KeptReply.objects.first())
    assert (job.state, job.charge, job.error_kind) == ("failed", "yes", "picture_broken")
    assert Entry.objects.get(verb="settle").amount == TOLD
    name, filename = kept_replies.stored_reply(ben, kept.pk) or ("", "")
    assert (default_storage.open(name).read(), filename) == (strange, f"easel-job-{job.pk}.jxl")
    page = card(client_of, ben, job)
    assert "The picture arrived, but it cannot be shown here." in page
    assert f'href="{kept.download_url}"' in page
    assert "Download what came" in page
    assert "may have been charged" not in page


def test_pictures_that_cannot_be_shown_say_nothing_against_their_upstream(
    runner: Runner, gateway: AnsweringGateway, ben: User, submit: Submit, upstream: Upstream
) -> None:
    gateway.answer(body(drawn()[:-2000]))
    wait_for_jobs(submit(ben, n=4))
    upstream.refresh_from_db()
    assert not upstream.is_paused(now=timezone.now())
    assert not upstream.alerts.exists()
    gateway.answer(body(drawn()))
    [job] = wait_for_jobs(submit(ben, "The next one"))
    assert job.state == "succeeded"


ENVELOPES: dict[str, Callable[[bytes], Any]] = {
    "string-list": lambda picture: {"data": [data_url(picture)]},
    "minimax": lambda picture: {"data": {"image_urls": [data_url(picture)]}, "base_resp": {"status_code": 0}},
    "chat-images": lambda picture: {
        "choices": [{"message": {"images": [{"type": "image_url", "image_url": {"url": data_url(picture)}}]}}]
    },
    "chat-markdown": lambda picture: {"choices": [{"message": {"content": f"Here: ![it]({data_url(picture)}) done."}}]},
    "gemini": lambda picture: {
        "candidates": [{"content": {"parts": [{"inlineData": {"mimeType": "image/png", "data": text_of(picture)}}]}}]
    },
    "stability": lambda picture: {"artifacts": [{"base64": text_of(picture), "finishReason": "SUCCESS"}]},
    "said-ok": lambda picture: {"code": 200, "message": "success", "result": {"image": text_of(picture)}},
    "pieces": lambda picture: {"parts": [text_of(picture)[:100], text_of(picture)[100:]]},
    "buffer": lambda picture: {"image": {"type": "Buffer", "data": list(picture)}},
}


@pytest.mark.parametrize("envelope", ENVELOPES)
def test_a_picture_is_found_wherever_a_reply_carries_it(
    runner: Runner, gateway: AnsweringGateway, ben: User, submit: Submit, envelope: str
) -> None:
    gateway.answer(ENVELOPES[envelope](drawn()))
    [job] = wait_for_jobs(submit(ben))
    assert job.state == "succeeded"
    assert default_storage.open(Picture.objects.get(result__job=job).file.name).read() == drawn()
    assert len(gateway.posts) == 1


def test_a_picture_at_an_address_in_a_strange_place_is_fetched(
    runner: Runner, gateway: AnsweringGateway, ben: User, submit: Submit
) -> None:
    host = gateway.base_url.removesuffix("/v1")
    gateway.answer({"output": {"results": [f"{host}/store/1"]}, "request_id": "1"})
    gateway.answer(drawn(), kind="image/png", path="/store/1")
    [job] = wait_for_jobs(submit(ben))
    assert job.state == "succeeded"


def test_a_preview_before_a_completed_picture_is_no_result(
    runner: Runner, gateway: AnsweringGateway, ben: User, submit: Submit
) -> None:
    gateway.answer_with_events(
        ("", {"b64_json": text_of(drawn("grey"))}),
        ("image_generation.completed", {"b64_json": text_of(drawn()), "usage": USAGE}),
    )
    [job] = wait_for_jobs(submit(ben, stream=True, partial_images=1))
    assert default_storage.open(Picture.objects.get(result__job=job).file.name).read() == drawn()
    assert Entry.objects.get(verb="settle").picture_count == 1


def test_two_completed_pictures_cost_what_both_of_them_say(
    runner: Runner, gateway: AnsweringGateway, ben: User, submit: Submit
) -> None:
    done = [{"b64_json": text_of(drawn(colour)), "usage": USAGE} for colour in ("teal", "salmon")]
    gateway.answer_with_events(*(("image_generation.completed", each) for each in done))
    [job] = wait_for_jobs(submit(ben, stream=True, partial_images=1))
    settled = Entry.objects.get(verb="settle")
    assert (settled.amount, settled.picture_count) == (2 * TOLD, 2)
    assert Picture.objects.filter(result__job=job).count() == 2


def test_a_usage_without_a_picture_is_charged_as_told_and_counted_as_waste(
    runner: Runner, gateway: AnsweringGateway, ben: User, submit: Submit, client_of: Callable[[User], Client]
) -> None:
    gateway.answer_with_events(("", {"usage": USAGE}), ("done", {"finish_reason": "OK"}))
    [job] = wait_for_jobs(submit(ben, stream=True, partial_images=1))
    settled = Entry.objects.get(verb="settle")
    assert (job.state, job.charge, len(gateway.posts)) == ("failed", "yes", 1)
    assert (settled.amount, settled.certainty, settled.output_image_tokens) == (TOLD, "exact", 372)
    assert (settled.failed_amount, settled.picture_count, settled.charged_failure_count) == (TOLD, 0, 1)
    assert "charged, no picture" in card(client_of, ben, job)


# ── What cannot be read ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def unread(runner: Runner, gateway: AnsweringGateway, ben: User, submit: Submit) -> KeptReply:
    """The reply of a paid call, as a version of the studio kept it that could not find its picture."""
    gateway.answer({"envelope": {"of": "tomorrow", "as": "base85", "body": b85encode(drawn()).decode()}})
    wait_for_jobs(submit(ben))
    return wait_until(lambda: KeptReply.objects.select_related("attempt__job").first())


def test_what_cannot_be_read_is_kept_whole_for_its_person_alone(
    unread: KeptReply, ben: User, cleo: User, ada: User, gateway: AnsweringGateway
) -> None:
    name, filename = kept_replies.stored_reply(ben, unread.pk) or ("", "")
    assert filename == f"easel-job-{unread.attempt.job_id}-reply.json"
    assert default_storage.open(name).read() == gateway.answers[""][2]  # type: ignore[index]
    assert kept_replies.stored_reply(cleo, unread.pk) is kept_replies.stored_reply(ada, unread.pk) is None
    wait_until(lambda: inbox.find(unread.attempt_id) is None)


def test_a_kept_reply_is_offered_to_be_read_again_only_after_an_update(
    unread: KeptReply, ben: User, client_of: Callable[[User], Client]
) -> None:
    assert "Download what came" in card(client_of, ben, unread.attempt.job)
    assert "Read it again" not in card(client_of, ben, unread.attempt.job)
    KeptReply.objects.update(read_by="an older one")
    assert "Read it again" in card(client_of, ben, unread.attempt.job)


def test_a_later_version_finds_the_picture_without_a_call_and_books_what_it_cost(
    unread: KeptReply, ben: User, client_of: Callable[[User], Client], gateway: AnsweringGateway
) -> None:
    job = unread.attempt.job
    default_storage.delete(unread.file)
    # As if this version could read what the earlier one could not.
    default_storage.save(unread.file, ContentFile(json.dumps(body(drawn())).encode()))
    KeptReply.objects.update(read_by="an older one")
    client_of(ben).post(f"/jobs/{job.pk}/rereading/")
    wait_until(lambda: Picture.objects.filter(result__job=job).first())
    job.refresh_from_db()
    assert (job.state, job.charge, len(gateway.posts)) == ("succeeded", "yes", 1)
    assert Entry.objects.booked().sum() == TOLD
    wait_until(lambda: not KeptReply.objects.exists() and not default_storage.exists(unread.file))


def test_a_reply_that_is_read_again_in_vain_is_kept_on(
    unread: KeptReply, ben: User, client_of: Callable[[User], Client], gateway: AnsweringGateway
) -> None:
    KeptReply.objects.update(read_by="an older one")
    client_of(ben).post(f"/jobs/{unread.attempt.job_id}/rereading/")
    again = wait_until(lambda: KeptReply.objects.exclude(read_by="an older one").first())
    assert default_storage.open(again.file).read() == gateway.answers[""][2]  # type: ignore[index]
    assert again.kept_at == unread.kept_at
    assert Entry.objects.filter(verb="settle").count() == len(gateway.posts) == 1


def test_a_picture_whose_address_did_not_answer_is_fetched_later_without_a_call(
    runner: Runner,
    gateway: AnsweringGateway,
    ben: User,
    submit: Submit,
    client_of: Callable[[User], Client],
) -> None:
    host = gateway.base_url.removesuffix("/v1")
    gateway.answer({"data": [{"url": f"{host}/store/1.png"}], "usage": USAGE})
    gateway.answer(b"not yet", status=403, path="/store/1.png")
    [job] = wait_for_jobs(submit(ben))
    wait_until(KeptReply.objects.exists)
    assert job.error_kind == "picture_out_of_reach"
    gateway.answer(drawn(), kind="image/png", path="/store/1.png")
    assert "Read it again" in card(client_of, ben, job)
    client_of(ben).post(f"/jobs/{job.pk}/rereading/")
    wait_until(lambda: Picture.objects.filter(result__job=job).first())
    assert len(gateway.posts) == 1


def test_a_kept_reply_is_deleted_after_thirty_days(unread: KeptReply) -> None:
    now = timezone.now()
    assert kept_replies.delete_expired(now=now + KeptReply.LIFE - timedelta(hours=1)) == 0
    assert kept_replies.delete_expired(now=now + KeptReply.LIFE) == 1
    assert not KeptReply.objects.exists()
    assert not default_storage.exists(unread.file)
