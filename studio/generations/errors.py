"""Bad ends the studio itself knows, beside the gateway's; `catalogue` says what each of them means."""

from django.utils.translation import gettext_noop as _

from studio.gateway.errors import GatewayError, Refused


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


class Declined(GatewayError):
    """An admin did not approve of what it may cost, so nothing was sent."""

    kind = "declined"
    sentence = _("An admin declined this picture because of what it may cost.")


class DrawingDeclined(Refused):
    """A picture was to come of a conversation's turn, and words came instead; see what they say."""

    kind = "drawing_declined"
    sentence = _("The model answered in words and drew nothing.")
    elsewhere = False
    maybe_billed = True


def family(root: type[GatewayError]) -> list[type[GatewayError]]:
    return [root, *(kind for child in root.__subclasses__() for kind in family(child))]


def by_kind() -> dict[str, type[GatewayError]]:
    return {error.kind: error for error in family(GatewayError)}
