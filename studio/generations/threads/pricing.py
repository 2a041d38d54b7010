"""What words will cost, before they are said."""

from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from studio.images import ImageRequest, ResponseRequest, ResponseTurn, text_estimate
from studio.ledger import prices
from studio.ledger.money import plain

from ..tariffs import Board
from . import main_models, planning
from .context import INSTRUCTIONS, unread
from .positions import Position


def text_ceiling(request: ResponseRequest, *, at: datetime) -> Decimal:
    """USD that the main model's part can cost at most, before an upstream's multiplier."""
    return text_estimate(request, prices.rates(model=request.model, at=at)).high


def text_prices(position: Position) -> dict[str, str]:
    """By main model, about what it costs in USD to say something here."""
    turns = position.context.turns("", own=unread, earlier=unread)
    asked = ResponseRequest(model="", turns=turns, tool=ImageRequest(prompt=""), instructions=INSTRUCTIONS)
    return expected(asked)


def plan_prices() -> dict[str, str]:
    """By main model, about what a plan costs in USD, without the words of the prompt."""
    return expected(ResponseRequest(model="", turns=(ResponseTurn(role="user"),), instructions=planning.INSTRUCTIONS))


def expected(asked: ResponseRequest) -> dict[str, str]:
    board = Board.of(timezone.now())
    return {
        model: plain(
            text_estimate(asked, prices.rates(model=model, at=board.now)).expected * board.multiplier(main_model=model)
        )
        for model in main_models.offered()
    }
