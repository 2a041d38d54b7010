"""The type of the request that views receive: Django's, with what django-htmx adds."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


class HtmxHttpRequest(HttpRequest):
    """`htmx` is true for a request sent by htmx, and holds its details."""

    htmx: HtmxDetails
