"""The block for nginx that docs/operating.md prints, in a real nginx."""

import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.browser.process import free_port

DOCS = Path(__file__).parents[2] / "docs" / "operating.md"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
SIZE = 800 << 20  # bytes of the largest form


@pytest.mark.skipif(not NGINX, reason="nginx is not installed")
def test_a_form_of_800_mb_streams_through_the_printed_nginx_block(tmp_path: Path) -> None:
    found = re.search(r"```nginx\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert found
    port = free_port()
    with socket.create_server(("127.0.0.1", 0)) as studio:
        studio.settimeout(20)
        block = found[1].replace("127.0.0.1:8000", f"127.0.0.1:{studio.getsockname()[1]}")
        temporary = " ".join(
            f"{name}_temp_path {tmp_path}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        server = f"server {{ listen 127.0.0.1:{port}; {block} }}"
        conf = tmp_path / "nginx.conf"
        conf.write_text(
            f"daemon off; master_process off; pid {tmp_path}/pid; error_log {tmp_path}/log;\n"
            f"events {{}}\nhttp {{ access_log off; {temporary} {server} }}\n"
        )
        assert NGINX
        nginx = subprocess.Popen([NGINX, "-c", str(conf), "-p", str(tmp_path), "-e", f"{tmp_path}/log"])
        try:
            with connect(port) as visitor:
                head = f"POST / HTTP/1.1\r\nHost: easel.example.com:8443\r\nContent-Length: {SIZE}\r\n\r\n"
                visitor.sendall(head.encode() + b"first piece")
                proxied, _peer = studio.accept()
                with proxied:
                    proxied.settimeout(20)
                    received = b""
                    while b"first piece" not in received:  # long before the form is whole
                        piece = proxied.recv(65536)
                        assert piece, received
                        received += piece
        finally:
            nginx.terminate()
            nginx.wait(20)
    assert b"Host: easel.example.com:8443" in received
    assert b"X-Forwarded-For: 127.0.0.1" in received


def connect(port: int) -> socket.socket:
    deadline = time.monotonic() + 20
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=20)
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
