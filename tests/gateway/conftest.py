import io
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from studio.gateway import Endpoint, Gateway, Received, Reply, Timeouts, read_reply
from studio.images import ImageRequest

from .wire import Wire

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


class Studio:
    """Draws through a scripted gateway, as the runner does: call, then read the reply from its file."""

    def __init__(self, gateway: Gateway, folder: Path) -> None:
        self.gateway = gateway
        self.path = folder / "attempt"
        self.received: Received | None = None

    async def call(self, wire: Wire, **options: Any) -> Received:
        request = options.pop("request", None) or asked(stream=options.pop("is_stream", False))
        base_url, is_private_allowed = options.pop("base_url", None), options.pop("is_private_allowed", True)
        endpoint = Endpoint(base_url=base_url or wire.base_url, api_key=KEY, is_private_allowed=is_private_allowed)
        options = {"timeouts": QUICK, "client_request_id": "attempt-1"} | options
        self.received = await self.gateway.generate(endpoint=endpoint, request=request, body_path=self.path, **options)
        return self.received

    async def draw(self, *scripts: Any, **options: Any) -> Reply:
        async with Wire(*scripts) as wire:
            await self.call(wire, **options)
        return read_reply(self.path, asked=asked())

    @property
    def leftovers(self) -> list[str]:
        return sorted(path.name for path in self.path.parent.iterdir())


@pytest.fixture
def studio(gateway: Gateway, tmp_path: Path) -> Studio:
    return Studio(gateway, tmp_path)


def asked(**options: Any) -> ImageRequest:
    return ImageRequest(prompt="a teal square", **options)
