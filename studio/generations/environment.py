"""The upstream named `environment`: GATEWAY_BASE_URL and its siblings, re-read at each start."""

from typing import Any

from django.conf import settings

from studio.gateway import Endpoint, key_problem
from studio.gateway.keys import clean_key
from studio.upstreams.models import Upstream

NAME = "environment"


class BadGateway(Exception):
    """What is wrong with the GATEWAY_* variables, in one sentence."""


def check() -> None:
    """Raise BadGateway if the variables say something that cannot work; nothing is written."""
    if settings.GATEWAY_BASE_URL:
        facts()


def declare_upstream() -> bool:
    """Write the environment's upstream, or retire it; True when there is one of any kind to work with.

    One that was switched off counts: its studio waits for an admin, and does not begin to paint with play money.
    """
    if settings.GATEWAY_BASE_URL:
        Upstream.objects.declare(name=NAME, is_simulated=False, is_private_allowed=True, **facts())
    else:
        Upstream.objects.retire(NAME)
    Upstream.objects.filter(is_simulated=True).update(is_enabled=False)
    return Upstream.objects.present().real().exclude(is_managed=True, is_enabled=False).exists()


def facts() -> dict[str, Any]:
    """What the variables say of the upstream."""
    api_key = checked_key()
    return {
        "api_key": api_key,
        "base_url": checked_address(api_key),
        "plan": checked_plan(),
        "group": settings.GATEWAY_GROUP,
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
        return Endpoint(base_url=settings.GATEWAY_BASE_URL, api_key=api_key).base_url
    except ValueError as error:
        raise BadGateway(f"GATEWAY_BASE_URL cannot be used: {error}") from None


def checked_plan() -> str:
    if settings.GATEWAY_PLAN not in Upstream.Plan.values:
        raise BadGateway(f"GATEWAY_PLAN must be one of {', '.join(Upstream.Plan.values)}.")
    return settings.GATEWAY_PLAN


def checked_slots() -> dict[str, int]:
    match [int(count) if count.isascii() and count.isdigit() else -1 for count in settings.GATEWAY_SLOTS]:
        case [standard, large] if 0 < standard <= 1000 and 0 <= large <= 1000:
            return {"standard_slots": standard, "large_slots": large}
    raise BadGateway("GATEWAY_SLOTS must be two numbers, standard and large slots, such as 4,1.")
