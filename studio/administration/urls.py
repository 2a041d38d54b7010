from django.urls import path

from .views import approvals, erasure, prices, safety, upstreams

urlpatterns = [
    path("approvals/", approvals.approvals, name="approvals"),
    path("approvals/<int:generation_id>/grant/", approvals.grant, name="grant"),
    path("approvals/<int:generation_id>/refusal/", approvals.refusal, name="refusal"),
    path("settings/prices/", prices.prices, name="prices"),
    path("settings/prices/tokens/", prices.token_prices, name="token_prices"),
    path("settings/prices/tokens/<int:price_id>/", prices.token_price, name="token_price"),
    path("settings/prices/tokens/<int:price_id>/removal/", prices.token_price_removal, name="token_price_removal"),
    path("settings/prices/pictures/", prices.image_prices, name="image_prices"),
    path("settings/prices/pictures/<int:price_id>/", prices.image_price, name="image_price"),
    path("settings/prices/pictures/<int:price_id>/removal/", prices.image_price_removal, name="image_price_removal"),
    path("settings/safety/", safety.safety, name="safety"),
    path("settings/safety/thresholds/", safety.thresholds, name="thresholds"),
    path("settings/safety/cases.json", safety.cases_json, name="cases_json"),
    path("settings/safety/cases.toml", safety.cases_toml, name="cases_toml"),
    path("settings/safety/<int:note_id>/mistake/", safety.mistake, name="mistake"),
    path("settings/safety/<int:note_id>/dismissal/", safety.dismissal, name="objection_dismissal"),
    path("settings/people/<int:person_id>/erasure/", erasure.erasure, name="erasure"),
    path("settings/upstreams/", upstreams.upstreams, name="upstreams"),
    path("settings/upstreams/new/", upstreams.new_upstream, name="new_upstream"),
    path("settings/upstreams/<int:upstream_id>/", upstreams.upstream, name="upstream"),
    path("settings/upstreams/<int:upstream_id>/activation/", upstreams.activation, name="upstream_activation"),
    path("settings/upstreams/<int:upstream_id>/deactivation/", upstreams.deactivation, name="upstream_deactivation"),
    path("settings/upstreams/<int:upstream_id>/resumption/", upstreams.resumption, name="upstream_resumption"),
    path("settings/upstreams/<int:upstream_id>/forgetting/", upstreams.forgetting, name="upstream_forgetting"),
    path("settings/upstreams/<int:upstream_id>/removal/", upstreams.removal, name="upstream_removal"),
    path("settings/upstreams/<int:upstream_id>/checks/", upstreams.upstream_checks, name="upstream_checks"),
    path(
        "settings/upstreams/<int:upstream_id>/checks/<int:check_id>/", upstreams.upstream_check, name="upstream_check"
    ),
    path(
        "settings/upstreams/<int:upstream_id>/test-pictures/",
        upstreams.upstream_test_pictures,
        name="upstream_test_pictures",
    ),
    path(
        "settings/upstreams/<int:upstream_id>/test-pictures/<int:job_id>/",
        upstreams.upstream_test_picture,
        name="upstream_test_picture",
    ),
    path("settings/alerts/<int:alert_id>/dismissal/", upstreams.dismissal, name="alert_dismissal"),
    path("settings/health/", upstreams.health, name="health"),
]
