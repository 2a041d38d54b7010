"""Which tests `uv run pytest` leaves to `scripts/check`, in what order they run, and which worker gets them."""

import os
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import is_hypothesis_test
from xdist.scheduler import LoadScopeScheduling

TESTS = Path(__file__).parent
# Folders and files whose tests need more than Python and SQLite: the mark that `addopts` leaves out.
APART = {
    TESTS / "browser": "browser",
    TESTS / "engines": "engine",
    TESTS / "crash": "crash",
    TESTS / "gateways": "gateway",
    TESTS / "chaos" / "test_run.py": "chaos",
    TESTS / "server" / "test_full_disk.py": "process",
    TESTS / "server" / "test_refusals.py": "process",
    TESTS / "server" / "test_running.py": "process",
}
FUZZ_FACTOR = int(os.environ.get("FUZZ_FACTOR", "1"))


def marks_of(path: Path) -> list[str]:
    return [mark for place, mark in APART.items() if path.is_relative_to(place)]


def pytest_configure(config: pytest.Config) -> None:
    """Whoever names one of these folders or files wants its tests, whatever `addopts` leaves out."""
    named = [Path(argument.partition("::")[0]).absolute() for argument in config.args]
    is_asked_for = any(argument.startswith("-m") for argument in config.invocation_params.args)
    if any(map(marks_of, named)) and not is_asked_for:
        config.option.markexpr = ""


@pytest.hookimpl(tryfirst=True)  # before the marks are looked at
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for mark in marks_of(item.path):
            item.add_marker(mark)
        if isinstance(item, pytest.Function) and is_hypothesis_test(item.obj):
            settle(getattr(item.obj, "__func__", item.obj))
    # The longest run first, or the other workers would wait for them at the end.
    items.sort(key=lambda item: not {"engine", "chaos", "crash"} & {mark.name for mark in item.iter_markers()})


def settle(test: Any) -> None:
    """As many more examples as FUZZ_FACTOR says; the numbers stand at the tests, where no profile reaches them.

    Without the factor they are the same in each run, so that a check tells of the change and not of chance.
    """
    if not hasattr(test, "is_settled"):  # once, for all parameters of a test
        given = test._hypothesis_internal_use_settings
        is_same = {"derandomize": True, "database": None} if FUZZ_FACTOR == 1 else {}
        test._hypothesis_internal_use_settings = hypothesis.settings(
            given,
            **is_same,
            max_examples=given.max_examples * FUZZ_FACTOR,
            # Examples that come slowly say that the machine is busy, not that a test is wrong.
            suppress_health_check=[*given.suppress_health_check, hypothesis.HealthCheck.too_slow],
        )
        test.is_settled = True


class TestByTest(LoadScopeScheduling):
    """Each test goes to whichever worker is free, but one worker gets a whole module that makes a fixture for itself.

    What `--dist loadgroup` is for; the groups of xdist 3.8 are lost under pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return module if makes_fixtures(TESTS.parent / module) else nodeid


@cache
def makes_fixtures(module: Path) -> bool:
    return 'scope="module"' in module.read_text()


@pytest.hookimpl(optionalhook=True)  # of xdist, which `-p no:xdist` leaves out
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> TestByTest | None:
    return TestByTest(config, log) if config.getoption("dist") == "loadgroup" else None
