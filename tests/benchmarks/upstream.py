"""An upstream that costs nothing: it answers every submission after a set time with a picture kept ready.

`python -m tests.benchmarks.upstream --seconds 2` prints its address; pictures are PNGs of 1 MB, large ones of 12 MB.
"""

import argparse
import asyncio
import base64
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO

import uvicorn
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from tests.browser.process import ROOT

LEVELS = {(1024, 1024): 3, (3840, 2160): 6}  # shades of noise, for PNGs of about 1 MB and 12 MB
USAGE = {
    "input_tokens": 10,
    "output_tokens": 1756,
    "total_tokens": 1766,
    "input_tokens_details": {"text_tokens": 10, "image_tokens": 0},
    "output_tokens_details": {"image_tokens": 1756, "text_tokens": 0},
}


@cache
def picture(width: int, height: int) -> bytes:
    """A PNG of noise that no packing makes smaller."""
    levels = LEVELS.get((width, height), 3)
    noise = os.urandom(width * height * 3).translate(bytes(100 + value * levels // 256 for value in range(256)))
    file = BytesIO()
    Image.frombytes("RGB", (width, height), noise).save(file, "png", compress_level=1)
    return file.getvalue()


@cache
def encoded(size: str) -> str:
    width, height = map(int, size.split("x"))
    return base64.b64encode(picture(width, height)).decode()


def replies(seconds: float) -> Starlette:
    """The application; a submission to stream gets its one event, as it would without previews."""

    async def generations(request: Request) -> Response:
        submission = await request.json()
        facts = {"size": submission["size"], "quality": "medium", "output_format": "png", "usage": USAGE}
        body = encoded(submission["size"])
        await asyncio.sleep(seconds)
        if submission.get("stream"):
            event = {"type": "image_generation.completed", "b64_json": body, "created_at": 1, **facts}
            return StreamingResponse(streamed(event), media_type="text/event-stream")
        reply = {"created": 1, "data": [{"b64_json": body}], **facts}
        return Response(json.dumps(reply), media_type="application/json")

    return Starlette(routes=[Route("/v1/images/generations", generations, methods=["POST"])])


async def streamed(event: dict[str, object]) -> AsyncIterator[bytes]:
    yield f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


@contextmanager
def canned(seconds: float = 0) -> Iterator[str]:
    """Run it in a process of its own; gives the base URL."""
    command = [sys.executable, "-m", "tests.benchmarks.upstream", "--seconds", str(seconds)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=0)
    options = parser.parse_args()
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}/v1", flush=True)
    server = uvicorn.Server(uvicorn.Config(replies(options.seconds), lifespan="off", log_level="warning"))
    asyncio.run(server.serve([listener]))


if __name__ == "__main__":
    main()
