"""For whoever watches the studio: does the process answer, and can it work?"""

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    """Whether the database answers and the data folder is there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    is_ready = settings.DATA.is_dir()
    return HttpResponse(
        "ok\n" if is_ready else "no data folder\n", content_type="text/plain", status=200 if is_ready else 503
    )
