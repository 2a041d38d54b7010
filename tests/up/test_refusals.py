"""Where `up` cannot start, it says why in one sentence and leaves."""

import socket
from pathlib import Path

import pytest

from tests.browser.process import Studio

from .commands import run_command, sandboxes
from .conftest import Begin
from .disks import read_only
from .visitor import eventually

GATEWAY = {"GATEWAY_BASE_URL": "http://127.0.0.1:9/v1", "GATEWAY_API_KEY": "sk-up-0123456789abcdef"}


def refusal(studio: Studio, command: str = "up") -> str:
    """What a command says when it does not start: one line, an exit code, no traceback, no child left behind."""
    result = run_command(studio, command, *(["--port", str(studio.port)] if command == "up" else []))
    assert result.returncode != 0
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert result.stderr.count("\n") == 1, result.stderr
    eventually(lambda: not sandboxes(studio), "the sandbox is gone", patience=10)
    return result.stderr


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({**GATEWAY, "GATEWAY_API_KEY": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"}, "GATEWAY_API_KEY"),
        ({**GATEWAY, "GATEWAY_SLOTS": "many"}, "GATEWAY_SLOTS must be two numbers"),
        (
            {"STUDIO_ADMIN_EMAIL": "ada@example.com", "STUDIO_ADMIN_PASSWORD": "password"},
            "STUDIO_ADMIN_PASSWORD is too",
        ),
        ({"STUDIO_URL": "easel.example.com"}, "STUDIO_URL must look like"),
        ({"STUDIO_DEBUG": "perhaps"}, "STUDIO_DEBUG"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_setting_is_named_in_one_sentence(tmp_path: Path, environ: dict[str, str], words: str) -> None:
    studio = Studio(tmp_path / "studio", **environ)
    sentence = refusal(studio)
    assert words in sentence
    assert "c2lnbmF0dXJl" not in sentence


def test_a_second_up_on_the_same_data_folder_is_told_so(begin: Begin) -> None:
    first = begin()
    second = Studio(first.data)
    result = run_command(second, "up", "--port", str(second.port))
    assert result.returncode != 0
    assert result.stderr.count("\n") == 1
    assert f"already running on the data folder {first.data}" in result.stderr
    assert first.answers()


def test_a_taken_port_is_told_at_once(tmp_path: Path) -> None:
    studio = Studio(tmp_path / "studio")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", studio.port))
        taken.listen()
        assert f"Port {studio.port} on 127.0.0.1 cannot be used" in refusal(studio)


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert f"The data folder {tmp_path}/file/studio cannot be made" in refusal(Studio(tmp_path / "file" / "studio"))


@pytest.mark.parametrize("command", ["up", "check"])
def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path, command: str) -> None:
    studio = Studio(tmp_path / "studio")
    studio.data.mkdir()
    studio.wrapper = read_only(studio.data)
    assert f"The data folder {studio.data} cannot be written to" in refusal(studio, command)


def test_a_data_folder_that_became_read_only_is_named(tmp_path: Path) -> None:
    studio = Studio(tmp_path / "studio")
    assert run_command(studio, "migrate", "--verbosity", "0").returncode == 0
    studio.wrapper = read_only(studio.data)
    assert f"The data folder {studio.data} cannot be written to" in refusal(studio)
