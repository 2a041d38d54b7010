"""What `up` looks at before it starts, without a process of its own; test_refusals.py has the command itself."""

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pytest_django import Settings

from studio.server import up
from studio.server.listener import listening
from studio.server.start_checks import CannotStart

LOOPBACK = "127.0.0.1"


@pytest.fixture
def data(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA = tmp_path
    return tmp_path


@pytest.fixture
def taken_port() -> Iterator[int]:
    with closing(socket.socket()) as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        yield taken.getsockname()[1]


def test_a_second_up_on_the_same_data_folder_is_told_so(data: Path) -> None:
    refusal = f"already running on the data folder {data}"
    with up.exclusive(), pytest.raises(CannotStart, match=refusal), up.exclusive():
        pass
    with up.exclusive():  # the first one has ended
        pass


def test_a_taken_port_is_told_at_once(taken_port: int) -> None:
    refusal = f"Port {taken_port} on {LOOPBACK} cannot be used"
    with pytest.raises(CannotStart, match=refusal), listening(LOOPBACK, taken_port):
        pass
