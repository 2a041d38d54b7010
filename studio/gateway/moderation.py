"""Reads the scores in an answer of the moderations API."""

import math
from collections.abc import Mapping
from typing import Any

from .errors import ReplyUnreadable

MODERATION_MODEL = "omni-moderation-latest"
MAX_CATEGORIES = 100


def read_scores(answer: Mapping[str, Any]) -> dict[str, float]:
    """How strongly a text belongs to each category, from 0 to 1; raises ReplyUnreadable where there is no score.

    The highest of several results counts; a category that is only flagged has 1, one that is not flagged 0.
    """
    scores: dict[str, float] = {}
    results = answer.get("results")
    for result in results[:MAX_CATEGORIES] if isinstance(results, list) else [results]:
        for category, score in _scores_in(result).items():
            scores[category] = max(score, scores.get(category, 0.0))
    if not scores:
        raise ReplyUnreadable("the moderation gave no scores", maybe_billed=False)
    return scores


def _scores_in(result: Any) -> dict[str, float]:
    if not isinstance(result, Mapping):
        return {}
    found: dict[str, float] = {}
    for name in ("categories", "category_scores"):  # the scores last: they are more precise
        values = result.get(name)
        for category, value in list(values.items())[:MAX_CATEGORIES] if isinstance(values, Mapping) else ():
            score = _score(value)
            if isinstance(category, str) and score is not None:
                found[category[:100]] = score
    return found


def _score(value: Any) -> float | None:
    if not isinstance(value, bool | int | float):
        return None
    return float(value) if math.isfinite(value) and 0 <= value <= 1 else None
