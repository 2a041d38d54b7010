"""What a gateway says a call cost is read where it is an amount, and ignored where it is nonsense."""

from decimal import Decimal

import pytest

from studio.gateway.reported_cost import cost_from_headers, cost_from_json

from .conftest import PNG_64, Caller
from .scripted_gateway import answer

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("values", "cost"),
    [
        (["0.0527"], "0.0527"),
        ([" $0.21 "], "0.21"),
        (["5.3e-05"], "0.000053"),
        (["1 USD"], "1"),
        (["0"], "0"),
        (["0.0527", "0.0527"], "0.0527"),
        (["0.000000000000000123"], "0"),
    ],
)
def test_an_amount_is_read_to_twelve_places(values: list[str], cost: str) -> None:
    assert cost_from_headers(values) == Decimal(cost)


@pytest.mark.parametrize(
    "values",
    [[], [""], ["-1"], ["nan"], ["inf"], ["1e99"], ["1000.01"], ["9" * 400], ["None"], ["0,05"], ["1", "2"], ["٣"]],
)
def test_an_invalid_header_is_no_amount(values: list[str]) -> None:
    assert cost_from_headers(values) is None


async def test_a_reported_cost_comes_with_the_reply(caller: Caller) -> None:
    await caller.generate(answer({"data": [{"b64_json": PNG_64}]}, **{"x-litellm-response-cost": "0.0061"}))
    assert caller.received is not None
    assert caller.received.reported_cost == Decimal("0.0061")


@pytest.mark.parametrize(
    ("value", "cost"),
    [
        *[(0.0061, "0.0061"), (1, "1"), ("0.25", "0.25"), (5.3e-05, "0.000053"), (0, "0")],
        *[(bad, None) for bad in (None, True, -1, float("nan"), float("inf"), 10**30, "much", [0.1], {"usd": 1})],
    ],
)
def test_an_amount_in_json_is_read_as_a_number_or_as_text(value: object, cost: str | None) -> None:
    assert cost_from_json(value) == (None if cost is None else Decimal(cost))


USED = {"input_tokens": 12, "output_tokens": 196}


@pytest.mark.parametrize(
    ("body", "cost"),
    [
        ({"usage": USED | {"cost": 0.0061}}, "0.0061"),
        ({"usage": {"cost": "0.0061"}}, "0.0061"),
        ({"usage": USED, "cost": 0.0061}, "0.0061"),
        ({"usage": USED | {"cost": 0.0061}, "cost": 7}, "0.0061"),
        ({"usage": USED | {"cost": -1}}, None),
        ({"usage": USED}, None),
    ],
)
async def test_a_cost_in_the_body_is_read_with_the_picture(caller: Caller, body: dict, cost: str | None) -> None:
    reply = await caller.generate(answer({"data": [{"b64_json": PNG_64}]} | body))
    assert reply.reported_cost == (None if cost is None else Decimal(cost))


async def test_a_hostile_cost_does_not_cost_the_picture(caller: Caller) -> None:
    await caller.generate(answer({"data": [{"b64_json": PNG_64}]}, **{"x-litellm-response-cost": "1e400"}))
    assert caller.received is not None
    assert caller.received.reported_cost is None
