"""The errors a call can end in, and what each means for sending it again and for money.

GatewayError
├── NotSent                   the call never left the studio: send it again freely
│   ├── NameNotFound            the host name does not exist
│   ├── TlsFailed               no trusted connection could be made
│   ├── ConnectFailed           refused, unreachable or too slow to connect
│   ├── AddressRefused          the network policy forbids the host's address
│   └── UploadCut               the connection broke before the whole upload was sent
├── Busy                      the gateway said "not now": send it again later or elsewhere
│   ├── RateLimited             too many calls a minute
│   ├── WindowUsedUp            the account's plan window is used up until it resets
│   └── Unavailable             an early 502, 503 or 504 with the gateway's own JSON (early: see `is_late`)
├── Refused                   the gateway said no, and would say it again
│   ├── ContentRefused          the safety system stopped the prompt or the picture
│   ├── RequestRefused          something in the request is not possible
│   │   ├── ParameterRefused      one parameter is not known there
│   │   ├── RequestTooLarge       too many bytes were sent
│   │   ├── ImageFieldRefused     the images were not found in the field they were sent in
│   │   ├── TasksRefused          it takes no image tasks
│   │   └── ReplyForgotten        the earlier response to continue from is not (or no longer) known there
│   ├── KeyRefused              the key is wrong, disabled or expired
│   │   └── KeyBlocked            too many wrong keys were sent from here
│   ├── AccessDenied            the key is good and may not do this
│   │   └── Challenged            a page for people stands before the gateway
│   ├── QuotaSpent              balance or quota is used up
│   ├── CannotDraw              the accounts behind the gateway cannot generate pictures
│   ├── SetupFault              the gateway itself is not set up for this, in its own words
│   ├── ModelNotFound           the model is not offered there
│   ├── RouteNotFound           the address does not speak the Images API
│   └── Redirected              the address leads somewhere else
├── OutcomeUnknown            it may have been generated and billed: ask a person before sending it again
│   ├── LateFailure             408, 499, 500, 520-524, late or foreign 502-504
│   ├── DeadlinePassed          no whole reply by the wall clock
│   ├── StreamSilent            the stream fell silent
│   ├── ConnectionCut           the connection broke before the reply was whole
│   ├── ReplyTooLarge           the reply passed the cap
│   ├── ReplyUnreadable         a web page or random bytes instead of a reply
│   └── NoPicture               a whole reply without a picture in it
│       ├── PictureUnreadable     its base64 cannot be read
│       └── PictureOutOfReach     it is at a URL that could not or may not be fetched
└── StorageFailed             our own disk refused the reply (billed once the call was sent)
    └── StorageFull             our own disk is full
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from .translation import gettext_noop as _


class GatewayError(Exception):
    """How one call failed: whether it may be sent again, after how many seconds, and whether it may have cost money."""

    kind: ClassVar[str] = "gateway_error"
    sentence: ClassVar[str] = _("The gateway could not make this picture.")
    may_succeed_elsewhere: ClassVar[bool] = True  # whether the same request may succeed at another upstream
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
        # Whether it came so late that such a picture may have been drawn; see the table in generations/dispatch.py.
        self.is_late = False
        self.is_explained = False  # whether the gateway gave a reason that could be parsed
        self.usage: Mapping[str, Any] | None = None  # of pictures, as the gateway told it: so much was charged
        self.text_usage: Mapping[str, Any] | None = None  # likewise of a main model
        self.reported_cost: Decimal | None = None  # what the gateway says the call cost, in USD
        self.request_id: str | None = None
        self.upstream_request_id: str | None = None
        if retryable is not None:
            self.retryable = retryable
        if maybe_billed is not None:
            self.maybe_billed = maybe_billed

    def add_bill(
        self,
        *,
        usage: Mapping[str, Any] | None = None,
        text_usage: Mapping[str, Any] | None = None,
        reported_cost: Decimal | None = None,
    ) -> None:
        """Keep what the reply told of its cost; a call with a usage was charged, whatever came of it."""
        self.usage = self.usage or usage
        self.text_usage = self.text_usage or text_usage
        self.reported_cost = self.reported_cost if reported_cost is None else reported_cost
        if self.usage or self.text_usage:
            self.maybe_billed, self.retryable = True, False


class NotSent(GatewayError):
    """The call never left the studio."""

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
    """The upload broke off before its closing boundary was sent, so nothing was generated or billed."""

    kind = "upload_cut"
    sentence = _("The connection broke while the pictures were being sent.")


class Busy(GatewayError):
    """The gateway cannot do it now and did nothing."""

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
    """502, 503 or 504 with the gateway's own JSON, sooner than such a picture can have been drawn."""

    kind = "unavailable"
    sentence = _("The gateway has a problem right now.")


class Refused(GatewayError):
    """The gateway refused; the same request would get the same answer."""

    kind = "refused"
    sentence = _("The gateway refused this request.")


class ContentRefused(Refused):
    """moderation_blocked, content_policy_violation and their relatives."""

    kind = "content_refused"
    sentence = _("The safety system stopped this request. Change the prompt and try again.")
    may_succeed_elsewhere = False


class RequestRefused(Refused):
    """400 or 422 about the request; `param` names the parameter where the gateway did."""

    kind = "request_refused"
    sentence = _("The gateway cannot generate this picture. Check size, quality and format.")
    may_succeed_elsewhere = False


class ParameterRefused(RequestRefused):
    """unknown_parameter or unsupported_parameter: this gateway does not take `param`."""

    kind = "parameter_refused"
    sentence = _("The gateway does not know one of the settings.")
    may_succeed_elsewhere = True


class RequestTooLarge(RequestRefused):
    """413."""

    kind = "request_too_large"
    sentence = _("The request is too large for the gateway.")
    may_succeed_elsewhere = True


class ImageFieldRefused(RequestRefused):
    """400 or 422 that did not find the images in `image[]`: this gateway may find them in `image`."""

    kind = "image_field_refused"
    sentence = _("The gateway did not find the pictures it was sent.")
    may_succeed_elsewhere = True


class TasksRefused(RequestRefused):
    """404 or 405 for the route of image tasks: nothing was started, and the request may be sent without a task."""

    kind = "tasks_refused"
    sentence = _("The gateway takes no image tasks.")
    may_succeed_elsewhere = True


class ReplyForgotten(RequestRefused):
    """The gateway does not know the earlier response, or never continues one: send the whole conversation."""

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


class SetupFault(Refused):
    """The gateway says that it is not set up: a missing price, database, setting, or a key of its own."""

    kind = "setup_fault"
    sentence = _("The gateway is not set up for this; its operator has to see to it.")


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
    """The picture may have been generated and billed; it is sent again only when a person asks for it."""

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
    """A reply began and then fell silent, without even a comment line."""

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
    """The reply has a URL instead of a picture, and fetching it failed or is not allowed."""

    kind = "picture_out_of_reach"
    sentence = _("The picture was made, but could not be fetched from where the gateway put it.")


class StorageFailed(GatewayError):
    """Our own storage failed; `maybe_billed` is true once the request was sent."""

    kind = "storage_failed"
    sentence = _("The studio could not write the picture to its storage.")
    may_succeed_elsewhere = False


class StorageFull(StorageFailed):
    """Our own disk is full."""

    kind = "storage_full"
    sentence = _("The studio's disk is full.")
