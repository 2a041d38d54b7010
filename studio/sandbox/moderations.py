"""POST /v1/moderations: what OpenAI's moderation model would say, by a handful of words and by what a text asks for."""

import re
import secrets
from collections.abc import Iterator
from typing import Any

from studio.sandbox.refusal import openai
from studio.sandbox.rules import Broken, json_object

MODELS = ("omni-moderation-latest", "omni-moderation-2024-09-26")
THRESHOLD = 0.5
CALM = 0.0001
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
"""Enough to be noticed by; a real model reads meaning, this one reads words."""

_ASKED = re.compile(r"\bscore:([a-z/-]{1,40})=(0(?:\.\d{1,6})?|1(?:\.0{1,6})?)(?![\d.])")


def moderated(data: bytes) -> dict[str, Any]:
    """The reply to a moderation's JSON; raises Broken."""
    body = json_object(data)
    model = body.get("model", MODELS[0])
    if model not in MODELS:
        raise Broken(openai(404, f"The model '{str(model)[:60]}' does not exist.", code="model_not_found"))
    texts = list(_texts(body.get("input")))
    if not texts:
        raise Broken(openai(400, "Missing required parameter: 'input'.", code="missing_required_parameter"))
    results = [_result(text) for text in texts[:MAX_INPUTS]]
    return {"id": f"modr-{secrets.token_hex(12)}", "model": MODELS[-1], "results": results}


def _texts(given: Any) -> Iterator[str]:
    """One text, several, or the text parts of a mixed input, which are one."""
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
    """What the text asks for with `score:violence=0.9`, else whether one of the category's words stands in it."""
    text = text.lower()
    if asked := [float(score) for name, score in _ASKED.findall(text) if name == category]:
        return max(asked)
    said = _ASKED.sub("", text)
    return 0.92 if any(re.search(rf"\b{re.escape(word)}", said) for word in WORDS[category]) else CALM
