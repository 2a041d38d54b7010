import contextlib
import io
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from studio.gateway import Endpoint, Gateway, GatewayError, Received, Reply, Timeouts, read_reply
from studio.images import ImageRequest

from .scripted_gateway import ScriptedGateway

KEY = "sk-test-0123456789abcdefghijklmnopqrstuvwxyz"
QUICK = Timeouts(connect=2, deadline=10, silence=5)


def paint(colour: str = "teal", kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (16, 16), colour).save(file, kind)
    return file.getvalue()


TRUST = ssl.create_default_context()  # loaded once: it costs more than a whole test
PNG = paint()
PNG_64 = b64encode(PNG).decode()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with Gateway(tls=TRUST) as gateway:
        yield gateway


class Caller:
    """Generates through a scripted gateway as the runner does: the call, then the reading of its reply."""

    def __init__(self, gateway: Gateway, folder: Path) -> None:
        self.gateway = gateway
        self.path = folder / "attempt"
        self.received: Received | None = None

    async def call(self, wire: ScriptedGateway, **options: Any) -> Received:
        request = options.pop("request", None) or image_request(stream=options.pop("is_stream", False))
        base_url, is_private_allowed = options.pop("base_url", None), options.pop("is_private_allowed", True)
        endpoint = Endpoint(base_url=base_url or wire.base_url, api_key=KEY, is_private_allowed=is_private_allowed)
        options = {"timeouts": QUICK, "client_request_id": "attempt-1"} | options
        self.received = await self.gateway.generate(endpoint=endpoint, request=request, body_path=self.path, **options)
        return self.received

    async def generate(self, *scripts: Any, **options: Any) -> Reply:
        async with ScriptedGateway(*scripts) as wire:
            received = await self.call(wire, **options)
        return read_twice(read_reply, received, request=image_request())

    @property
    def leftovers(self) -> list[str]:
        return sorted(path.name for path in self.path.parent.iterdir())


@pytest.fixture
def caller(gateway: Gateway, tmp_path: Path) -> Caller:
    return Caller(gateway, tmp_path)


def image_request(**options: Any) -> ImageRequest:
    return ImageRequest(prompt="a teal square", **options)


def read_twice[R](read: Callable[..., R], received: Received, **options: Any) -> R:
    """The reply as the call handed it on, which must be the same as the one in its file."""
    in_file = handed_on = None
    try:
        in_file = read(received.path, **options)
    finally:  # an error of the file must be the error of both
        with contextlib.suppress(GatewayError):
            handed_on = read(received.path, received=received, **options)
        assert handed_on == in_file
    return in_file
