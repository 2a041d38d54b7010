"""Plans: the request for a better prompt, and the proposal in its answer."""

from studio.images import ResponseRequest, ResponseTurn

from .models import Plan

# Read by the model, not by people, and therefore not translated.
INSTRUCTIONS = (
    "You improve prompts for an image model. Rewrite the prompt that follows so that subject, place, light, "
    "composition, material and style are plain and concrete. Keep its language, its facts, its names, its quoted "
    "lettering and everything it rules out; add nothing that contradicts it. Answer with the improved prompt alone: "
    "no introduction, no quotation marks, no explanation."
)
QUOTES = "\"'“”„«»`"


def plan_request(prompt: str, *, main_model: str) -> ResponseRequest:
    """The request of a plan: text alone, without the image generation tool."""
    words = ResponseTurn(role="user", text=prompt)
    return ResponseRequest(model=main_model, turns=(words,), instructions=INSTRUCTIONS)


def proposal(plan: Plan) -> str:
    """The proposed prompt, without the code fence or quotes some models put around it; empty while there is none."""
    text = plan.answer.strip()
    if text.startswith("```") and text.endswith("```"):
        text = text.strip("`").strip()
    if len(text) > 1 and text[0] in QUOTES and text[-1] in QUOTES and plan.generation.prompt.strip()[:1] not in QUOTES:
        text = text[1:-1].strip()
    return text
