"""Whatever came of a paid call: its person has the picture or the bytes, and it is booked exactly once."""

import itertools
import os
from collections.abc import Iterator

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from studio.accounts.models import User
from studio.generations import claims, kept_replies
from studio.generations.models import Attempt, Job, KeptReply, Worker
from studio.ledger.models import Entry
from studio.library import inbox
from studio.library.models import Picture
from studio.worker import sweep
from tests.answering_gateway import drawn
from tests.gateway.reply_generator import GeneratedReply, ReplyGenerator
from tests.running import Submit

pytestmark = pytest.mark.usefixtures("transactional_db", "upstream")

COUNT = max(int(os.environ.get("FUZZ_REPLIES", "300")) // 10, 1)
SIZE = (48, 32)
SHOWN = {kind.lower(): drawn("teal", kind, size=SIZE) for kind in ("PNG", "JPEG", "WEBP", "GIF", "AVIF")}
NOT_SHOWN = {"jxl": b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(300), "png": drawn(size=SIZE)[:60]}


@pytest.fixture
def replies() -> Iterator[GeneratedReply]:
    """Replies whose picture can be shown, cannot be shown, or is missing because the reply was cut off."""
    shown = ReplyGenerator(1, pictures=SHOWN, preview=drawn("grey", size=SIZE))
    hidden = ReplyGenerator(2, pictures=NOT_SHOWN, preview=drawn("grey", size=SIZE))
    return (each.reply() for each in itertools.cycle((shown, shown, hidden)))


def test_each_reply_of_a_paid_call_is_delivered_or_kept_and_booked_once(
    ben: User, submit: Submit, replies: Iterator[GeneratedReply]
) -> None:
    worker, findings = sweep.register(home="tests"), {}
    for number, reply in zip(range(COUNT), replies, strict=False):
        body = reply.body[: len(reply.body) * 2 // 3] if number % 5 == 4 else reply.body
        if finding := outcome_of(body, worker, ben, submit, is_shown=body is reply.body and number % 3 < 2):
            findings[f"{number} {reply.name}"] = finding
    assert findings == {}
    assert not Entry.objects.open_reservations().exists()


def outcome_of(body: bytes, worker: Worker, ben: User, submit: Submit, *, is_shown: bool) -> str:
    """What is wrong with what became of a reply in the inbox; empty where nothing is."""
    submit(ben)
    [call] = claims.claim_batch(worker=worker, now=timezone.now())
    call.body_path.write_bytes(body)
    sweep.finish_attempt(call.attempt_id, now=timezone.now())
    job, attempt = Job.objects.get(pk=call.job_id), Attempt.objects.get(pk=call.attempt_id)
    settled = Entry.objects.filter(verb="settle", attempt_id=attempt.pk).count()
    if settled != 1 or job.charge == Job.Charge.NO:
        return f"booked {settled} times, {job.charge}"
    if inbox.find(attempt.pk):
        return "still in the inbox"
    if Picture.objects.filter(result__job=job).exists():
        return "" if job.state == Job.State.SUCCEEDED else "a picture of a failed job"
    if is_shown:
        return f"no picture: {attempt.error_kind} {attempt.error_detail}"
    kept = KeptReply.objects.filter(attempt=attempt).first()
    if kept is None or default_storage.open(kept.file).read() != body:
        return "what came is lost"
    if job.state != Job.State.FAILED:
        return f"the job is {job.state}"
    return "" if kept_replies.stored_reply(ben, kept.pk) else "what came cannot be downloaded"
