"""A request for pictures and every rule it must keep."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from .catalog import MODELS, Model, find_model
from .prices import Rates
from .problems import Problem, problem
from .sizes import AUTO, InvalidSize, Size

LOSSY_FORMATS = ("jpeg", "webp")  # formats for which `output_compression` has a meaning
COMPRESSIONS = range(101)  # 0 to 100
MAX_SHOWN = 60  # characters of an unknown value that a sentence repeats
MAX_UNKNOWN_FIELDS = 20  # named in one refusal
# Parameters that are left out for a gateway that does not know them. Size and quality decide the price, so those stay
# unless they are `auto`.
OPTIONAL_PARAMETERS = (
    "output_format",
    "output_compression",
    "background",
    "moderation",
    "n",
    "stream",
    "partial_images",
    "user",
)
COST_PARAMETERS = ("size", "quality")


class InvalidRequest(ValueError):
    """A request that breaks rules; `problems` says which."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(" ".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class ImageRequest:
    """What POST /v1/images/generations takes. Made freely; `problems()` says which rules it breaks."""

    prompt: str
    model: str = MODELS[0].id
    size: Size | str = AUTO
    quality: str = AUTO
    output_format: str = "png"
    output_compression: int | None = None
    background: str = AUTO
    moderation: str = AUTO
    n: int = 1
    stream: bool = False
    partial_images: int = 0
    user: str | None = None
    omitted: frozenset[str] = frozenset()  # parameters that are not sent, because the gateway refuses them

    @property
    def edges(self) -> tuple[int, int] | None:
        """Width and height in px; None while the size is left to the model."""
        return self.size.edges if isinstance(self.size, Size) else None

    @property
    def is_large(self) -> bool:
        return isinstance(self.size, Size) and self.size.is_large

    @property
    def rates(self) -> Rates:
        return find_model(self.model).rates

    @property
    def factors(self) -> Mapping[str, int]:
        return find_model(self.model).factors

    def problems(self) -> list[Problem]:
        """Every rule this request breaks (API guide, "Generation Parameters"); empty when there is none."""
        try:
            model = find_model(self.model)
        except KeyError:
            return [problem("model", "model_unknown", value=self.model[:MAX_SHOWN])]
        return [*self._text_problems(model), *self._choice_problems(model), *self._number_problems(model)]

    def _text_problems(self, model: Model) -> list[Problem]:
        found = []
        if not self.prompt.strip():
            found.append(problem("prompt", "prompt_empty"))
        if len(self.prompt) > model.max_prompt:
            count, limit = f"{len(self.prompt):,}", f"{model.max_prompt:,}"
            found.append(problem("prompt", "prompt_too_long", count=count, limit=limit))
        if isinstance(self.size, str) and self.size != AUTO:
            found.append(problem("size", "size_not_a_size"))
        return found

    def _choice_problems(self, model: Model) -> list[Problem]:
        if self.background == "transparent" and "transparent" not in model.backgrounds:
            background = [problem("background", "background_transparent")]
        else:
            background = choice_problems("background", "background_unknown", self.background, model.backgrounds)
        return [
            *choice_problems("quality", "quality_unknown", self.quality, model.qualities),
            *choice_problems("output_format", "format_unknown", self.output_format, model.formats),
            *background,
            *choice_problems("moderation", "moderation_unknown", self.moderation, model.moderations),
        ]

    def _number_problems(self, model: Model) -> list[Problem]:
        found = []
        if self.output_compression is not None and self.output_compression not in COMPRESSIONS:
            found.append(problem("output_compression", "compression_out_of_range"))
        if self.output_compression is not None and self.output_format not in LOSSY_FORMATS:
            found.append(problem("output_compression", "compression_needs_lossy"))
        if not 1 <= self.n <= model.max_n:
            found.append(problem("n", "n_out_of_range", limit=model.max_n))
        if not 0 <= self.partial_images <= model.max_partials:
            found.append(problem("partial_images", "partials_out_of_range", limit=model.max_partials))
        if self.partial_images and not self.stream:
            found.append(problem("partial_images", "partials_need_stream"))
        if self.stream and self.n != 1:
            found.append(problem("stream", "stream_needs_one"))
        return found

    def to_wire(self) -> dict[str, Any]:
        """The JSON body, without parameters that have their default value and that some gateways refuse."""
        body: dict[str, Any] = {
            "model": self.model,
            "prompt": self.prompt,
            "size": str(self.size),
            "quality": self.quality,
            "output_format": self.output_format,
            "n": self.n,
        }
        if self.output_compression is not None and self.output_format in LOSSY_FORMATS:
            body["output_compression"] = self.output_compression
        body |= {name: getattr(self, name) for name in ("background", "moderation") if getattr(self, name) != AUTO}
        if self.stream:
            body |= {"stream": True, "partial_images": self.partial_images}
        if self.user:
            body["user"] = self.user
        return {name: value for name, value in body.items() if name not in self.omitted}

    def without(self, param: str) -> Self | None:
        """The same request that leaves an optional parameter out; None where it needs it, or does not send it."""
        name = parameter_name(param)
        if name not in self.to_wire() or not (
            name in OPTIONAL_PARAMETERS or (name in COST_PARAMETERS and getattr(self, name) == AUTO)
        ):
            return None
        changes: dict[str, Any] = {"omitted": self.omitted | {name}}
        if name == "stream":
            changes |= {"stream": False, "partial_images": 0}
        elif name == "partial_images":
            changes["partial_images"] = 0
        elif name == "output_format":
            changes |= {"output_format": "png", "output_compression": None}
        return replace(self, **changes)

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Self:
        """Read a JSON body with strict types; raise InvalidRequest for unknown fields, wrong types and broken rules.

        As in the API's schema, null stands for the default in every field but `prompt` and `user`.
        """
        if not isinstance(data, Mapping):
            raise InvalidRequest([problem("body", "wrong_type", name="body", wanted="an object")])
        unknown = [str(name)[:MAX_SHOWN] for name in data if name not in FIELD_TYPES][:MAX_UNKNOWN_FIELDS]
        problems = [problem(name, "unknown_field", name=name) for name in unknown]
        for name, (kind, wanted) in FIELD_TYPES.items():
            if name in data and not has_type(data[name], kind) and (data[name] is not None or name in NOT_NULL):
                problems.append(problem(name, "wrong_type", name=name, wanted=wanted))
        if "prompt" not in data:
            problems.append(problem("prompt", "prompt_empty"))
        if problems:
            raise InvalidRequest(problems)
        return cls._checked({name: value for name, value in data.items() if value is not None})

    @classmethod
    def _checked(cls, values: dict[str, Any]) -> Self:
        size_problems: list[Problem] = []
        size: Size | str = values.pop("size", AUTO)
        try:
            size = AUTO if size == AUTO else Size.parse(str(size))
        except InvalidSize as error:
            size, size_problems = AUTO, error.problems
        request = cls(size=size, **values)
        if problems := [*request.problems(), *size_problems]:
            raise InvalidRequest(problems)
        return request


FIELD_TYPES: dict[str, tuple[type, str]] = {
    "prompt": (str, "a string"),
    "model": (str, "a string"),
    "size": (str, "a string"),
    "quality": (str, "a string"),
    "output_format": (str, "a string"),
    "output_compression": (int, "a whole number"),
    "background": (str, "a string"),
    "moderation": (str, "a string"),
    "n": (int, "a whole number"),
    "stream": (bool, "true or false"),
    "partial_images": (int, "a whole number"),
    "user": (str, "a string"),
}
NOT_NULL = ("prompt", "user")


def parameter_name(param: str) -> str:
    """A parameter's own name in what a gateway calls it: `moderation` in `tools[0].moderation`."""
    return param.strip().strip("'\"`").rpartition(".")[2].removesuffix("[]")


def has_type(value: object, kind: type) -> bool:
    """Whether a JSON value is of a kind; a boolean is no number."""
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))


def choice_problems(param: str, code: str, value: str, choices: tuple[str, ...]) -> list[Problem]:
    return [] if value in choices else [problem(param, code, value=value[:MAX_SHOWN], choices=", ".join(choices))]
