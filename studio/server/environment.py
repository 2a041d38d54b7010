"""The upstream named `environment`, declared by the GATEWAY_* variables and read again at each start."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from studio.accounts import first_admin
from studio.gateway import Endpoint, key_problem
from studio.gateway.keys import clean_key
from studio.sandbox import variables as sandbox_variables
from studio.upstreams.models import ENVIRONMENT, Upstream


class BadGateway(ImproperlyConfigured):
    """A GATEWAY_* variable is invalid; the message says why, in one sentence."""


def check() -> None:
    """Raise ImproperlyConfigured if a variable that the settings do not judge is invalid; nothing is written."""
    if settings.GATEWAY_BASE_URL:
        upstream_columns()
    first_admin.check_variables()
    try:
        sandbox_variables.speed()
        sandbox_variables.fault()
    except ValueError as error:
        raise ImproperlyConfigured(str(error)) from None


def declare_upstream() -> bool:
    """Write the environment's upstream, or retire it; True when the studio has any real upstream.

    One that is switched off counts: the studio then waits for an admin instead of using the sandbox.
    """
    if settings.GATEWAY_BASE_URL:
        Upstream.objects.declare(name=ENVIRONMENT, is_simulated=False, is_private_allowed=True, **upstream_columns())
    else:
        Upstream.objects.retire(ENVIRONMENT)
    Upstream.objects.filter(is_simulated=True).update(is_enabled=False)
    return Upstream.objects.present().real().exclude(is_managed=True, is_enabled=False).exists()


def upstream_columns() -> dict[str, Any]:
    """The variables as columns of the upstream; raise BadGateway for an invalid one."""
    api_key = checked_key()
    return {
        "api_key": api_key,
        "base_url": checked_address(api_key),
        "plan": checked_plan(),
        "group": checked_group(),
        **checked_slots(),
    }


def checked_key() -> str:
    api_key = clean_key(settings.GATEWAY_API_KEY)
    if not api_key:
        raise BadGateway("GATEWAY_BASE_URL is set but GATEWAY_API_KEY is not; make a key on the gateway's /keys page.")
    if problem := key_problem(api_key):
        raise BadGateway(f"GATEWAY_API_KEY cannot be used: {problem}")
    return api_key


def checked_address(api_key: str) -> str:
    try:
        address = Endpoint(base_url=settings.GATEWAY_BASE_URL, api_key=api_key).base_url
    except ValueError as error:
        raise BadGateway(f"GATEWAY_BASE_URL cannot be used: {error}") from None
    if len(address) > longest("base_url"):
        raise BadGateway(f"GATEWAY_BASE_URL is longer than {longest('base_url')} characters.")
    return address


def checked_plan() -> str:
    if settings.GATEWAY_PLAN not in Upstream.Plan.values:
        raise BadGateway(f"GATEWAY_PLAN must be one of {', '.join(Upstream.Plan.values)}.")
    return settings.GATEWAY_PLAN


def checked_group() -> str:
    if len(settings.GATEWAY_GROUP) > longest("group"):
        raise BadGateway(f"GATEWAY_GROUP is longer than {longest('group')} characters.")
    return settings.GATEWAY_GROUP


def longest(column: str) -> int:
    return int(getattr(Upstream._meta.get_field(column), "max_length", 0))


def checked_slots() -> dict[str, int]:
    match [int(count) if count.isascii() and count.isdigit() else -1 for count in settings.GATEWAY_SLOTS]:
        case [standard, large] if 0 < standard <= 1000 and 0 <= large <= 1000:
            return {"standard_slots": standard, "large_slots": large}
    raise BadGateway("GATEWAY_SLOTS must be two numbers, standard and large slots, such as 4,1.")
