"""Everything a call can end in besides a picture, and what each end means for money.

GatewayError
├── NotSent                   the call never left us: send it again freely
│   ├── NameNotFound            the host name does not exist
│   ├── TlsFailed               no trusted line could be made
│   ├── ConnectFailed           refused, unreachable or too slow to connect
│   └── UploadCut               the line broke before all of an edit's form was out
├── Busy                      the gateway said "not now": send it again later or elsewhere
│   ├── RateLimited             too many calls a minute
│   ├── WindowUsedUp            the account's plan window is used up until it resets
│   └── Unavailable             an early 502, 503 or 504 in the gateway's own words
├── Refused                   the gateway said no, and would say it again
│   ├── ContentRefused          the safety system stopped the prompt or the picture
│   ├── RequestRefused          something asked for is not possible
│   │   ├── ParameterRefused      one parameter is not known there
│   │   ├── RequestTooLarge       too many bytes were sent
│   │   ├── ImageFieldRefused     the images were not found in the field they were sent in
│   │   ├── TasksRefused          it takes no image tasks
│   │   └── ReplyForgotten        the reply that was to be gone on from is not known there (any more)
│   ├── KeyRefused              the key is wrong, disabled or expired
│   │   └── KeyBlocked            too many wrong keys came from here
│   ├── AccessDenied            the key is good and may not do this
│   │   └── Challenged            a page for people stands before the gateway
│   ├── QuotaSpent              balance or quota is used up
│   ├── CannotDraw              the accounts behind the gateway cannot make pictures
│   ├── ModelNotFound           the model is not offered there
│   ├── RouteNotFound           the address does not speak the Images API
│   └── Redirected              the address leads somewhere else
├── OutcomeUnknown            it may have been drawn and billed: ask before sending again
│   ├── LateFailure             408, 499, 500, 520-524, late or foreign 502-504
│   ├── DeadlinePassed          no whole reply by the wall clock
│   ├── StreamSilent            the stream stopped saying anything
│   ├── ConnectionCut           the line broke before the reply was whole
│   ├── ReplyTooLarge           the reply passed the cap
│   ├── ReplyUnreadable         a web page or noise instead of a reply
│   └── NoPicture               a whole reply without a picture in it
│       ├── PictureUnreadable     its base64 cannot be read
│       └── PictureOutOfReach     it lies at an address we could not or may not fetch
└── StorageFailed             our own disk refused the reply (billed once the call was sent)
    └── StorageFull             our own disk is full
"""

from typing import ClassVar

from .words import msgid as _


class GatewayError(Exception):
    """One call's bad end: may it be sent again, after how many seconds, and may it have cost money."""

    kind: ClassVar[str] = "gateway_error"
    sentence: ClassVar[str] = _("The gateway could not make this picture.")
    elsewhere: ClassVar[bool] = True  # another upstream may well manage the same request
    retryable: bool = False
    maybe_billed: bool = False

    def __init__(
        self,
        detail: str = "",
        *,
        status: int | None = None,
        code: str | None = None,
        param: str | None = None,
        retry_after: float | None = None,
        retryable: bool | None = None,
        maybe_billed: bool | None = None,
    ) -> None:
        super().__init__(self.sentence)
        self.detail = detail
        self.status = status
        self.code = code
        self.param = param
        self.retry_after = retry_after
        self.is_explained = False  # whether the gateway said why, in a shape that could be read
        self.request_id: str | None = None
        self.upstream_request_id: str | None = None
        if retryable is not None:
            self.retryable = retryable
        if maybe_billed is not None:
            self.maybe_billed = maybe_billed


class NotSent(GatewayError):
    """The call never left us."""

    kind = "not_sent"
    sentence = _("The gateway could not be reached.")
    retryable = True


class NameNotFound(NotSent):
    """The host name could not be resolved."""

    kind = "name_not_found"
    sentence = _("The gateway's address could not be found.")


class TlsFailed(NotSent):
    """The TLS handshake failed, mostly for a certificate that is not trusted."""

    kind = "tls_failed"
    sentence = _("The gateway's certificate could not be trusted.")


class ConnectFailed(NotSent):
    """The connection was refused, unreachable, or not made in time."""

    kind = "connect_failed"


class AddressRefused(NotSent):
    """The host lies in a private network, or at an address that no gateway has; trying again changes nothing."""

    kind = "address_refused"
    sentence = _("The gateway's address lies in a private network, which is not allowed for it.")
    retryable = False


class UploadCut(NotSent):
    """An edit's form broke off on its way out: its closing boundary never left, so nothing was drawn or billed."""

    kind = "upload_cut"
    sentence = _("The connection broke while the pictures were being sent.")


class Busy(GatewayError):
    """The gateway cannot now and did nothing."""

    kind = "busy"
    sentence = _("The gateway is busy right now.")
    retryable = True


class RateLimited(Busy):
    """429 in its first meaning: too many calls."""

    kind = "rate_limited"
    sentence = _("The gateway has too many requests right now.")


class WindowUsedUp(Busy):
    """429 in its third meaning: the plan's usage window; `retry_after` is when it resets."""

    kind = "window_used_up"
    sentence = _("The account behind the gateway has reached its usage limit.")


class Unavailable(Busy):
    """502, 503 or 504 with the gateway's own JSON within 30 seconds."""

    kind = "unavailable"
    sentence = _("The gateway has a problem right now.")


class Refused(GatewayError):
    """The gateway answered no; the same request would get the same answer."""

    kind = "refused"
    sentence = _("The gateway refused this request.")


class ContentRefused(Refused):
    """moderation_blocked, content_policy_violation and their relatives."""

    kind = "content_refused"
    sentence = _("The safety system stopped this request. Change the prompt and try again.")
    elsewhere = False


class RequestRefused(Refused):
    """400 or 422 about what was asked for; `param` names it where the gateway did."""

    kind = "request_refused"
    sentence = _("The gateway cannot draw what was asked for. Check size, quality and format.")
    elsewhere = False


class ParameterRefused(RequestRefused):
    """unknown_parameter or unsupported_parameter: this gateway does not take `param`."""

    kind = "parameter_refused"
    sentence = _("The gateway does not know one of the settings.")
    elsewhere = True


class RequestTooLarge(RequestRefused):
    """413."""

    kind = "request_too_large"
    sentence = _("The request is too large for the gateway.")
    elsewhere = True


class ImageFieldRefused(RequestRefused):
    """400 or 422 that misses the images of `image[]`: this gateway may find them in `image`."""

    kind = "image_field_refused"
    sentence = _("The gateway did not find the pictures it was sent.")
    elsewhere = True


class TasksRefused(RequestRefused):
    """404 or 405 for the route of image tasks: nothing was begun, and the same may be asked for without one."""

    kind = "tasks_refused"
    sentence = _("The gateway takes no image tasks.")
    elsewhere = True


class ReplyForgotten(RequestRefused):
    """The gateway knows no earlier reply of this name, or never goes on from one: all of it is to be said again."""

    kind = "reply_forgotten"
    sentence = _("The gateway does not remember the conversation.")


class KeyRefused(Refused):
    """401, or 403 about the key itself."""

    kind = "key_refused"
    sentence = _("The gateway did not accept the key.")


class KeyBlocked(KeyRefused):
    """429 INVALID_AUTH_RATE_LIMITED: leave the gateway alone until the key is right."""

    kind = "key_blocked"
    sentence = _("The gateway has had too many wrong keys from here and refuses all for a while.")


class AccessDenied(Refused):
    """403: a good key that may not do this (address, group, subscription, unverified organisation)."""

    kind = "access_denied"
    sentence = _("The gateway does not allow this key to make pictures.")


class Challenged(AccessDenied):
    """401 or 403 with a web page: a browser check or sign-in page stands before the gateway."""

    kind = "challenged"
    sentence = _("A web page for people answered instead of the gateway.")


class QuotaSpent(Refused):
    """402, insufficient_quota, INSUFFICIENT_BALANCE: no money or quota is left."""

    kind = "quota_spent"
    sentence = _("The balance or quota at the gateway is used up.")


class CannotDraw(Refused):
    """The gateway's accounts, group or platform cannot make pictures at all."""

    kind = "cannot_draw"
    sentence = _("The accounts behind this gateway cannot make pictures.")


class ModelNotFound(Refused):
    """404 model_not_found."""

    kind = "model_not_found"
    sentence = _("The gateway does not offer this model.")


class RouteNotFound(Refused):
    """404 or 405 for the route: mostly a wrong base URL."""

    kind = "route_not_found"
    sentence = _("The gateway does not make pictures at this address.")


class Redirected(Refused):
    """Any 3xx: a key is never carried to another address."""

    kind = "redirected"
    sentence = _("The gateway's address leads on to another page, such as a sign-in page.")


class OutcomeUnknown(GatewayError):
    """The picture may have been drawn and billed; nobody sends it again without being asked."""

    kind = "outcome_unknown"
    sentence = _("The gateway did not say how it ended.")
    maybe_billed = True


class LateFailure(OutcomeUnknown):
    """408, 499, 500, 520-524, or a 502-504 that came late or from a proxy."""

    kind = "late_failure"
    sentence = _("The gateway failed while the picture was being made.")


class DeadlinePassed(OutcomeUnknown):
    """The wall clock ran out."""

    kind = "deadline_passed"
    sentence = _("The gateway took too long.")


class StreamSilent(OutcomeUnknown):
    """A reply began and then fell silent, without even a comment."""

    kind = "stream_silent"
    sentence = _("The gateway stopped answering in the middle.")


class ConnectionCut(OutcomeUnknown):
    """The connection broke, or the body ended, before the reply was whole."""

    kind = "connection_cut"
    sentence = _("The connection broke before the picture was complete.")


class ReplyTooLarge(OutcomeUnknown):
    """The reply passed the cap on its bytes."""

    kind = "reply_too_large"
    sentence = _("The gateway sent far more than a picture.")


class ReplyUnreadable(OutcomeUnknown):
    """200 with a web page, or with bytes that are no reply."""

    kind = "reply_unreadable"
    sentence = _("The gateway sent something that is not a picture.")


class NoPicture(OutcomeUnknown):
    """A complete reply that holds no picture."""

    kind = "no_picture"
    sentence = _("The gateway finished without sending a picture.")


class PictureUnreadable(NoPicture):
    """The reply's base64 is damaged."""

    kind = "picture_unreadable"
    sentence = _("The picture arrived damaged.")


class PictureOutOfReach(NoPicture):
    """The reply gave an address instead of a picture, and fetching it failed or is not allowed."""

    kind = "picture_out_of_reach"
    sentence = _("The picture was made, but could not be fetched from where the gateway put it.")


class StorageFailed(GatewayError):
    """Our own storage failed; `maybe_billed` is true once the request was sent."""

    kind = "storage_failed"
    sentence = _("The studio could not write the picture to its storage.")
    elsewhere = False


class StorageFull(StorageFailed):
    """Our own disk is full."""

    kind = "storage_full"
    sentence = _("The studio's disk is full.")
