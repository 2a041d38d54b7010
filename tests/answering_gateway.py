"""A gateway in a thread that answers each prompt as a test says, for what no sandbox fault sends."""

import io
import json
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from PIL import Image

USAGE = {"input_tokens": 9, "output_tokens": 372, "total_tokens": 381}

type Answer = tuple[int, str, bytes]


class AnsweringGateway(ThreadingHTTPServer):
    """`answers` has the answer of each path, or of "" for every call; `posts` are the bodies of the calls."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, Answer | Callable[[], Answer]] = {}
        self.posts: list[bytes] = []

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def answer(self, body: Any, *, kind: str = "application/json", status: int = 200, path: str = "") -> None:
        """Answer from now on with these bytes, or with this value as JSON."""
        self.answers[path] = status, kind, body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer_with_events(self, *events: tuple[str, dict[str, Any]]) -> None:
        lines = [(f"event: {name}\n" if name else "") + f"data: {json.dumps(data)}\n\n" for name, data in events]
        self.answer("".join(lines).encode(), kind="text/event-stream")


class _Handler(BaseHTTPRequestHandler):
    server: AnsweringGateway

    def do_GET(self) -> None:
        self._reply()

    def do_POST(self) -> None:
        self.server.posts.append(self.rfile.read(int(self.headers.get("content-length") or 0)))
        self._reply()

    def _reply(self) -> None:
        answers = self.server.answers
        found = answers.get(self.path) or answers.get("") or (404, "text/plain", b"nothing here")
        status, kind, body = found() if callable(found) else found
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def answering() -> Iterator[AnsweringGateway]:
    with AnsweringGateway() as gateway:
        thread = threading.Thread(target=gateway.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield gateway
        gateway.shutdown()
        thread.join()


def drawn(colour: str = "teal", kind: str = "PNG", *, size: tuple[int, int] = (1024, 1024), **options: Any) -> bytes:
    """A picture file of one colour."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind, **options)
    return out.getvalue()


def moving(kind: str = "WEBP") -> bytes:
    """A picture file of two frames."""
    return drawn("red", kind, save_all=True, append_images=[Image.new("RGB", (1024, 1024), "blue")], duration=200)


def text_of(picture: bytes) -> str:
    return b64encode(picture).decode()


def data_url(picture: bytes) -> str:
    return f"data:image/png;base64,{text_of(picture)}"
