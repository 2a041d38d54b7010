"""What the text of a turn or plan will cost, before it is sent."""

from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from studio.generations.tariffs import PriceBoard
from studio.images import ImageRequest, ResponseRequest, ResponseTurn, text_estimate
from studio.ledger import prices
from studio.ledger.money import plain

from . import main_models, planning
from .context import INSTRUCTIONS, unread_picture
from .positions import Position


def text_ceiling(request: ResponseRequest, *, at: datetime) -> Decimal:
    """USD that the text part can cost at most, before an upstream's multiplier."""
    return text_estimate(request, prices.rates(model=request.model, at=at)).high


def text_prices(position: Position) -> dict[str, str]:
    """The expected price in USD of the text of a turn here, by main model."""
    turns = position.context.turns("", own=unread_picture, earlier=unread_picture)
    request = ResponseRequest(model="", turns=turns, tool=ImageRequest(prompt=""), instructions=INSTRUCTIONS)
    return expected_prices(request)


def plan_prices() -> dict[str, str]:
    """The expected price in USD of a plan, by main model, without its prompt."""
    return expected_prices(
        ResponseRequest(model="", turns=(ResponseTurn(role="user"),), instructions=planning.INSTRUCTIONS)
    )


def expected_prices(request: ResponseRequest) -> dict[str, str]:
    board = PriceBoard.of(timezone.now())
    return {
        model: plain(
            text_estimate(request, prices.rates(model=model, at=board.now)).expected
            * board.multiplier(main_model=model)
        )
        for model in main_models.offered()
    }
