"""What is sent of a person: a random id, never their name."""

import secrets
from hashlib import sha256

import pytest

from studio.accounts.models import User
from studio.worker.runner import Runner
from tests.running import Submit, wait_for_jobs
from tests.sandbox.conftest import Running

pytestmark = pytest.mark.usefixtures("transactional_db")


def test_a_person_goes_upstream_as_a_random_id(
    runner: Runner, sandbox: Running, ben: User, cleo: User, submit: Submit
) -> None:
    prompt = f"A harbour at dawn {secrets.token_hex(8)}"
    for person in (ben, cleo):
        wait_for_jobs(submit(person, prompt))
    sent = [line["user"] for line in sandbox.lines(prompt_sha256=sha256(prompt.encode()).hexdigest())]
    assert sent == [ben.alias.hex, cleo.alias.hex]
    assert ben.alias.version == cleo.alias.version == 4
    assert not any(trace in "".join(sent) for trace in ("ben", "cleo", "example.com"))
