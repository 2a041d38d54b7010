"""Entries are the truth; roll-ups and periods are sums of them, kept in the same transaction."""

from .budget import ZERO, Budget, BudgetSpent, Period
from .entry import Entry, EntryQuerySet, Totals
from .price import ImagePrice, Price
from .rollup import RollUp, StudioRollUp, Timing
from .statement import NotClosed, Statement, StatementLine

__all__ = [
    "ZERO",
    "Budget",
    "BudgetSpent",
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
