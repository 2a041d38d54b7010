"""Which strategy runs which kind of generation; nothing else in `worker` branches on the kind."""

from typing import Any

from studio.generations.models import Kind

from .converse import ConverseStrategy
from .edit import EditStrategy
from .generate import GenerateStrategy, TestPictureStrategy
from .strategy import Strategy

STRATEGIES: dict[str, Strategy[Any]] = {
    Kind.GENERATE: GenerateStrategy(),
    Kind.EDIT: EditStrategy(),
    Kind.REFINE: ConverseStrategy(),
    Kind.PLAN: ConverseStrategy(),
    Kind.TEST: TestPictureStrategy(),
}
