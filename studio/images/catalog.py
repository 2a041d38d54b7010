"""The models of the studio, as data: nothing else names a model or what it takes.

To add a model, add an entry to MODELS: its id on the wire, a label, and what differs from gpt-image-2. To add a
quality, give the entry a `factors` mapping that holds it (name → the formula's factor, lowest first). The form, the
picker, the sandbox and the prices follow by themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .prices import LIST_RATES, QUALITY_FACTORS, Rates
from .sizes import AUTO


@dataclass(frozen=True, kw_only=True)
class Model:
    """What a model takes (API guide, "Generation Parameters") and what its tokens cost."""

    id: str
    label: str
    factors: Mapping[str, int] = field(default_factory=lambda: dict(QUALITY_FACTORS), hash=False)
    formats: tuple[str, ...] = ("png", "jpeg", "webp")
    backgrounds: tuple[str, ...] = (AUTO, "opaque")
    moderations: tuple[str, ...] = (AUTO, "low")
    max_n: int = 10
    max_partials: int = 3
    max_references: int = 16
    max_prompt: int = 32_000  # characters
    rates: Rates = LIST_RATES

    @property
    def qualities(self) -> tuple[str, ...]:
        """What may be asked for: the qualities with a factor, lowest first, and `auto`."""
        return (*self.factors, AUTO)


MODELS = (
    Model(id="gpt-image-2", label="GPT Image 2"),
    Model(id="gpt-image-2-2026-04-21", label="GPT Image 2 (2026-04-21)"),
)


def find_model(model_id: str) -> Model:
    """The model of this id; raise KeyError for one the studio does not know."""
    return {model.id: model for model in MODELS}[model_id]


def list_rates(model_id: str) -> Rates:
    """The list price of a model's tokens; raise KeyError for a model the studio does not know."""
    return find_model(model_id).rates
