"""Where `up` cannot start, it says why in one sentence and leaves."""

from pathlib import Path

import pytest

from tests.browser.process import Studio

from .commands import run_command, run_uvicorn, sandboxes
from .disks import read_only
from .visitor import eventually

GATEWAY = {"GATEWAY_BASE_URL": "http://127.0.0.1:9/v1", "GATEWAY_API_KEY": "sk-up-0123456789abcdef"}


def refusal(studio: Studio, command: str = "up") -> str:
    """What a command says when it does not start: one line, an exit code, no traceback, no child left behind."""
    port = ["--port", str(studio.port)] if command == "up" else []
    result = run_uvicorn(studio) if command == "uvicorn" else run_command(studio, command, *port)
    assert result.returncode == 1
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert result.stderr.count("\n") == 1, result.stderr
    eventually(lambda: not sandboxes(studio), "the sandbox is gone", patience=10)
    return result.stderr


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({**GATEWAY, "GATEWAY_API_KEY": "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"}, "GATEWAY_API_KEY"),
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


@pytest.mark.parametrize("command", ["worker", "uvicorn", "check"])
@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"STORAGE_URL": "s3://AK:c2lnbmF0dXJl/def+g@127.0.0.1:9000/easel"}, "STORAGE_URL cannot be read"),
        ({**GATEWAY, "GATEWAY_SLOTS": "c2lnbmF0dXJl"}, "GATEWAY_SLOTS must be two numbers"),
        ({"SANDBOX_SPEED": "c2lnbmF0dXJl"}, "SANDBOX_SPEED must be a number"),
    ],
    ids=["in the settings", "of the gateway", "of the sandbox"],
)
def test_every_process_refuses_a_wrong_setting_in_the_same_sentence(
    tmp_path: Path, command: str, environ: dict[str, str], words: str
) -> None:
    sentence = refusal(Studio(tmp_path / "studio", **environ), command)
    assert sentence.startswith(f"easel: {words}")
    assert "c2lnbmF0dXJl" not in sentence


def test_a_port_that_does_not_exist_is_named(tmp_path: Path) -> None:
    studio = Studio(tmp_path / "studio")
    studio.port = 99999
    assert "Port 99999 on 127.0.0.1 cannot be used" in refusal(studio)


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
    assert run_command(studio, "check").returncode == 0
    studio.wrapper = read_only(studio.data)
    assert f"The data folder {studio.data} cannot be written to" in refusal(studio)
