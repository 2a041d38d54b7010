"""A malformed setting is one sentence that names it and repeats nothing of it; any other is read as it was meant."""

import runpy
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.core import configuration

SETTINGS = Path(__file__).parents[2] / "studio" / "settings.py"
SECRET = "Zq7hunter2Xw9"
PASSWORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)

MALFORMED = [
    ("STUDIO_DOTENV", [SECRET]),
    ("STUDIO_DEBUG", ["perhaps", SECRET]),
    (
        "STUDIO_URL",
        ["easel.example.com", f"https://ada:{SECRET}@easel.example.com", "https://a/b", "https://", "http:x"],
    ),
    (
        "STUDIO_URL",
        ["https://a b", "https://easel.example.com:99999", "https://[::1", f"ftp://{SECRET}", "https://a#b"],
    ),
    ("STUDIO_DATA", ["~nobody-of-this-name/easel"]),
    ("STUDIO_TIME_ZONE", ["Europe/Berln", "../etc/passwd", "/etc/localtime", SECRET]),
    ("STUDIO_LOG_LEVEL", ["LOUD", SECRET]),
    ("STUDIO_HSTS", ["everything", SECRET]),
    ("STUDIO_IDLE_SECONDS", ["0", "soon", SECRET]),
    ("STUDIO_DRAIN_SECONDS", ["-1", "soon", SECRET]),
    ("STUDIO_RATE_SUBMIT", ["-1", "many", SECRET]),
    ("STUDIO_RATE_UPLOAD", ["1.5"]),
    ("STUDIO_RATE_SEARCH", ["∞"]),
    ("STUDIO_COST_TOLERANCE", ["1001", "ten", SECRET]),
    ("STUDIO_MAIN_MODELS", [",", "gpt 5", f"{SECRET}!"]),
    ("STUDIO_SEAL_KEYS", ["abc", SECRET, "A" * 43, "é" * 44]),
    ("STUDIO_ADMIN_EMAIL", ["ada", f"{SECRET}@", "Ada <ada@example.com>"]),
    ("FORWARDED_ALLOW_IPS", ["proxy", "10.0.0.1/8", "10.0.0.0/33", "1.2.3", SECRET]),
    ("EMAIL_URL", ["mail.example.com", f"http://u:{SECRET}@h", f"smtp://u:{SECRET}/x@h", "smtp://", "smtp://h:port"]),
    (
        "EMAIL_URL",
        ["smtp://h?timeout=soon", "smtp://h?timeout=0", f"smtp://h?{SECRET}=1", "smtp://h?_default_from_email=x"],
    ),
    ("DATABASE_URL", [f"oracle://u:{SECRET}@h/d", f"postgres://u:{SECRET}/x@h/d", f"postgres://u:{SECRET}#x@h/d"]),
    (
        "DATABASE_URL",
        [f"postgres://u:{SECRET}%zz@h/d", "postgres://u:p@h", f"postgres:{SECRET}", "postgres://h:x/d", SECRET],
    ),
    (
        "STORAGE_URL",
        [f"http://{SECRET}", f"s3://AK:{SECRET}/def+g@127.0.0.1:9000/b", f"s3://AK:{SECRET}?x@h/b", "s3://"],
    ),
    (
        "STORAGE_URL",
        [f"s3://AK:{SECRET}%ZZ@h/b", f"s3://{SECRET}@h/b", f"s3://AK:{SECRET}@h/b?regoin=eu", "s3://h:0/b"],
    ),
    ("VALKEY_URL", [f"http://:{SECRET}@h", f"redis://:{SECRET}/x@h", "redis://", "redis://h/first", "redis://h:port"]),
    ("OIDC_ISSUER", [f"http://{SECRET}.example.com", f"https://u:{SECRET}@h", "login.example.com", "https://h?x=1"]),
    ("OIDC_DOMAINS", ["example", f"{SECRET}!.com"]),
    ("OIDC_IS_PRIVATE", [SECRET]),
]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Reads the settings anew with some variables, and gives them."""
    monkeypatch.setenv("STUDIO_DATA", str(tmp_path))

    def read(**variables: str) -> dict[str, Any]:
        with pytest.MonkeyPatch.context() as here:
            for name, value in variables.items():
                here.setenv(name, value)
            return runpy.run_path(str(SETTINGS))

    return read


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in MALFORMED for value in values], ids=lambda text: text[:40]
)
def test_a_malformed_setting_is_a_sentence_that_repeats_nothing_of_it(read: Any, name: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=name) as refusal:
        read(**{name: value})
    sentence = str(refusal.value)
    assert "Zq7" not in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")


def test_a_provider_needs_both_of_its_credentials(read: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="OIDC_CLIENT_ID and OIDC_CLIENT_SECRET"):
        read(OIDC_ISSUER="https://login.example.com", OIDC_CLIENT_ID="easel")


@pytest.mark.parametrize("content", ["", "not a key", "\udcff"])
def test_a_damaged_key_file_is_named_and_not_repeated(read: Any, tmp_path: Path, content: str) -> None:
    (tmp_path / "seal_key").write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(ImproperlyConfigured, match="seal_key") as refusal:
        read()
    assert "not a key" not in str(refusal.value)


@settings(deadline=None, max_examples=50)
@given(user=PASSWORDS, password=PASSWORDS)
def test_every_address_is_unquoted(user: str, password: str) -> None:
    both = f"{quote(user, safe='')}:{quote(password, safe='')}"
    storage = configuration.picture_storage(f"s3://{both}@127.0.0.1:9000/easel?tls=0", media_root=Path())
    mail = configuration.mailer(f"submission://{both}@mail.example.com/")
    base = configuration.database(f"postgres://{both}@db.example.com/easel", sqlite=Path())
    assert storage["OPTIONS"] | {"access_key": user, "secret_key": password} == storage["OPTIONS"]
    assert mail["OPTIONS"] | {"username": user, "password": password} == mail["OPTIONS"]
    assert base | {"USER": user, "PASSWORD": password} == base


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("submission://h", {"port": 587, "use_tls": True, "use_ssl": False}),
        ("smtps://h", {"port": 465, "use_tls": False, "use_ssl": True}),
        ("smtp://h", {"port": 25, "use_tls": False, "use_ssl": False}),
        ("smtp://h:2465/?ssl=True&timeout=5", {"port": 2465, "use_ssl": True, "timeout": 5}),
    ],
)
def test_a_mail_server_is_spoken_to_as_its_address_says(url: str, options: dict[str, Any]) -> None:
    found = configuration.mailer(url)["OPTIONS"]
    assert found | options == found


def test_mail_comes_from_the_named_sender() -> None:
    sender = "Easel <easel@example.com>"
    assert configuration.mail_sender(f"submission://h/?_default_from_email={quote(sender)}") == sender


@pytest.mark.parametrize(
    ("written", "origin", "host"),
    [
        ("https://Easel.Example.com:443/", "https://easel.example.com", "easel.example.com"),
        ("HTTP://EASEL.example.com:80", "http://easel.example.com", "easel.example.com"),
        ("https://easel.example.com:8443", "https://easel.example.com:8443", "easel.example.com"),
        ("https://bücher.example", "https://xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("http://[2001:DB8::0:1]:8000", "http://[2001:db8::1]:8000", "[2001:db8::1]"),
    ],
)
def test_the_public_address_is_read_as_browsers_write_it(read: Any, written: str, origin: str, host: str) -> None:
    found = read(STUDIO_URL=written)
    assert found["STUDIO_URL"] == origin
    assert found["CSRF_TRUSTED_ORIGINS"] == [origin]
    assert found["ALLOWED_HOSTS"][-1] == host


@pytest.mark.parametrize(
    ("choice", "subdomains", "preload"),
    [("", False, False), ("host", False, False), ("subdomains", True, False), ("PRELOAD", True, True)],
)
def test_browsers_are_told_about_other_hosts_of_the_domain_only_where_a_setting_says_so(
    read: Any, choice: str, subdomains: bool, preload: bool
) -> None:
    found = read(STUDIO_URL="https://easel.example.com", STUDIO_HSTS=choice)
    assert found["SECURE_HSTS_SECONDS"] > 0
    assert (found["SECURE_HSTS_INCLUDE_SUBDOMAINS"], found["SECURE_HSTS_PRELOAD"]) == (subdomains, preload)


def test_a_data_folder_may_have_any_name(read: Any, tmp_path: Path) -> None:
    folder = tmp_path / "50% of #1?"
    assert read(STUDIO_DATA=str(folder))["DATABASES"]["default"]["NAME"] == str(folder / "easel.sqlite3")
