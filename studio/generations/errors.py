"""Bad ends the studio itself knows, and what a failed tile says of every bad end."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_noop as _

from studio.gateway import errors as gateway_errors
from studio.gateway.errors import GatewayError

if TYPE_CHECKING:
    from .models import Attempt, Job


class StudioFault(GatewayError):
    """Something broke in the studio while the call was under way."""

    kind = "studio_fault"
    sentence = _("Something went wrong in the studio while this picture was being made.")
    maybe_billed = True


class WorkerDied(StudioFault):
    """The process that made the call ended before the reply was whole."""

    kind = "worker_died"
    sentence = _("The studio was stopped while this picture was being drawn, and its reply was lost.")


class NoRoom(StudioFault):
    """The reply is whole in the inbox, but its picture cannot be stored."""

    kind = "no_room"
    sentence = _("The picture was drawn, but there is no room to store it. It is kept and appears once there is room.")


class PictureBroken(StudioFault):
    """The reply holds bytes that are no whole picture."""

    kind = "picture_broken"
    sentence = _("The gateway sent a picture that cannot be opened.")


class KeyUnreadable(GatewayError):
    """The upstream's sealed key cannot be opened, so nothing was sent."""

    kind = "key_unreadable"
    sentence = _("The key of this gateway cannot be opened any more; an admin has to enter it again.")


class PromptRefused(GatewayError):
    """The second check did not let the words through, so nothing was sent."""

    kind = "prompt_refused"
    sentence = _("The second check of prompts did not let this one through, so it was not sent. Change the words.")
    elsewhere = False


class CheckOutOfReach(GatewayError):
    """The second check could not be asked, and the studio sends nothing unchecked."""

    kind = "check_out_of_reach"
    sentence = _("The second check of prompts is out of reach, and this studio sends nothing unchecked.")
    retryable = True


def family(root: type[GatewayError]) -> list[type[GatewayError]]:
    return [root, *(kind for child in root.__subclasses__() for kind in family(child))]


def by_kind() -> dict[str, type[GatewayError]]:
    return {error.kind: error for error in family(GatewayError)}


RETRY, EDIT, SMALLER, ADMIN = "retry", "edit", "smaller", "admin"
ACTION_LABELS = {
    RETRY: gettext_lazy("Retry"),
    EDIT: gettext_lazy("Edit the prompt"),
    SMALLER: gettext_lazy("Try a smaller size"),
}


@dataclass(frozen=True)
class Failure:
    """What a failed tile shows: what happened, what it cost, what to do."""

    sentence: str
    charge_words: str
    actions: list[tuple[str, str]]
    detail: str
    request_id: str


def failure_of(job: "Job", attempt: "Attempt | None") -> Failure:
    error = by_kind().get(job.error_kind, GatewayError)
    return Failure(
        sentence=gettext(error.sentence),
        charge_words=job.get_charge_display(),
        actions=[(name, str(ACTION_LABELS[name])) for name in actions_for(error, job)],
        detail=attempt.error_detail if attempt else "",
        request_id=(attempt.upstream_request_id or attempt.request_id) if attempt else "",
    )


def actions_for(error: type[GatewayError], job: "Job") -> list[str]:
    """The buttons in the order they are likely to help."""
    if issubclass(error, (gateway_errors.ContentRefused, gateway_errors.RequestRefused, PromptRefused)):
        return [EDIT, RETRY]
    if job.lane == "large" and issubclass(error, gateway_errors.OutcomeUnknown):
        return [RETRY, SMALLER]
    return [RETRY]
