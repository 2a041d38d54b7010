"""A server that does not answer is asked again beside the pages, never by them."""

import threading
from collections.abc import Iterator

import pytest

from studio.core import dependencies
from studio.core.dependencies import Dependency
from tests.running import wait_until


class Answers:
    """A server that answers, refuses or says nothing, as a test wants it."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.asked = 0

    def __call__(self) -> None:
        self.asked += 1
        self.may_answer.wait()
        if self.error:
            raise self.error


@pytest.fixture
def answers() -> Iterator[Answers]:
    given = Answers()
    yield given
    given.error = None
    given.may_answer.set()


@pytest.fixture
def server(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> Dependency:
    monkeypatch.setattr(dependencies, "_all", [])
    monkeypatch.setattr(dependencies, "ASK_AGAIN", 0.01)
    return Dependency("clock", sentence="No clock.", probe=answers, is_used=lambda: True)


def test_a_server_that_is_away_is_back_as_soon_as_it_answers(server: Dependency, answers: Answers) -> None:
    answers.error = OSError("refused")
    server.report(OSError("refused"))
    assert dependencies.away() == [server]
    assert not server.check(seconds=0)  # nobody waits for it
    wait_until(lambda: answers.asked > 2)
    answers.error = None
    wait_until(lambda: not server.is_away)
    assert server.check(seconds=5)


def test_one_that_takes_too_long_is_away_until_it_answers(server: Dependency, answers: Answers) -> None:
    answers.may_answer.clear()
    assert not server.check(seconds=0.01)
    answers.may_answer.set()
    wait_until(lambda: not server.is_away)
    assert answers.asked == 1


def test_one_that_answered_somebody_else_meanwhile_is_not_away(server: Dependency, answers: Answers) -> None:
    answers.may_answer.clear()
    threading.Thread(target=lambda: (wait_until(lambda: answers.asked), server.note_answer())).start()
    assert server.check(seconds=0.5)


def test_one_that_has_just_answered_is_asked_again_by_whoever_wants_to_hear_it(
    server: Dependency, answers: Answers
) -> None:
    server.note_answer()
    answers.error = OSError("refused")
    assert server.check(seconds=5)
    assert not server.check(seconds=5, is_trusted=False)


def test_what_waits_for_its_return_is_done_before_it_counts_as_back(server: Dependency, answers: Answers) -> None:
    seen = []
    server.call_on_return(lambda: seen.append(server.is_away))
    server.report(OSError("gone"))
    wait_until(lambda: not server.is_away)
    assert seen == [True]


def test_why_it_is_away_is_one_line(server: Dependency, answers: Answers) -> None:
    answers.error = OSError("connection to server\n\tfailed")
    server.report(answers.error)
    assert server.reason == "connection to server failed"
