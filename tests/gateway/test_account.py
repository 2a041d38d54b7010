"""What a gateway says of an account's money, in every wording that was seen, and where it says nothing or nonsense."""

from decimal import Decimal
from typing import Any

import pytest

from studio.gateway import Account, Endpoint, Gateway, errors
from tests.sandbox.conftest import Running, running

from .conftest import KEY, QUICK
from .scripted_gateway import CUT, ScriptedGateway, answer

pytestmark = pytest.mark.anyio

NOT_FOUND = answer({"detail": "Not Found"}, status=404)
SUB2API = {
    "mode": "unrestricted",
    "isValid": True,
    "planName": "余额",
    "remaining": 87.5,
    "unit": "USD",
    "balance": 87.5,
    "usage": {
        "today": {"requests": 3, "total_tokens": 5400, "cost": 0.32, "actual_cost": 0.16},
        "total": {"requests": 41, "total_tokens": 92_000, "cost": 25.0, "actual_cost": 12.5},
    },
}
MULTIPLIERS = {"group_rate_multiplier": 1.5, "user_rate_multiplier": 0.5, "effective_rate_multiplier": 0.75}


async def account(gateway: Gateway, *scripts: Any) -> Account:
    async with ScriptedGateway(*scripts) as wire:
        endpoint = Endpoint(base_url=wire.base_url, api_key=KEY, is_private_allowed=True)
        return await gateway.account(endpoint=endpoint, timeouts=QUICK)


async def test_both_routes_are_called_once_with_the_key(gateway: Gateway) -> None:
    async with ScriptedGateway(answer(SUB2API), answer(MULTIPLIERS)) as wire:
        endpoint = Endpoint(base_url=wire.base_url, api_key=KEY, is_private_allowed=True)
        assert await gateway.account(endpoint=endpoint, timeouts=QUICK) == Account(
            total=Decimal("12.5"),
            balance=Decimal("87.5"),
            request_count=41,
            token_count=92_000,
            multiplier=Decimal("0.75"),
        )
        lines = [wire.request(number) for number in (0, 1)]
    assert [line for line, _headers, _body in lines] == [
        "GET /v1/usage HTTP/1.1",
        "GET /v1/sub2api/billing HTTP/1.1",
    ]
    assert all(headers["authorization"] == f"Bearer {KEY}" for _line, headers, _body in lines)


@pytest.mark.parametrize(
    ("usage", "total"),
    [
        ({"total_cost": "1.25"}, "1.25"),
        ({"data": {"total_cost": 1.25}}, "1.25"),
        ({"mode": "quota_limited", "quota": {"limit": 5, "used": 1.25, "remaining": 3.75}}, "1.25"),
        ({"usage": {"total": {"cost": 1.25}}}, "1.25"),
        ({"usage": {"total": {"actual_cost": -1, "cost": 1.25}}}, "1.25"),
        ({"balance": 7}, None),
        ({"total_cost": float("nan")}, None),
        ({"total_cost": 1e400}, None),
        ({"total_cost": "much"}, None),
        ({"total_cost": True}, None),
        ({"total_cost": "9" * 60}, None),
        ({"usage": [1], "total_cost": [1]}, None),
    ],
)
async def test_a_total_is_read_in_every_place_and_an_invalid_one_is_none(
    gateway: Gateway, usage: dict[str, Any], total: str | None
) -> None:
    found = await account(gateway, answer(usage), NOT_FOUND)
    assert found.total == (None if total is None else Decimal(total))
    assert found.multiplier is None


async def test_multipliers_are_read_where_there_is_no_usage(gateway: Gateway) -> None:
    assert await account(gateway, NOT_FOUND, answer({"data": MULTIPLIERS})) == Account(multiplier=Decimal("0.75"))


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (NOT_FOUND, errors.RouteNotFound),
        (answer({"code": "INVALID_API_KEY", "message": "Invalid API key"}, status=401), errors.KeyRefused),
        (answer("<html><title>Sign in</title></html>"), errors.ReplyUnreadable),
        (answer("[1]"), errors.ReplyUnreadable),
        (answer(b"x" * 2_000_000), errors.ReplyUnreadable),
        ([CUT], errors.ConnectionCut),
    ],
)
async def test_a_gateway_without_either_is_a_free_error(
    gateway: Gateway, script: Any, kind: type[errors.GatewayError]
) -> None:
    with pytest.raises(kind) as caught:
        await account(gateway, script, script)
    assert not caught.value.maybe_billed


async def test_the_sandboxs_sum_is_that_of_its_log(gateway: Gateway, tmp_path_factory: Any) -> None:
    with running(tmp_path_factory.mktemp("sandbox")) as sandbox:
        found = await gateway.account(endpoint=endpoint_of(sandbox))
    assert found == Account(
        total=Decimal(0), balance=Decimal(100), request_count=0, token_count=0, multiplier=Decimal(1)
    )


def endpoint_of(sandbox: Running) -> Endpoint:
    return Endpoint(base_url=sandbox.url, api_key=KEY, is_private_allowed=True)
