"""What a gateway says of a text, in every shape, and that asking never costs anything."""

from typing import Any

import pytest

from studio.gateway import Endpoint, Gateway, errors

from .conftest import KEY, QUICK
from .scripted_gateway import CUT, FOREVER, ScriptedGateway, answer, head

pytestmark = pytest.mark.anyio

SCORES = {"violence": 0.9, "sexual": 0.0001}


async def moderate(gateway: Gateway, script: Any) -> dict[str, float]:
    async with ScriptedGateway(script) as wire:
        endpoint = Endpoint(base_url=wire.base_url, api_key=KEY, is_private_allowed=True)
        return await gateway.moderate(endpoint=endpoint, text="a boat", timeouts=QUICK)


async def test_a_text_is_scored_with_one_call(gateway: Gateway) -> None:
    async with ScriptedGateway(answer({"results": [{"flagged": True, "category_scores": SCORES}]})) as wire:
        endpoint = Endpoint(base_url=wire.base_url, api_key=KEY, is_private_allowed=True)
        assert await gateway.moderate(endpoint=endpoint, text="a boat", timeouts=QUICK) == SCORES
        line, headers, body = wire.request()
    assert line == "POST /v1/moderations HTTP/1.1"
    assert headers["authorization"] == f"Bearer {KEY}"
    assert body == b'{"model":"omni-moderation-latest","input":"a boat"}'


@pytest.mark.parametrize(
    ("results", "scores"),
    [
        ([{"category_scores": SCORES}, {"category_scores": {"violence": 0.2, "hate": 1}}], SCORES | {"hate": 1.0}),
        ([{"categories": {"violence": True, "hate": False}}], {"violence": 1.0, "hate": 0.0}),
        ({"category_scores": SCORES}, SCORES),
        ([{"category_scores": SCORES | {"hate": -1, "illicit": "0.5", "harassment": 2, "x": None}}], SCORES),
        ([None, [], {"category_scores": [1]}, {"category_scores": SCORES}], SCORES),
    ],
)
async def test_scores_are_read_in_every_shape(gateway: Gateway, results: Any, scores: dict[str, float]) -> None:
    assert await moderate(gateway, answer({"results": results})) == scores


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (answer({"results": []}), errors.ReplyUnreadable),
        (answer({"results": [{"category_scores": {"violence": float("nan")}}]}), errors.ReplyUnreadable),
        (answer("<html><title>Sign in</title></html>"), errors.ReplyUnreadable),
        (answer("[]"), errors.ReplyUnreadable),
        (answer(""), errors.NoPicture),
        (answer({"error": {"message": "slow down", "code": "rate_limit_exceeded"}}, status=429), errors.RateLimited),
        (answer({"error": {"message": "no such model", "type": "invalid_request_error"}}), errors.RequestRefused),
        (answer({"error": {"message": "no"}}, status=401), errors.KeyRefused),
        (answer({"detail": "Not Found"}, status=404), errors.RouteNotFound),
        (answer({"error": {"message": "boom"}}, status=500), errors.LateFailure),
        (answer(b"x" * 2_000_000), errors.ReplyUnreadable),
        (answer(b"{" + b" " * 2_000_000), errors.ReplyTooLarge),
        ([head(200, {"content-length": "500"}), b'{"results": [', CUT], errors.ConnectionCut),
        ([head(200), FOREVER], errors.GatewayError),
    ],
)
async def test_whatever_goes_wrong_is_an_error_that_cost_nothing(
    gateway: Gateway, script: Any, kind: type[errors.GatewayError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.gateway.test_moderation.QUICK", type(QUICK)(connect=1, deadline=0.5, silence=0.3))
    with pytest.raises(kind) as caught:
        await moderate(gateway, script)
    assert not caught.value.maybe_billed
