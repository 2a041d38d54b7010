"""The models of the studio as data. A new model is one more entry; nothing else names a model."""

from dataclasses import dataclass

from .prices import LIST_RATES, Rates


@dataclass(frozen=True)
class Model:
    """What a model takes (API guide, "Generation Parameters") and what its tokens cost."""

    id: str
    label: str
    qualities: tuple[str, ...] = ("low", "medium", "high", "auto")
    formats: tuple[str, ...] = ("png", "jpeg", "webp")
    backgrounds: tuple[str, ...] = ("auto", "opaque")
    moderations: tuple[str, ...] = ("auto", "low")
    max_n: int = 10
    max_partials: int = 3
    max_references: int = 16
    max_prompt: int = 32_000  # characters
    rates: Rates = LIST_RATES


MODELS = (
    Model(id="gpt-image-2", label="GPT Image 2"),
    Model(id="gpt-image-2-2026-04-21", label="GPT Image 2 (2026-04-21)"),
)


def find_model(model_id: str) -> Model:
    """The model of this id; raise KeyError for one the studio does not know."""
    return {model.id: model for model in MODELS}[model_id]
