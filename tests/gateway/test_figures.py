"""What a gateway says a call cost is read where it is an amount, and ignored where it is nonsense."""

from decimal import Decimal

import pytest

from studio.gateway.figures import read_amount, read_cost

from .conftest import PNG_64, Studio
from .wire import answer

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
    assert read_cost(values) == Decimal(cost)


@pytest.mark.parametrize(
    "values",
    [[], [""], ["-1"], ["nan"], ["inf"], ["1e99"], ["1000.01"], ["9" * 400], ["None"], ["0,05"], ["1", "2"], ["٣"]],
)
def test_nonsense_is_no_amount(values: list[str]) -> None:
    assert read_cost(values) is None


async def test_a_reported_cost_comes_with_the_reply(studio: Studio) -> None:
    await studio.draw(answer({"data": [{"b64_json": PNG_64}]}, **{"x-litellm-response-cost": "0.0061"}))
    assert studio.received is not None
    assert studio.received.reported_cost == Decimal("0.0061")


@pytest.mark.parametrize(
    ("said", "cost"),
    [
        *[(0.0061, "0.0061"), (1, "1"), ("0.25", "0.25"), (5.3e-05, "0.000053"), (0, "0")],
        *[(bad, None) for bad in (None, True, -1, float("nan"), float("inf"), 10**30, "much", [0.1], {"usd": 1})],
    ],
)
def test_an_amount_in_json_is_read_as_a_number_or_as_text(said: object, cost: str | None) -> None:
    assert read_amount(said) == (None if cost is None else Decimal(cost))


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
async def test_a_cost_in_the_body_is_read_with_the_picture(studio: Studio, body: dict, cost: str | None) -> None:
    reply = await studio.draw(answer({"data": [{"b64_json": PNG_64}]} | body))
    assert reply.reported_cost == (None if cost is None else Decimal(cost))


async def test_a_hostile_cost_does_not_cost_the_picture(studio: Studio) -> None:
    await studio.draw(answer({"data": [{"b64_json": PNG_64}]}, **{"x-litellm-response-cost": "1e400"}))
    assert studio.received is not None
    assert studio.received.reported_cost is None
