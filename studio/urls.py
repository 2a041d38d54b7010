"""Every address of the studio but the three ASGI apps of server/asgi.py; each room routes its own."""

from django.urls import include, path

urlpatterns = [
    path("", include("studio.create.urls")),
    path("", include("studio.library.urls")),
    path("", include("studio.curation.urls")),
    path("", include("studio.transfer.urls")),
    path("", include("studio.review.urls")),
    path("", include("studio.spend.urls")),
    path("", include("studio.ledger.urls")),
    path("", include("studio.administration.urls")),
    path("", include("studio.accounts.urls")),
    path("", include("studio.server.urls")),
]

handler500 = "studio.web.availability.server_error"
