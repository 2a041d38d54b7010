"""What a gateway says a call cost is read where it is an amount, and ignored where it is nonsense."""

from decimal import Decimal

import pytest

from studio.gateway.figures import read_cost

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


async def test_a_hostile_cost_does_not_cost_the_picture(studio: Studio) -> None:
    await studio.draw(answer({"data": [{"b64_json": PNG_64}]}, **{"x-litellm-response-cost": "1e400"}))
    assert studio.received is not None
    assert studio.received.reported_cost is None
