"""What of a person goes upstream: a random id, and never a name or the name of a file."""

import pytest

from studio.accounts.models import User
from studio.generations.runner import Runner
from tests.generations.conftest import *  # noqa: F403 - the runner and its sandbox
from tests.generations.conftest import Submit, over
from tests.sandbox.conftest import Running

pytestmark = pytest.mark.usefixtures("transactional_db")


def test_a_person_goes_upstream_as_a_random_id(
    runner: Runner, sandbox: Running, ben: User, cleo: User, submit: Submit
) -> None:
    for person in (ben, cleo):
        over(submit(person))
    sent = [line["user"] for line in sandbox.lines()][-2:]
    assert sent == [ben.alias.hex, cleo.alias.hex]
    assert ben.alias.version == cleo.alias.version == 4
    assert not any(trace in "".join(sent) for trace in ("ben", "cleo", "example.com"))
