"""The text of the main model and its tokens; the same conversation gets the same text."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from studio.images import TextUsage, find_main_model, text_cost, text_tokens
from studio.sandbox.responses.request import Conversation, base_model

REASONING_TOKENS = 64
TOOL_TOKENS = 400
"""Tokens of the tool's description."""

CONTEXT_PICTURE_TOKENS = 1_024
"""Tokens of a picture in the context."""

REFUSAL_TEXT = "I can't help with that picture."
BLOCKED_TEXT = "The safety system stopped this picture."
LONG_TEXT = (
    "I begin with the light, for it carries the mood of the whole picture. Then I look at the shapes: what stands in "
    "front stays sharp, what lies behind it becomes quieter, and everything you have not mentioned keeps its place. "
    "Colours follow last, a little warmer where the light falls and a little deeper in the shade."
)
"""Added to the text by the fault `at-length`."""
DELTA_WORDS = 2


@dataclass(frozen=True)
class ModelText:
    """The answer to a conversation: text or a refusal, the prompt for the tool, and the usage."""

    text: str
    refusal: str
    revised_prompt: str
    usage: TextUsage

    def cost(self, model: str) -> Decimal:
        """USD at the main model's list price."""
        return text_cost(self.usage, find_main_model(base_model(model)).rates)

    def deltas(self) -> Iterator[str]:
        """The text or refusal in the pieces it is streamed in."""
        words = (self.refusal or self.text).split(" ")
        for start in range(0, len(words), DELTA_WORDS):
            piece = " ".join(words[start : start + DELTA_WORDS])
            yield piece if start + DELTA_WORDS >= len(words) else piece + " "


def write_model_text(
    conversation: Conversation, *, refuses: bool = False, is_blocked: bool = False, is_long: bool = False
) -> ModelText:
    """Write the answer to a conversation: a refusal, a note that the tool was blocked, or a text, which may be long."""
    text, revised_prompt = BLOCKED_TEXT if is_blocked else _text(conversation), _revised_prompt(conversation.prompt)
    text = f"{text} {LONG_TEXT}" if is_long else text
    refusal = REFUSAL_TEXT if refuses else ""
    written = text_tokens(refusal or text) + REASONING_TOKENS
    before = text_tokens(conversation.previous.context_text) if conversation.previous else 0
    read = (
        text_tokens(conversation.context_text)
        + before
        + CONTEXT_PICTURE_TOKENS * conversation.context_picture_count
        + (TOOL_TOKENS if conversation.has_tool else 0)
    )
    usage = TextUsage(input=read, cached_input=before, output=written)
    return ModelText("" if refuses else text, refusal, revised_prompt, usage)


def _text(conversation: Conversation) -> str:
    prompt = conversation.prompt.strip().rstrip(".")
    if conversation.is_drawing:
        return "I changed the picture as you asked." if conversation.action == "edit" else "Here is your picture."
    if conversation.has_tool:
        return f"Before I draw anything: you asked “{prompt}”. Say what you would like to see, and I will draw it."
    return _revised_prompt(prompt)


def _revised_prompt(prompt: str) -> str:
    return f"{prompt.strip().rstrip('.')}, in soft natural light, with a calm composition and fine detail"
