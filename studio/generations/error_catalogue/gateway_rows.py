"""Errors about keys, accounts, limits and connections."""

from django.utils.translation import gettext_noop as _

from studio.gateway import errors
from studio.gateway.studio_errors import KeyUnreadable

from .row import ADMIN, ELSEWHERE, FORM, KEYS, QUALITY, RETRY, SIZE, WAIT, Row

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
        name="no-key-database",
        error=errors.SetupFault,
        words=("no connected db",),
        symptom="400 No connected db.",
        cause=_(
            "The gateway looks up keys in a database and has none: the key is not its own, or it was never set up to "
            "take others."
        ),
        sentence=_("The gateway cannot look up the key: it is wrong there, or the gateway has no database of keys."),
        actions=(ADMIN, ELSEWHERE, RETRY),
    ),
    Row(
        name="setup-fault",
        error=errors.SetupFault,
        symptom="503 image billing is not configured for this model",
        cause=_("Something is missing at the gateway itself: a price, a database, a setting, or a key of its own."),
        actions=(ADMIN, ELSEWHERE, RETRY),
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
