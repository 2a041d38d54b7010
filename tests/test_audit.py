"""scripts/audit.py with the real pip-audit, which asks a server of ours instead of the world's."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "audit.py"
FLAW = {
    "id": "PYSEC-2026-7",
    "summary": "Anybody may come in.",
    "affected": [
        {
            "package": {"name": "leaky", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.1"}]}],
        }
    ],
}


class Feed(BaseHTTPRequestHandler):
    """Knows one package with a flaw; `late` seconds pass before it answers."""

    late = 0.0

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        time.sleep(self.late)
        body = json.dumps({"vulns": [FLAW]} if asked["package"]["name"] == "leaky" else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing is printed."""


@pytest.fixture
def feed() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Feed) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def audit(folder: Path, *packages: str, feed: str, seconds: float = 30) -> tuple[int, str]:
    for name in packages:
        about = folder / f"{name}-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    where = ["--path", str(folder), "--vulnerability-service", "osv", "--osv-url", feed, "--seconds", str(seconds)]
    told = subprocess.run([sys.executable, SCRIPT, *where], capture_output=True, text=True)
    return told.returncode, told.stdout


def test_a_known_vulnerability_fails_the_check_and_is_named(tmp_path: Path, feed: str) -> None:
    code, told = audit(tmp_path, "sound", "leaky", feed=feed)
    assert code == 1
    assert "leaky 1.0: PYSEC-2026-7, mended in 1.1" in told


def test_packages_without_one_pass(tmp_path: Path, feed: str) -> None:
    code, told = audit(tmp_path, "sound", feed=feed)
    assert (code, told) == (0, "1 packages asked about, 0 unknown there, 0 known vulnerabilities.\n")


def test_where_nobody_answers_the_check_says_so_and_goes_on(tmp_path: Path) -> None:
    code, told = audit(tmp_path, "leaky", feed="http://127.0.0.1:9/")
    assert code == 0
    assert "could not be asked for, so this was left out" in told


def test_nobody_waits_longer_than_the_time_that_was_given(
    tmp_path: Path, feed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Feed, "late", 20)
    started = time.monotonic()
    code, told = audit(tmp_path, "leaky", feed=feed, seconds=2)
    assert time.monotonic() - started < 10
    assert (code, "no answer within 2 seconds" in told) == (0, True)
