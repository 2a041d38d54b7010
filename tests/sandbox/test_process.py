import json
import signal
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from studio.sandbox.__main__ import main
from studio.sandbox.server import listen

from .conftest import ROOT, SMALL, Caller, Running, running


def start(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "studio.sandbox", "--port", "0", "--data", str(folder), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20)


def test_an_end_signal_bills_what_is_being_drawn(tmp_path: Path) -> None:
    name, body = str(uuid.uuid4()), json.dumps(SMALL | {"prompt": "hills", "stream": True})
    with running(tmp_path, SANDBOX_SPEED="1") as sandbox:
        caller = Caller(sandbox.url)
        address, headers = f"{sandbox.url}/images/generations", {"X-Request-ID": name}
        with caller.http.stream("POST", address, content=body, headers=headers) as response:
            assert response.status_code == 200
            assert not sandbox.lines(id=name)
            sandbox.process.send_signal(signal.SIGTERM)
            assert sandbox.process.wait(10) == 0
        caller.http.close()
    assert [line["billed"] for line in sandbox.lines(id=name)] == [True]


def test_it_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    script = (
        "import os, subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-m', 'studio.sandbox', '--port', '0', '--data', sys.argv[1],"
        " '--parent', str(os.getpid())])\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout
    port = int(parent.stdout.readline().split(":")[-1].split("/")[0])
    assert answers(port)
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 10
    while answers(port) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not answers(port)
    parent.stdout.close()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_taken_port_is_reported_in_one_sentence(tmp_path: Path, sandbox: Running) -> None:
    port = sandbox.url.split(":")[-1].removesuffix("/v1")
    result = start(tmp_path, "--port", port)
    assert result.returncode == 1
    assert result.stderr == f"The sandbox cannot listen on 127.0.0.1:{port}: Address already in use.\n"


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"SANDBOX_SPEED": "fast"}, "SANDBOX_SPEED must be a number"),
        ({"SANDBOX_FAULT": "503x"}, "SANDBOX_FAULT is not the name of a fault"),
    ],
)
def test_a_wrong_setting_is_reported_in_one_sentence(
    tmp_path: Path,
    environment: dict[str, str],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert main(["--port", "0", "--data", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_a_folder_that_cannot_be_written_is_reported_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["--port", "0", "--data", str(tmp_path / "file")]) == 1
    assert "cannot write its billing log" in capsys.readouterr().err


def test_a_fault_can_be_set_for_every_call(tmp_path: Path) -> None:
    with running(tmp_path, SANDBOX_FAULT="503") as sandbox:
        caller = Caller(sandbox.url)
        assert caller.draw("hills").status == 503
        assert caller.draw("sandbox:429 hills").status == 429
        caller.http.close()


def test_the_listening_socket_names_tcp_so_that_asyncio_sends_replies_at_once() -> None:
    with listen("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP
