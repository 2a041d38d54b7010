"""The help page that explains every error a person may meet, each with an example of its card."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from studio.accounts.access import person
from studio.generations import error_catalogue

from .. import failure_actions

EXAMPLE_WAIT = timedelta(hours=1)


@require_safe
def errors(request: HttpRequest) -> HttpResponse:
    """The catalogue, section by section."""
    is_admin, at = person(request).is_admin, timezone.now() + EXAMPLE_WAIT
    sections = [
        (gettext(title), [(row, failure_actions.example_failure(row, is_admin=is_admin, at=at)) for row in rows])
        for title, rows in error_catalogue.SECTIONS
    ]
    return render(request, "create/errors.html", {"sections": sections, "until": at})
