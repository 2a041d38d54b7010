"""POST /v1/moderations: scores for a few words, or those that the text requests."""

import re
import secrets
from collections.abc import Iterator
from typing import Any

from studio.sandbox.error_responses import openai_error
from studio.sandbox.validation import RequestRejected, parse_json_object

MODELS = ("omni-moderation-latest", "omni-moderation-2024-09-26")
THRESHOLD = 0.5
LOW_SCORE = 0.0001
MAX_INPUTS = 32

WORDS: dict[str, tuple[str, ...]] = {
    "harassment": ("idiot", "worthless"),
    "harassment/threatening": ("i will hurt you",),
    "hate": ("inferior race",),
    "hate/threatening": ("exterminate them",),
    "illicit": ("pick a lock", "launder money"),
    "illicit/violent": ("build a bomb",),
    "self-harm": ("self-harm", "cutting myself"),
    "self-harm/intent": ("kill myself",),
    "self-harm/instructions": ("how to kill myself",),
    "sexual": ("naked", "nude", "porn"),
    "sexual/minors": ("naked child",),
    "violence": ("murder", "stab", "massacre"),
    "violence/graphic": ("gore", "dismembered"),
}
"""A few words per category; unlike a real model, this one does not read meaning."""

_REQUESTED_SCORE = re.compile(r"\bscore:([a-z/-]{1,40})=(0(?:\.\d{1,6})?|1(?:\.0{1,6})?)(?![\d.])")


def moderate(data: bytes) -> dict[str, Any]:
    """The reply to the JSON of a moderation request; raises RequestRejected."""
    body = parse_json_object(data)
    model = body.get("model", MODELS[0])
    if model not in MODELS:
        raise RequestRejected(
            openai_error(404, f"The model '{str(model)[:60]}' does not exist.", code="model_not_found")
        )
    texts = list(_texts(body.get("input")))
    if not texts:
        raise RequestRejected(
            openai_error(400, "Missing required parameter: 'input'.", code="missing_required_parameter")
        )
    results = [_result(text) for text in texts[:MAX_INPUTS]]
    return {"id": f"modr-{secrets.token_hex(12)}", "model": MODELS[-1], "results": results}


def _texts(given: Any) -> Iterator[str]:
    """The texts of an input: a string, a list of strings, or the text parts of a mixed list as one text."""
    if isinstance(given, str):
        yield given
    elif isinstance(given, list) and given and all(isinstance(part, str) for part in given):
        yield from given
    elif isinstance(given, list):
        parts = [part.get("text") for part in given if isinstance(part, dict) and part.get("type") == "text"]
        if any(isinstance(text, str) for text in parts):
            yield "\n".join(text for text in parts if isinstance(text, str))


def _result(text: str) -> dict[str, Any]:
    scores = {category: _score(text, category) for category in WORDS}
    categories = {category: score >= THRESHOLD for category, score in scores.items()}
    return {
        "flagged": any(categories.values()),
        "categories": categories,
        "category_scores": scores,
        "category_applied_input_types": {category: ["text"] for category in WORDS},
    }


def _score(text: str, category: str) -> float:
    """The score that the text requests with `score:violence=0.9`, else high if it contains a word of the category."""
    text = text.lower()
    if requested := [float(score) for name, score in _REQUESTED_SCORE.findall(text) if name == category]:
        return max(requested)
    words = _REQUESTED_SCORE.sub("", text)
    return 0.92 if any(re.search(rf"\b{re.escape(word)}", words) for word in WORDS[category]) else LOW_SCORE
