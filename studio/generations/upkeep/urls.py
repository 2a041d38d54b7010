"""Upstreams and their health, below /settings/."""

from django.urls import path

from . import pages

urlpatterns = [
    path("upstreams/", pages.upstreams, name="upstreams"),
    path("upstreams/new/", pages.new_upstream, name="new_upstream"),
    path("upstreams/<int:upstream_id>/", pages.upstream, name="upstream"),
    path("upstreams/<int:upstream_id>/activation/", pages.activation, name="upstream_activation"),
    path("upstreams/<int:upstream_id>/deactivation/", pages.deactivation, name="upstream_deactivation"),
    path("upstreams/<int:upstream_id>/resumption/", pages.resumption, name="upstream_resumption"),
    path("upstreams/<int:upstream_id>/removal/", pages.removal, name="upstream_removal"),
    path("upstreams/<int:upstream_id>/checks/", pages.upstream_checks, name="upstream_checks"),
    path("upstreams/<int:upstream_id>/checks/<int:check_id>/", pages.upstream_check, name="upstream_check"),
    path("upstreams/<int:upstream_id>/proofs/", pages.upstream_proofs, name="upstream_proofs"),
    path("upstreams/<int:upstream_id>/proofs/<int:job_id>/", pages.upstream_proof, name="upstream_proof"),
    path("alerts/<int:alert_id>/dismissal/", pages.dismissal, name="alert_dismissal"),
    path("health/", pages.health, name="health"),
]
