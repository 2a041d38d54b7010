"""What the main model says, and what that takes in tokens: the same words for the same conversation, at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from studio.images import TextUsage, find_main_model, text_cost, text_tokens
from studio.sandbox.conversation import Conversation, base_model

REASONING_TOKENS = 64
TOOL_TOKENS = 400
"""What the description of the tool takes."""

PICTURE_TOKENS = 1_024
"""What a picture in the context takes."""

REFUSAL = "I can't help with that picture."
BLOCKED = "The safety system stopped this picture."
ASIDE = (
    "I begin with the light, for it carries the mood of the whole picture. Then I look at the shapes: what stands in "
    "front stays sharp, what lies behind it becomes quieter, and everything you have not mentioned keeps its place. "
    "Colours follow last, a little warmer where the light falls and a little deeper in the shade."
)
"""What a model says besides when it speaks at length."""
DELTA_WORDS = 2


@dataclass(frozen=True)
class Speech:
    """What is said of a conversation: words, or a refusal instead of them; and the prompt the tool is given."""

    text: str
    refusal: str
    revised_prompt: str
    usage: TextUsage

    def cost(self, model: str) -> Decimal:
        """USD at the main model's list price."""
        return text_cost(self.usage, find_main_model(base_model(model)).rates)

    def deltas(self) -> Iterator[str]:
        """The words in the pieces they are said in."""
        words = (self.refusal or self.text).split(" ")
        for start in range(0, len(words), DELTA_WORDS):
            piece = " ".join(words[start : start + DELTA_WORDS])
            yield piece if start + DELTA_WORDS >= len(words) else piece + " "


def speech_of(talk: Conversation, *, refuses: bool = False, is_blocked: bool = False, is_long: bool = False) -> Speech:
    """What the model says to a conversation: it may refuse, tell that its tool was stopped, or speak at length."""
    text, revised_prompt = BLOCKED if is_blocked else _words(talk), _revised(talk.prompt)
    text = f"{text} {ASIDE}" if is_long else text
    refusal = REFUSAL if refuses else ""
    written = text_tokens(refusal or text) + REASONING_TOKENS
    before = text_tokens(talk.previous.said) if talk.previous else 0
    read = text_tokens(talk.said) + before + PICTURE_TOKENS * talk.pictures + (TOOL_TOKENS if talk.has_tool else 0)
    usage = TextUsage(input=read, cached_input=before, output=written)
    return Speech("" if refuses else text, refusal, revised_prompt, usage)


def _words(talk: Conversation) -> str:
    prompt = talk.prompt.strip().rstrip(".")
    if talk.is_drawing:
        return "I changed the picture as you asked." if talk.action == "edit" else "Here is your picture."
    if talk.has_tool:
        return f"Before I draw anything: you asked “{prompt}”. Say what you would like to see, and I will draw it."
    return _revised(prompt)


def _revised(prompt: str) -> str:
    return f"{prompt.strip().rstrip('.')}, in soft natural light, with a calm composition and fine detail"
