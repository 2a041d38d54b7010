"""The ASGI entry point: Django for the pages, and beside it three small apps for static files, media and the live feed,
which in Django would hold a thread or a connection per client.
"""

import logging
import os
import sys
from typing import cast

import django
from django.core.asgi import get_asgi_application
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")
try:
    django.setup(set_prefix=False)
except ImproperlyConfigured as error:
    # Loaded by uvicorn's command, which would show a traceback; `manage.py` has said it already.
    sys.exit(f"easel: {error}")

from django.conf import settings
from servestatic import ServeStaticASGI
from starlette.types import ASGIApp, Receive, Scope, Send

from studio.accounts.asgi_session import person_of
from studio.create import live
from studio.generations import kept_replies
from studio.generations.models import Job
from studio.library.media import Media
from studio.server.views import STATIC_MISSING
from studio.web.availability import Availability
from studio.web.proxies import TrustedProxies
from studio.web.request_limits import RequestSizeLimit
from studio.web.static_files import are_collected


def is_immutable(_path: str, url: str) -> bool:
    """Every file served carries its hash in its name, so it never changes."""
    return url.startswith(settings.STATIC_URL)


pages = RequestSizeLimit(
    cast("ASGIApp", get_asgi_application()), is_signed_in=lambda scope: person_of(scope) is not None
)
media = Media(
    owns_job=lambda person, job_id: Job.objects.seen_by(person).filter(pk=job_id).exists(),
    kept_reply=kept_replies.stored_reply,
)
available_pages = Availability(pages)
static = ServeStaticASGI(available_pages, immutable_file_test=is_immutable)
if settings.STATIC_ROOT.is_dir():
    static.add_files(settings.STATIC_ROOT, prefix=settings.STATIC_URL)
if not are_collected():
    logging.getLogger(__name__).error("Pages come without styles and scripts, for there are %s.", STATIC_MISSING)


# The apps beside Django, by the prefix of the address.
APPS: dict[str, ASGIApp] = {
    "/live/": Availability(live.application, refuse=live.send_later),
    settings.MEDIA_URL: Availability(media),
    settings.STATIC_URL: static,
    # The probes say themselves what is away.
    "/healthz": pages,
    "/readyz": pages,
}


async def route(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        raise ValueError(f"Easel speaks HTTP only, not {scope['type']}.")
    path = scope.get("path", "")
    app = next((app for beginning, app in APPS.items() if path.startswith(beginning)), available_pages)
    await app(scope, receive, send)


application = TrustedProxies(route, trusted=settings.TRUSTED_PROXIES)
