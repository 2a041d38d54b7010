"""A plan: what a text model is asked about a prompt, and what of its answer is the prompt it proposes."""

from studio.images import ResponseRequest, ResponseTurn

from ..models import Plan

# Told to the model, not to people, and therefore in one language.
INSTRUCTIONS = (
    "You improve prompts for an image model. Rewrite the prompt that follows so that subject, place, light, "
    "composition, material and style are plain and concrete. Keep its language, its facts, its names, its quoted "
    "lettering and everything it rules out; add nothing that contradicts it. Answer with the improved prompt alone: "
    "no introduction, no quotation marks, no explanation."
)
QUOTES = "\"'“”„«»`"


def planned(plan: Plan) -> ResponseRequest:
    """The request of a plan: words alone, without the tool that draws."""
    words = ResponseTurn(role="user", text=plan.generation.prompt)
    return ResponseRequest(model=plan.main_model, turns=(words,), instructions=INSTRUCTIONS)


def proposal(plan: Plan) -> str:
    """The prompt that is proposed, without the wrapping some models put around it; empty while there is none."""
    text = plan.answer.strip()
    if text.startswith("```") and text.endswith("```"):
        text = text.strip("`").strip()
    if len(text) > 1 and text[0] in QUOTES and text[-1] in QUOTES and plan.generation.prompt.strip()[:1] not in QUOTES:
        text = text[1:-1].strip()
    return text
