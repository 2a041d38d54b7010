"""Every bad end a person may meet: what gateways say, what that means, and what helps.

From the guide's "Common Errors" and the errors that OpenAI, sub2api and its relatives are known to give. The first row
that fits is taken, so what is said more exactly stands above what is said of the whole family. Whether it cost money is
a fact of the error itself.
"""

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext_noop as _

from studio.gateway import errors
from studio.gateway.errors import GatewayError

from . import dispatch
from .errors import (
    CheckOutOfReach,
    Declined,
    DrawingDeclined,
    KeyUnreadable,
    NoRoom,
    PictureBroken,
    PromptRefused,
    StudioFault,
    WorkerDied,
)

# What a person can do, in the words of remedies.py.
RETRY, EDIT, SIZE, QUALITY, PREVIEWS, FORM = "retry", "edit", "size", "quality", "previews", "form"
ELSEWHERE, WAIT, KEYS, ADMIN = "elsewhere", "wait", "keys", "admin"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One symptom. `codes`, `params`, `statuses` and `words` (in the message) narrow it down within its `error`."""

    name: str  # its anchor on the page of errors
    error: type[GatewayError]
    symptom: str  # as gateways say it
    cause: str
    sentence: str = ""
    actions: tuple[str, ...]
    codes: Collection[str] = ()
    params: Collection[str] = ()
    statuses: Collection[int] = ()
    words: Collection[str] = ()
    is_waited_out: bool = False  # the job waits by itself until it passes, and says so

    @property
    def charge(self) -> str:
        return "maybe" if self.error.maybe_billed else "no"

    @property
    def says(self) -> str:
        """The sentence on the card, still to be translated."""
        return self.sentence or self.error.sentence

    @property
    def is_retried(self) -> bool:
        return self.error.retryable

    @property
    def is_moved(self) -> bool:
        return self.error.elsewhere and not self.error.maybe_billed

    @property
    def offers_less(self) -> bool:
        return dispatch.less_may_help(self.error)

    def fits(self, kind: type[GatewayError], *, code: str, param: str, status: int | None, detail: str) -> bool:
        return (
            issubclass(kind, self.error)
            and (not self.codes or code.lower() in self.codes)
            and (not self.params or param in self.params)
            and (not self.statuses or status in self.statuses)
            and (not self.words or any(word in detail.lower() for word in self.words))
        )


def find(
    kind: type[GatewayError], *, code: str = "", param: str = "", status: int | None = None, detail: str = ""
) -> Row:
    """The row for an error as an attempt remembers it."""
    return next(row for row in ROWS if row.fits(kind, code=code, param=param, status=status, detail=detail))


KEY_ROWS = (
    Row(
        name="key-disabled",
        error=errors.KeyRefused,
        codes=("api_key_disabled", "user_inactive", "user_not_found"),
        symptom="401 API_KEY_DISABLED",
        cause=_("The key, or the person it belongs to, was switched off or deleted at the gateway."),
        sentence=_("The gateway's key has been switched off."),
        actions=(KEYS, ADMIN, ELSEWHERE, RETRY),
    ),
    Row(
        name="key-expired",
        error=errors.KeyRefused,
        codes=("api_key_expired",),
        symptom="403 API_KEY_EXPIRED",
        cause=_("The key was made with an end date, and that has passed."),
        sentence=_("The gateway's key has expired."),
        actions=(KEYS, ADMIN, ELSEWHERE, RETRY),
    ),
    Row(
        name="key-blocked",
        error=errors.KeyBlocked,
        symptom="429 INVALID_AUTH_RATE_LIMITED",
        cause=_("Too many calls with a wrong key came from this studio, so the gateway refuses even the right one."),
        actions=(WAIT, KEYS, ADMIN, ELSEWHERE, RETRY),
    ),
    Row(
        name="key-refused",
        error=errors.KeyRefused,
        symptom="401 INVALID_API_KEY",
        cause=_("The key is not one that was made at the gateway, or it was deleted there."),
        actions=(KEYS, ADMIN, ELSEWHERE, RETRY),
    ),
    Row(
        name="key-unreadable",
        error=KeyUnreadable,
        symptom="SEAL_KEY",
        cause=_("The secret that seals keys was changed without sealing them anew."),
        actions=(ADMIN, ELSEWHERE, RETRY),
    ),
)

ACCESS_ROWS = (
    Row(
        name="challenged",
        error=errors.Challenged,
        symptom="403 Just a moment…",
        cause=_("A browser check or a sign-in page stands between the studio and the gateway."),
        actions=(ADMIN, ELSEWHERE, RETRY),
    ),
    Row(
        name="unverified",
        error=errors.AccessDenied,
        words=("must be verified",),
        symptom="403 Your organization must be verified",
        cause=_("OpenAI asks an organisation to be verified before it may use this model."),
        sentence=_("The account behind the gateway must be verified before it may make pictures."),
        actions=(ADMIN, ELSEWHERE, RETRY),
    ),
    Row(
        name="address-not-allowed",
        error=errors.AccessDenied,
        codes=("access_denied",),
        symptom="403 ACCESS_DENIED",
        cause=_("The key may only be used from certain addresses, and the studio's is none of them."),
        sentence=_("The gateway does not take calls from this studio's address."),
        actions=(ADMIN, ELSEWHERE, RETRY),
    ),
    Row(
        name="subscription",
        error=errors.AccessDenied,
        codes=("subscription_not_found", "subscription_invalid"),
        symptom="403 SUBSCRIPTION_INVALID",
        cause=_("The key belongs to a subscription that is missing or has ended."),
        sentence=_("The subscription behind the gateway's key has ended."),
        actions=(ADMIN, ELSEWHERE, RETRY),
    ),
    Row(
        name="group",
        error=errors.AccessDenied,
        codes=("group_deleted", "group_disabled", "group_not_allowed"),
        symptom="403 GROUP_DISABLED",
        cause=_("The group of accounts that the key draws from was deleted, switched off or closed to it."),
        sentence=_("The group of accounts behind the gateway's key cannot be used."),
        actions=(ADMIN, ELSEWHERE, RETRY),
    ),
    Row(
        name="access-denied",
        error=errors.AccessDenied,
        symptom="403 permission_error",
        cause=_("The key is good, but may not do this."),
        actions=(ADMIN, ELSEWHERE, RETRY),
    ),
    Row(
        name="no-money",
        error=errors.QuotaSpent,
        codes=("insufficient_balance", "billing_error", "insufficient_user_quota"),
        symptom="403 INSUFFICIENT_BALANCE",
        cause=_("No money is left on the gateway's account."),
        sentence=_("The balance at the gateway is used up."),
        actions=(ADMIN, ELSEWHERE, RETRY),
    ),
    Row(
        name="quota-spent",
        error=errors.QuotaSpent,
        symptom="429 insufficient_quota",
        cause=_("The quota of the key or of the account behind it is used up; waiting does not bring it back."),
        sentence=_("The quota at the gateway is used up."),
        actions=(ADMIN, ELSEWHERE, RETRY),
    ),
    Row(
        name="cannot-draw",
        error=errors.CannotDraw,
        symptom="403 Image generation is not enabled for this group",
        cause=_("The accounts the key draws from have no image tool, such as free ones, or are of another platform."),
        actions=(ELSEWHERE, ADMIN, RETRY),
    ),
    Row(
        name="model-not-found",
        error=errors.ModelNotFound,
        symptom="404 model_not_found",
        cause=_("No account of the key's group serves this model."),
        actions=(ELSEWHERE, FORM, ADMIN, RETRY),
    ),
    Row(
        name="route-not-found",
        error=errors.RouteNotFound,
        symptom="404 Not Found",
        cause=_("The address of the upstream is wrong, or what answers there does not speak the Images API."),
        actions=(ADMIN, ELSEWHERE, RETRY),
    ),
    Row(
        name="redirected",
        error=errors.Redirected,
        symptom="302 Location: …",
        cause=_("The address moved, or leads to a sign-in page. A key is never carried along to another address."),
        actions=(ADMIN, ELSEWHERE, RETRY),
    ),
)

WISH_ROWS = (
    Row(
        name="content-refused",
        error=errors.ContentRefused,
        symptom="400 moderation_blocked",
        cause=_("The safety system found something in the prompt, a picture sent along, or the picture drawn."),
        actions=(EDIT, RETRY),
    ),
    Row(
        name="drawing-declined",
        error=DrawingDeclined,
        symptom="200 without image_generation_call",
        cause=_("A picture was asked for in any case. The model's words stand above, and they were paid for."),
        actions=(EDIT, RETRY),
    ),
    Row(
        name="prompt-refused",
        error=PromptRefused,
        symptom="POST /v1/moderations",
        cause=_("The studio asks a gateway's moderation about every prompt before it is drawn, and that said no."),
        actions=(EDIT, RETRY),
    ),
    Row(
        name="check-out-of-reach",
        error=CheckOutOfReach,
        symptom="POST /v1/moderations",
        cause=_("Moderation did not answer. An admin can let prompts pass while it does not."),
        actions=(RETRY, ADMIN),
    ),
    Row(
        name="declined",
        error=Declined,
        symptom=_("An admin declined it"),
        cause=_("It could cost more than a picture may without an admin’s approval, and an admin said no."),
        actions=(SIZE, QUALITY, RETRY),
    ),
    Row(
        name="parameter-refused",
        error=errors.ParameterRefused,
        symptom="400 unknown_parameter",
        cause=_("This gateway does not take one of the settings, and the picture cannot be drawn without it."),
        actions=(FORM, ELSEWHERE, RETRY),
    ),
    Row(
        name="request-too-large",
        error=errors.RequestTooLarge,
        symptom="413 Request body too large",
        cause=_("The pictures sent along have more bytes than the gateway or a proxy before it takes."),
        sentence=_("The pictures sent along are too large for the gateway."),
        actions=(FORM, ELSEWHERE, RETRY),
    ),
    Row(
        name="image-field-refused",
        error=errors.RequestRefused,
        params=("image", "image[]"),
        symptom="422 Field required: image",
        cause=_("The gateway found the pictures in neither of the two fields that gateways know."),
        sentence=_("The gateway did not find the pictures it was sent."),
        actions=(ELSEWHERE, ADMIN, RETRY),
    ),
    Row(
        name="tasks-refused",
        error=errors.TasksRefused,
        symptom="404 async image tasks are not enabled",
        cause=_("The gateway takes no image tasks, and refused the picture without one as well."),
        actions=(ELSEWHERE, ADMIN, RETRY),
    ),
    Row(
        name="reply-forgotten",
        error=errors.ReplyForgotten,
        symptom="400 previous_response_not_found",
        cause=_(
            "The gateway keeps no replies, or not for so long. What was said is told again, and that worked neither."
        ),
        actions=(RETRY,),
    ),
    Row(
        name="size-refused",
        error=errors.RequestRefused,
        params=("size", "width", "height"),
        symptom="400 invalid_value: size",
        cause=_("The gateway, or the model behind it, does not draw this size."),
        sentence=_("The gateway does not draw this size."),
        actions=(SIZE, RETRY),
    ),
    Row(
        name="quality-refused",
        error=errors.RequestRefused,
        params=("quality",),
        symptom="400 invalid_value: quality",
        cause=_("The gateway, or the model behind it, does not know this quality."),
        sentence=_("The gateway does not draw at this quality."),
        actions=(QUALITY, RETRY),
    ),
    Row(
        name="background-refused",
        error=errors.RequestRefused,
        params=("background",),
        symptom="400 Transparent background is not supported",
        cause=_("This model draws no transparent background, or not in this format."),
        sentence=_("The gateway does not draw this background."),
        actions=(FORM, RETRY),
    ),
    Row(
        name="request-refused",
        error=errors.RequestRefused,
        symptom="400 invalid_request_error",
        cause=_("Settings that do not go together, or that this gateway does not know."),
        actions=(FORM, SIZE, EDIT, RETRY),
    ),
)

LIMIT_ROWS = (
    Row(
        name="window-used-up",
        error=errors.WindowUsedUp,
        symptom="429 usage_limit_reached",
        cause=_("The account's plan allows so many pictures in a few hours, and these are drawn."),
        actions=(WAIT, ELSEWHERE, RETRY),
        is_waited_out=True,
    ),
    Row(
        name="rate-limited",
        error=errors.RateLimited,
        symptom="429 rate_limit_exceeded",
        cause=_("More calls at once, or in a minute, than the gateway allows."),
        actions=(WAIT, ELSEWHERE, RETRY),
        is_waited_out=True,
    ),
    Row(
        name="no-account-free",
        error=errors.Unavailable,
        statuses=(503,),
        symptom="503 No available compatible accounts",
        cause=_("All accounts behind the gateway are busy, resting or switched off."),
        sentence=_("No account behind the gateway is free right now."),
        actions=(RETRY, ELSEWHERE),
    ),
    Row(
        name="upstream-failed",
        error=errors.Unavailable,
        symptom="502 Upstream request failed",
        cause=_("What stands behind the gateway failed at once. Large pictures at high quality meet this most."),
        actions=(RETRY, QUALITY, SIZE, ELSEWHERE),
    ),
)

REACH_ROWS = (
    Row(
        name="name-not-found",
        error=errors.NameNotFound,
        symptom="getaddrinfo failed",
        cause=_("The host name of the upstream is misspelt, or the studio's machine cannot resolve names."),
        actions=(ADMIN, ELSEWHERE, RETRY),
    ),
    Row(
        name="tls-failed",
        error=errors.TlsFailed,
        symptom="certificate verify failed",
        cause=_("The gateway's certificate has expired, is self-made, or belongs to another name."),
        actions=(ADMIN, ELSEWHERE, RETRY),
    ),
    Row(
        name="upload-cut",
        error=errors.UploadCut,
        symptom="Broken pipe",
        cause=_("The line broke before all pictures were out, so nothing was drawn."),
        actions=(RETRY, ELSEWHERE),
    ),
    Row(
        name="address-refused",
        error=errors.AddressRefused,
        symptom="10.0.0.0/8, 127.0.0.0/8, …",
        cause=_("The host name leads into a private network, and no admin has allowed that for this upstream."),
        actions=(ADMIN, ELSEWHERE, RETRY),
    ),
    Row(
        name="not-sent",
        error=errors.NotSent,
        symptom="Connection refused",
        cause=_("The gateway is down, or something between it and the studio lets no connection through."),
        actions=(RETRY, ELSEWHERE, ADMIN),
    ),
)

UNKNOWN_ROWS = (
    Row(
        name="took-too-long",
        error=errors.DeadlinePassed,
        symptom="300 s / 600 s",
        cause=_("Many pixels, a complex prompt, or a gateway that lost the call. It may have been drawn all the same."),
        actions=(PREVIEWS, SIZE, QUALITY, RETRY),
    ),
    Row(
        name="ran-out-of-budget",
        error=errors.LateFailure,
        codes=("response_incomplete", "incomplete_error"),
        symptom="502 response_incomplete",
        cause=_("The drawing used up what the gateway allows for one call before it was finished."),
        sentence=_("The picture was too much for the gateway's limit on one call."),
        actions=(QUALITY, SIZE, RETRY),
    ),
    Row(
        name="proxy-timeout",
        error=errors.LateFailure,
        statuses=(408, 499, 504, 522, 524),
        symptom="504 Gateway Time-out, 524",
        cause=_("A proxy before the gateway cut the line while the picture was being drawn. Previews keep it alive."),
        sentence=_("A proxy before the gateway did not wait for the picture."),
        actions=(PREVIEWS, SIZE, QUALITY, RETRY),
    ),
    Row(
        name="late-failure",
        error=errors.LateFailure,
        symptom="500, 502, 520",
        cause=_("The gateway failed after it had the wish, so nobody knows how far the drawing came."),
        actions=(RETRY, SIZE, QUALITY, ELSEWHERE),
    ),
    Row(
        name="stream-silent",
        error=errors.StreamSilent,
        symptom="120 s",
        cause=_("The reply began, and then nothing more came, not even a sign of life."),
        actions=(RETRY, SIZE, ELSEWHERE),
    ),
    Row(
        name="connection-cut",
        error=errors.ConnectionCut,
        symptom="Connection reset by peer",
        cause=_("The line broke in the middle of the reply. Proxies do this to replies that are silent for long."),
        actions=(PREVIEWS, RETRY, ELSEWHERE),
    ),
    Row(
        name="reply-too-large",
        error=errors.ReplyTooLarge,
        symptom="> 128 MiB",
        cause=_("The reply went on far beyond what the largest picture has."),
        actions=(SIZE, ELSEWHERE, RETRY),
    ),
    Row(
        name="reply-unreadable",
        error=errors.ReplyUnreadable,
        symptom="200 <html>",
        cause=_("A web page, or noise, came with a status that says all is well."),
        actions=(ADMIN, ELSEWHERE, RETRY),
    ),
    Row(
        name="picture-out-of-reach",
        error=errors.PictureOutOfReach,
        symptom="data[0].url",
        cause=_("The reply named an address, and it had expired, refused us, or lies where the studio may not look."),
        actions=(ADMIN, ELSEWHERE, RETRY),
    ),
    Row(
        name="picture-unreadable",
        error=errors.PictureUnreadable,
        symptom="data[0].b64_json",
        cause=_("The picture's bytes were damaged on the way or never were a picture."),
        actions=(RETRY, ELSEWHERE),
    ),
    Row(
        name="no-picture",
        error=errors.NoPicture,
        symptom="200, data: []",
        cause=_("Often a refusal in disguise, or a drawing that ran out of time behind the gateway."),
        actions=(EDIT, QUALITY, SIZE, RETRY),
    ),
    Row(
        name="outcome-unknown",
        error=errors.OutcomeUnknown,
        symptom="?",
        cause=_("The call ended without a word on what became of it."),
        actions=(RETRY, ELSEWHERE),
    ),
)

STUDIO_ROWS = (
    Row(
        name="worker-died",
        error=WorkerDied,
        symptom="kill -9",
        cause=_("The studio was stopped or restarted before the reply was whole."),
        actions=(RETRY,),
    ),
    Row(
        name="no-room",
        error=NoRoom,
        symptom="No space left on device",
        cause=_("The studio's disk is full. The reply is kept as it came and is read again by itself."),
        actions=(ADMIN, RETRY),
    ),
    Row(
        name="picture-broken",
        error=PictureBroken,
        symptom="data[0].b64_json",
        cause=_("The gateway's file is cut off, or no picture at all."),
        actions=(RETRY, ELSEWHERE),
    ),
    Row(
        name="disk-full",
        error=errors.StorageFull,
        symptom="No space left on device",
        cause=_("There was no room for a picture, so nothing was sent."),
        actions=(ADMIN, RETRY),
    ),
    Row(
        name="storage-failed",
        error=errors.StorageFailed,
        symptom="EIO",
        cause=_("The studio's storage did not take what was to be written."),
        actions=(ADMIN, RETRY),
    ),
    Row(
        name="studio-fault",
        error=StudioFault,
        symptom="500",
        cause=_("A fault in the studio itself; its log says more."),
        actions=(RETRY, ADMIN),
    ),
    Row(
        name="anything-else",
        error=GatewayError,
        symptom="?",
        cause=_("Something that nobody has met before."),
        actions=(RETRY, ADMIN),
    ),
)

# What stands together on the page of errors, and the order in which rows are looked through.
SECTIONS: tuple[tuple[str, tuple[Row, ...]], ...] = (
    (_("Keys"), KEY_ROWS),
    (_("Limits and moments"), LIMIT_ROWS),
    (_("The wish itself"), WISH_ROWS),
    (_("The outcome is unknown"), UNKNOWN_ROWS),
    (_("Accounts and addresses"), ACCESS_ROWS),
    (_("No connection"), REACH_ROWS),
    (_("The studio itself"), STUDIO_ROWS),
)
ROWS: tuple[Row, ...] = tuple(row for _title, rows in SECTIONS for row in rows)
