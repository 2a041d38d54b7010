"""Keeping the replies of calls that may have been charged and brought no picture, until 30 days have passed."""

import logging
import secrets
from datetime import datetime
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction

from studio.core.version import installed_version
from studio.gateway import picture_format, reply_type
from studio.gateway.errors import GatewayError
from studio.gateway.studio_errors import PictureBroken
from studio.library import inbox, storage

from .models import Attempt, KeptReply

log = logging.getLogger(__name__)

BATCH = 200  # replies that are deleted at a time


def keep(attempt_id: int, *, error: GatewayError, now: datetime) -> None:
    """Move an attempt's reply out of the inbox to where its person can get it; do nothing where there is none.

    It leaves the inbox last: after a crash in between, the sweep reads and keeps it once more.
    """
    reply = inbox.find(attempt_id)
    if reply is None:
        return
    if not error.maybe_billed:
        inbox.remove(attempt_id)
        return
    name = f"replies/{now:%Y/%m}/{attempt_id}-{secrets.token_hex(8)}"
    inbox.copy_to(attempt_id, name)
    columns: dict[str, Any] = {
        "file": name,
        "file_type": reply_type(reply),
        "read_by": installed_version(),
        "reread_at": None,
        **picture_columns(error, name=name),
    }
    with transaction.atomic():
        before = KeptReply.objects.filter(attempt=attempt_id).first()
        KeptReply.objects.update_or_create(
            attempt_id=attempt_id, defaults=columns, create_defaults=columns | {"kept_at": now}
        )
        Attempt.objects.get(pk=attempt_id).job.row.touch()
    inbox.remove(attempt_id)
    if before:
        before.delete_files()


def picture_columns(error: GatewayError, *, name: str) -> dict[str, str]:
    """The columns of a picture that came and cannot be shown; its file is written."""
    if not isinstance(error, PictureBroken) or not error.picture:
        return {"picture_file": "", "picture_type": ""}
    picture_type = picture_format(error.picture) or "bin"
    try:
        storage.write(f"{name}.{picture_type}", error.picture)
    except storage.StorageFull:
        log.exception("a picture that cannot be shown was not stored by itself; its reply was")
        return {"picture_file": "", "picture_type": ""}
    return {"picture_file": f"{name}.{picture_type}", "picture_type": picture_type}


def restore(kept: KeptReply) -> None:
    """Put a kept reply back into the inbox, so that it is read like one that has just come; it stays kept as well."""
    inbox.copy_from(kept.file, kept.attempt_id)


def forget(attempt_id: int) -> None:
    """Delete the kept reply of an attempt whose person has its picture now, if there is one."""
    for kept in KeptReply.objects.filter(attempt=attempt_id):
        kept.delete()
        kept.delete_files()


def delete_expired(*, now: datetime) -> int:
    """Delete the replies that have been kept long enough, or whose person was erased; return how many."""
    expired = list(KeptReply.objects.expired(now=now).select_related("attempt__job")[:BATCH])
    for kept in expired:
        kept.delete_files()
        kept.delete()
        kept.attempt.job.row.touch()
    return len(expired)


def stored_reply(user: object, reply_id: int) -> tuple[str, str] | None:
    """A person's own kept reply as its names on the storage and for the download; None for anybody else's."""
    kept = KeptReply.objects.seen_by(user).select_related("attempt").filter(pk=reply_id).first()
    return kept.download if kept and default_storage.exists(kept.download[0]) else None
