"""What is written while a call runs, so that pages can show it: one synchronous function per step."""

from datetime import datetime

from studio.gateway import decode_base64
from studio.gateway.errors import GatewayError, StorageFull
from studio.generations.claims import Call
from studio.generations.models import Attempt, Job
from studio.library import files, inbox
from studio.threads import completion

ROOM, LARGE_ROOM = 16 << 20, 64 << 20  # bytes; a reply in base64 and its picture, with a margin


def check_room(call: Call) -> None:
    """Raise StorageFull, before anything is paid for, when there may be too little space for reply and picture."""
    if inbox.free_bytes() < (LARGE_ROOM if call.request.is_large else ROOM):
        raise StorageFull("nothing was sent")


def mark_sent(call: Call, *, now: datetime) -> None:
    Attempt.objects.filter(pk=call.attempt_id).update(sent_at=now)
    Job.objects.filter(pk=call.job_id).running().touch(stage=Job.Stage.SENT)


def save_task_id(call: Call, *, task_id: str) -> None:
    """Store the id of an image task: whichever worker reads it can fetch the picture."""
    Attempt.objects.filter(pk=call.attempt_id).update(task_id=task_id)
    Job.objects.filter(pk=call.job_id).running().touch(stage=Job.Stage.GENERATING)


def save_partial(call: Call, *, number: int, picture: str) -> None:
    """Store a small copy of a partial picture; one that cannot be decoded is skipped."""
    try:
        thumbnail = files.shrink(decode_base64(picture))
    except (GatewayError, files.Unreadable):
        return
    files.store_partial(call.job_id, number, thumbnail)
    Job.objects.filter(pk=call.job_id).running().touch(stage=Job.Stage.GENERATING, partial_count=number)


def save_text(call: Call, *, text: str) -> None:
    """Store the text a model has streamed so far."""
    completion.save_partial_text(call.job_id, text=text)
    Job.objects.filter(pk=call.job_id).running().touch()


def mark_saving(call: Call) -> None:
    Job.objects.filter(pk=call.job_id).running().touch(stage=Job.Stage.SAVING)
