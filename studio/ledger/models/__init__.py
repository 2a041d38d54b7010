"""Entries are the truth; roll-ups and periods are sums of them, kept in the same transaction."""

from .budget import Budget, BudgetSpent, Period
from .entry import ZERO, Entry, EntryQuerySet, Totals
from .price import ImagePrice, Price
from .rollup import RollUp, Timing

__all__ = [
    "ZERO",
    "Budget",
    "BudgetSpent",
    "Entry",
    "EntryQuerySet",
    "ImagePrice",
    "Period",
    "Price",
    "RollUp",
    "Timing",
    "Totals",
]
