"""Studios of their own, each in its own process and data folder."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.browser.process import Studio
from tests.sandbox.conftest import Running, running

Begin = Callable[..., Studio]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Starts `up`, by default on the test's own data folder; extra variables are keyword arguments."""
    with ExitStack() as ends:

        def begin(data: Path = tmp_path / "studio", **environ: str) -> Studio:
            return ends.enter_context(Studio(data, **environ))

        yield begin


@pytest.fixture(scope="package")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A sandbox in a process of its own, to be reached through GATEWAY_BASE_URL."""
    with running(tmp_path_factory.mktemp("gateway"), SANDBOX_SPEED="0.05") as sandbox:
        yield sandbox


def through(gateway: Running) -> dict[str, str]:
    """The environment of a studio with that gateway."""
    return {"GATEWAY_BASE_URL": gateway.url, "GATEWAY_API_KEY": "sk-up-0123456789abcdef"}
