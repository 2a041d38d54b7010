"""The models of the studio, as data: nothing else names a model or what it takes.

To add a model, add an entry to MODELS: its id on the wire, a label, and what differs from gpt-image-2. To add a
quality, give the entry a `factors` mapping that holds it (name → the formula's factor, lowest first). The form, the
picker, the sandbox and the prices follow by themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .prices import LIST_RATES, QUALITY_FACTORS, Rates, text_rates
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
        """The values `quality` takes: those with a factor, lowest first, and `auto`."""
        return (*self.factors, AUTO)


MODELS = (
    Model(id="gpt-image-2", label="GPT Image 2"),
    Model(id="gpt-image-2-2026-04-21", label="GPT Image 2 (2026-04-21)"),
)


def find_model(model_id: str) -> Model:
    """The model of this id; raise KeyError for one the studio does not know."""
    return {model.id: model for model in MODELS}[model_id]


@dataclass(frozen=True, kw_only=True)
class MainModel:
    """A text model that can lead a conversation, and what its tokens cost at list price."""

    id: str
    label: str
    rates: Rates


MAIN_MODELS = (
    MainModel(id="gpt-5.5", label="GPT-5.5", rates=text_rates(text_input="5.00", cached="0.50", output="30.00")),
    MainModel(id="gpt-5.4", label="GPT-5.4", rates=text_rates(text_input="2.50", cached="0.25", output="15.00")),
    MainModel(
        id="gpt-5.4-mini", label="GPT-5.4 mini", rates=text_rates(text_input="0.75", cached="0.075", output="4.50")
    ),
)


def find_main_model(model_id: str) -> MainModel:
    """The main model of this id; raise KeyError for one whose price the studio does not know."""
    return {model.id: model for model in MAIN_MODELS}[model_id]


def list_rates() -> dict[str, Rates]:
    """The list price of every model's tokens by its id, whether it draws or leads."""
    return {model.id: model.rates for model in (*MODELS, *MAIN_MODELS)}
