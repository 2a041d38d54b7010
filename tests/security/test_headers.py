"""Security headers, and what changes behind TLS."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from studio import settings as as_shipped
from studio.accounts.models import User
from studio.library import media

ROOT = Path(__file__).parents[2]
ASK = """
import django, json
django.setup()
from django.conf import settings
from django.test import Client
answer = Client().get("/healthz", headers={"X-Forwarded-Proto": "https", "Host": "easel.example.com"})
names = [f"{kind}_COOKIE_{what}" for kind in ("SESSION", "CSRF") for what in ("NAME", "SECURE", "HTTPONLY", "SAMESITE")]
print(json.dumps({"status": answer.status_code, "headers": dict(answer.headers)}
                 | {name: getattr(settings, name) for name in names}))
"""


def deployed_response(data: Path) -> dict[str, Any]:
    """A response and the settings of a studio that is served by https."""
    facts = {"STUDIO_URL": "https://easel.example.com", "STUDIO_DATA": str(data), "STUDIO_DOTENV": "off"}
    environ = os.environ | facts | {"DJANGO_SETTINGS_MODULE": "studio.settings", "DATABASE_URL": ""}
    process = subprocess.run([sys.executable, "-c", ASK], cwd=ROOT, env=environ, check=True, capture_output=True)
    return json.loads(process.stdout)


def test_behind_tls_cookies_are_bound_to_it_and_browsers_are_told_to_stay(tmp_path: Path) -> None:
    answer = deployed_response(tmp_path)
    assert answer["status"] == 200
    hsts = answer["headers"]["Strict-Transport-Security"]
    assert "max-age=31536000" in hsts
    assert "includeSubDomains" not in hsts  # other hosts of the domain are none of the studio's business
    for kind in ("SESSION", "CSRF"):
        # Browsers take a cookie named __Host-… only when it is Secure, for the whole host and for no other.
        assert answer[f"{kind}_COOKIE_NAME"].startswith("__Host-")
        assert answer[f"{kind}_COOKIE_SECURE"] is answer[f"{kind}_COOKIE_HTTPONLY"] is True
        assert answer[f"{kind}_COOKIE_SAMESITE"] == "Lax"


def test_the_policy_allows_nothing_inline_and_nothing_evaluated() -> None:
    policy = {name: [str(source) for source in sources] for name, sources in as_shipped.SECURE_CSP.items()}
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == ["'self'"]
    assert policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
    assert not any("unsafe" in source or "data:" in source for source in policy["script-src"] + policy["style-src"])


@pytest.mark.django_db
def test_signing_out_has_the_browser_forget_what_it_kept(ben: User, client_of: Any) -> None:
    answer = client_of(ben).post("/accounts/logout/")
    assert answer["Clear-Site-Data"] == '"cache", "storage"'


def test_a_picture_can_never_run_as_a_page() -> None:
    assert media.HEADERS["X-Content-Type-Options"] == "nosniff"
    assert media.HEADERS["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert media.HEADERS["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.django_db
def test_a_page_for_people_who_are_signed_in_is_kept_by_no_cache_on_the_way(ben: User, client_of: Any) -> None:
    assert "private" in client_of(ben).get("/gallery/")["Cache-Control"]
    assert "no-store" in Client().get("/accounts/login/")["Cache-Control"]
