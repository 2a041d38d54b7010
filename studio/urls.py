"""Every address of the studio but the three ASGI apps of asgi.py; each room routes its own."""

from django.urls import include, path

urlpatterns = [
    path("", include("studio.generations.urls")),
    path("", include("studio.library.urls")),
    path("", include("studio.ledger.urls")),
    path("", include("studio.accounts.urls")),
]
