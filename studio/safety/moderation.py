"""The second check: from which score of a gateway's moderation a text is refused."""

# The score from which a category is refused, unless the studio has set another. 1 lets everything pass.
THRESHOLDS = {
    "sexual/minors": 0.2,
    "sexual": 0.85,
    "harassment": 0.95,
    "harassment/threatening": 0.8,
    "hate": 0.75,
    "hate/threatening": 0.5,
    "illicit": 0.85,
    "illicit/violent": 0.6,
    "self-harm": 0.8,
    "self-harm/intent": 0.6,
    "self-harm/instructions": 0.5,
    "violence": 0.97,
    "violence/graphic": 0.85,
}


def refused_category(scores: dict[str, float], chosen: dict[str, float]) -> str:
    """The category whose score is furthest above its threshold; "" where none is above."""
    limits = THRESHOLDS | chosen
    over = {name: score - limits[name] for name, score in scores.items() if name in limits and limits[name] < 1}
    worst = max(over, key=lambda name: over[name], default="")
    return worst if worst and over[worst] >= 0 else ""
