"""The studio's own ways to fail, in the gateway's tree of errors; `catalogue` explains each of them to people.

GatewayError
├── StudioFault         something broke in the studio while the call was under way
│   ├── ServerAway        the database went away before the call was begun
│   ├── WorkerDied        its process ended before the reply was whole
│   ├── FileMissing       a picture to be sent along is no longer on the storage
│   ├── NoRoom            the reply is whole and waits for room to be stored
│   └── PictureBroken     the picture arrived and cannot be shown
├── KeyUnreadable       the upstream's encrypted key cannot be decrypted
├── PromptRefused       the second check of prompts refused this one
├── CheckOutOfReach     the second check of prompts could not be reached
├── Declined            an admin did not approve the cost
├── WaitedTooLong       no slot became free within the studio's limit
└── Refused
    └── DrawingDeclined   a picture was required and the model answered in text
"""

from .errors import GatewayError, Refused
from .translation import gettext_noop as _


class StudioFault(GatewayError):
    """Something broke in the studio while the call was under way."""

    kind = "studio_fault"
    sentence = _("Something went wrong in the studio while this picture was being made.")
    maybe_billed = True


class ServerAway(StudioFault):
    """The studio's own database went away before the call was begun, so nothing was sent."""

    kind = "server_away"
    sentence = _("The studio's own servers could not be reached, so nothing was sent yet.")
    retryable = True
    maybe_billed = False


class WorkerDied(StudioFault):
    """The process that made the call ended before the reply was whole."""

    kind = "worker_died"
    sentence = _("The studio was stopped while this picture was being generated, and its reply was lost.")


class NoRoom(StudioFault):
    """The reply is whole in the inbox, but its picture cannot be stored."""

    kind = "no_room"
    sentence = _(
        "The picture was generated, but there is no room to store it. It is kept and appears once there is room."
    )


class PictureBroken(StudioFault):
    """The reply holds a picture that the studio cannot show; `picture` is its bytes."""

    kind = "picture_broken"
    sentence = _("The picture arrived, but it cannot be shown here. Download what came.")

    def __init__(self, detail: str = "", *, picture: bytes = b"") -> None:
        super().__init__(detail)
        self.picture = picture


class KeyUnreadable(GatewayError):
    """The upstream's encrypted key cannot be decrypted, so nothing was sent."""

    kind = "key_unreadable"
    sentence = _("The key of this gateway cannot be opened any more; an admin has to enter it again.")


class FileMissing(StudioFault):
    """A picture that was to be sent along is no longer on the storage, so nothing was sent."""

    kind = "file_missing"
    sentence = _("A picture to be sent along is no longer on the studio's storage, so nothing was sent.")
    maybe_billed = False
    may_succeed_elsewhere = False


class PromptRefused(GatewayError):
    """The second check of prompts refused this one, so nothing was sent."""

    kind = "prompt_refused"
    sentence = _("The second check of prompts refused this one, so it was not sent. Change the prompt.")
    may_succeed_elsewhere = False


class CheckOutOfReach(GatewayError):
    """The second check of prompts could not be reached, and the studio sends nothing unchecked."""

    kind = "check_out_of_reach"
    sentence = _("The second check of prompts is out of reach, and this studio sends nothing unchecked.")
    retryable = True


class Declined(GatewayError):
    """An admin did not approve the cost, so nothing was sent."""

    kind = "declined"
    sentence = _("An admin declined this picture because of what it may cost.")


class WaitedTooLong(GatewayError):
    """No slot became free for it within the studio's limit, so nothing was drawn."""

    kind = "waited_too_long"
    sentence = _("No gateway had room for this picture for so long that the studio stopped waiting.")


class DrawingDeclined(Refused):
    """A conversation's turn required a picture, and the model answered in text."""

    kind = "drawing_declined"
    sentence = _("The model answered in text and generated no picture.")
    may_succeed_elsewhere = False
    maybe_billed = True


def with_subclasses(root: type[GatewayError]) -> list[type[GatewayError]]:
    """An error type and all below it in the tree, parents first."""
    return [root, *(error_type for child in root.__subclasses__() for error_type in with_subclasses(child))]


def error_types_by_kind() -> dict[str, type[GatewayError]]:
    """Every error type by the `kind` that is stored with an attempt."""
    return {error_type.kind: error_type for error_type in with_subclasses(GatewayError)}
