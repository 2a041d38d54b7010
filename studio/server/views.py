"""Health probes: whether the process answers (healthz), and whether it can work (readyz)."""

from datetime import datetime

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from studio.core import dependencies
from studio.core.database import DATABASE
from studio.web.addresses import any_host
from studio.web.static_files import are_collected
from studio.worker import sweep

STATIC_MISSING = "no static files: run manage.py collectstatic, then start again"
PATIENCE = 2.5  # seconds that a server may take to answer


@any_host
@login_not_required
@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@any_host
@login_not_required
@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    """Whether pages can be served, and which servers are away; why is in the log, for anybody may ask here."""
    away = [server for server in dependencies.used() if not server.check(seconds=PATIENCE, is_trusted=False)]
    missing = missing_things() if DATABASE not in away else []
    lines = [*missing, *(f"{server.name} is away{since(server.away_since)}" for server in away)]
    is_ready = not missing and DATABASE not in away
    text = "\n".join(["ok" if is_ready else "not ready", *lines, ""])
    return HttpResponse(text, content_type="text/plain", status=200 if is_ready else 503)


def since(time: datetime | None) -> str:
    """Empty for a server that came back while the others were asked."""
    return f" since {time:%H:%M:%S} UTC" if time else ""


def missing_things() -> list[str]:
    """What this process lacks to serve pages, one line each."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    missing = [] if settings.DATA.is_dir() else ["no data folder"]
    missing += [] if are_collected() else [STATIC_MISSING]
    return missing + [f"{name} differs from that of the workers" for name in sweep.differing_keys(home="")]
