"""Entries are the source of truth; roll-ups and periods are their sums, updated in the same transaction."""

from ..money import ZERO
from .budget import Budget, BudgetExceeded, Period
from .entry import Entry
from .entry_queries import EntryQuerySet, Totals
from .price import ImagePrice, Price
from .rollup import RollUp, StudioRollUp, Timing
from .statement import NotClosed, Statement, StatementLine

__all__ = [
    "ZERO",
    "Budget",
    "BudgetExceeded",
    "Entry",
    "EntryQuerySet",
    "ImagePrice",
    "NotClosed",
    "Period",
    "Price",
    "RollUp",
    "Statement",
    "StatementLine",
    "StudioRollUp",
    "Timing",
    "Totals",
]
