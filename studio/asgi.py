"""The ASGI entry: Django for the pages; three small apps beside it for what Django would hold threads or memory for."""

import os
from typing import cast

import django
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")
django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402
from servestatic import ServeStaticASGI  # noqa: E402
from starlette.types import ASGIApp, Receive, Scope, Send  # noqa: E402

from studio.bodies import LimitedBodies  # noqa: E402
from studio.generations import live  # noqa: E402
from studio.library import media  # noqa: E402


def is_immutable(_path: str, url: str) -> bool:
    """Every file served carries its hash in its name, so it never changes."""
    return url.startswith(settings.STATIC_URL)


pages = LimitedBodies(cast("ASGIApp", get_asgi_application()))
static = ServeStaticASGI(pages, immutable_file_test=is_immutable)
if settings.STATIC_ROOT.is_dir():
    static.add_files(settings.STATIC_ROOT, prefix=settings.STATIC_URL)


# What is served beside Django, by how its address begins.
APPS: dict[str, ASGIApp] = {
    "/live/": live.application,
    settings.MEDIA_URL: media.application,
    settings.STATIC_URL: static,
}


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        raise ValueError(f"Easel speaks HTTP only, not {scope['type']}.")
    path = scope.get("path", "")
    app = next((app for beginning, app in APPS.items() if path.startswith(beginning)), pages)
    await app(scope, receive, send)
