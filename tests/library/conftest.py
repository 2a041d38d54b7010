"""Real pictures, a storage of their own for every test, and the media app behind a real server."""

import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from django.conf import settings as django_settings
from django.test import Client
from PIL import Image

from studio.accounts.models import User
from studio.library import files
from studio.library.models import Picture
from studio.server import asgi


def picture_bytes(kind: str = "PNG", size: tuple[int, int] = (96, 64), **options: Any) -> bytes:
    """A real picture with enough in it that cutting it anywhere shows."""
    out = io.BytesIO()
    noise = Image.effect_noise(size, 60)
    Image.merge("RGB", [noise, noise.transpose(Image.Transpose.ROTATE_180), noise]).save(out, kind, **options)
    return out.getvalue()


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> Path:
    """A fresh local storage; the folder it lies in."""
    folder = tmp_path / "media"
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": folder}}
    settings.STORAGES = settings.STORAGES | {"default": backend}
    return folder


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def picture_of() -> Callable[..., Picture]:
    """Store a real picture and write its row."""

    def make(owner: User, *, data: bytes | None = None, **fields: Any) -> Picture:
        stored = files.store(data or picture_bytes())
        facts = {"prompt": "A lighthouse in fog", "price": Decimal("0.0527"), "upstream_name": "environment"} | fields
        return Picture.objects.create(owner=owner, **facts, **stored.fields())

    return make


@pytest.fixture(scope="session")
def media_server() -> Iterator[str]:
    """The media app behind uvicorn on a free port; its address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(asgi.media, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def browser_of(media_server: str) -> Iterator[Callable[[User | None], httpx.Client]]:
    """A client of the media server with the session cookie of a person, or of nobody."""
    opened = []

    def client(user: User | None) -> httpx.Client:
        cookies = {}
        if user is not None:
            signed_in = Client()
            signed_in.force_login(user)
            cookies = {django_settings.SESSION_COOKIE_NAME: signed_in.session.session_key}
        opened.append(httpx.Client(base_url=media_server, cookies=cookies, trust_env=False))
        return opened[-1]

    yield client
    for one in opened:
        one.close()
