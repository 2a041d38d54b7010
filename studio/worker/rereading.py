"""Reading kept replies again, as their people asked: no call is made and nothing is charged."""

from dataclasses import dataclass

from studio.generations import claims, kept_replies
from studio.generations.claims import Call
from studio.generations.models import Attempt, KeptReply

BATCH = 4  # replies a worker reads at once


@dataclass(frozen=True)
class Rereading:
    """A reply that is back in the inbox; `call` tells where a picture that it links to may be fetched."""

    attempt_id: int
    call: Call | None
    is_task: bool  # its task may still be asked for the picture


def claim_rereadings() -> list[Rereading]:
    """Put the replies that wait to be read again back into the inbox, each for one worker."""
    found = list(KeptReply.objects.to_reread().select_related("attempt__upstream", "attempt__job__generation")[:BATCH])
    claimed = [
        kept for kept in found if KeptReply.objects.filter(pk=kept.pk, reread_at=kept.reread_at).update(reread_at=None)
    ]
    for kept in claimed:
        kept_replies.restore(kept)
    return [rereading_of(kept.attempt) for kept in claimed]


def rereading_of(attempt: Attempt) -> Rereading:
    has_key = attempt.upstream is not None and attempt.upstream.has_readable_key
    call = claims.build_call(attempt) if has_key else None
    return Rereading(attempt.pk, call, is_task=bool(call and call.task_id))
