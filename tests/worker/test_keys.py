"""Processes of one studio with other keys than each other's would end sessions and lose secrets: they notice."""

import base64
from typing import Any

import pytest

from studio.generations.models import Worker
from studio.server import start_checks
from studio.worker import sweep

KEYS = [base64.urlsafe_b64encode(bytes([number] * 32)).decode() for number in range(3)]


@pytest.fixture(autouse=True)
def running(db: None, settings: Any) -> Worker:
    """Another process of the studio, which is running."""
    settings.SECRET_KEY, settings.SEAL_KEYS = "a secret of all processes", KEYS[:1]
    return sweep.register(home="there")


def test_a_process_with_the_same_keys_starts() -> None:
    start_checks.require_same_keys(home="here")


def test_a_process_with_another_secret_key_does_not_start_and_names_the_variable(settings: Any) -> None:
    settings.SECRET_KEY = "a secret of its own"
    with pytest.raises(start_checks.CannotStart, match=r"^STUDIO_SECRET_KEY differ") as refusal:
        start_checks.require_same_keys(home="here")
    assert "a secret of its own" not in str(refusal.value)


def test_a_process_that_cannot_open_what_the_others_encrypt_does_not_start(settings: Any) -> None:
    settings.SEAL_KEYS = KEYS[1:]
    with pytest.raises(start_checks.CannotStart, match=r"^STUDIO_SEAL_KEYS differ"):
        start_checks.require_same_keys(home="here")


def test_a_new_encryption_key_in_front_of_the_old_one_may_start(settings: Any) -> None:
    settings.SEAL_KEYS = [KEYS[1], KEYS[0]]
    start_checks.require_same_keys(home="here")


def test_keys_may_change_while_nothing_is_running(running: Worker, settings: Any) -> None:
    settings.SECRET_KEY, settings.SEAL_KEYS = "another", KEYS[2:]
    start_checks.require_same_keys(home="there")  # its predecessor on the same data folder is surely gone
    sweep.sign_off(worker=running)
    start_checks.require_same_keys(home="here")
