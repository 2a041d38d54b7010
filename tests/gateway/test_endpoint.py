import io

import pytest

from studio.gateway import (
    BadEndpoint,
    Endpoint,
    Limits,
    Timeouts,
    clean_key,
    fingerprint,
    key_problem,
    late_after,
    redact,
)
from studio.images import ImageRequest, ResponseRequest, ResponseTurn, SentPicture, Size

from .conftest import KEY

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("typed", "base_url"),
    [
        ("https://gate.example", "https://gate.example/v1"),
        ("https://gate.example/", "https://gate.example/v1"),
        (" https://gate.example/v1 ", "https://gate.example/v1"),
        ("https://gate.example/v1/", "https://gate.example/v1"),
        ("https://gate.example//v1//", "https://gate.example/v1"),
        ("https://gate.example/v1/images/generations", "https://gate.example/v1"),
        ("https://gate.example/openai", "https://gate.example/openai/v1"),
        ("https://gate.example/api/v3", "https://gate.example/api/v3"),
        ("HTTP://GATE.example:4010", "http://gate.example:4010/v1"),
        ("http://[::1]:4010/v1", "http://[::1]:4010/v1"),
    ],
)
def test_a_base_url_is_understood_however_it_is_typed(typed: str, base_url: str) -> None:
    endpoint = Endpoint(base_url=typed, api_key=KEY)
    assert endpoint.base_url == base_url
    assert endpoint.url("images/generations") == base_url + "/images/generations"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "gate.example",
        "ftp://gate.example",
        "file:///etc/passwd",
        "https://",
        "https://user:word@gate.example",
        "https://@gate.example",
        "https://gate.example/v1?key=1",
        "https://gate.example/v1?",
        "https://gate.example/#top",
        "https://gate.example:port",
        "https://gate.example:99999",
        "https://gate .example",
        "https://gate.example\\@evil.example",
        "https://[::1",
        "https://gate\n.example",
    ],
)
def test_an_address_that_cannot_be_a_gateway_is_refused(typed: str) -> None:
    with pytest.raises(BadEndpoint):
        Endpoint(base_url=typed, api_key=KEY)


def test_an_endpoint_knows_its_host_and_port() -> None:
    endpoint = Endpoint(base_url="https://Gate.example", api_key=KEY)
    assert (endpoint.host, endpoint.port) == ("gate.example", 443)


def test_an_endpoint_never_shows_its_key() -> None:
    endpoint = Endpoint(base_url="https://gate.example", api_key=KEY)
    assert endpoint.api_key == KEY
    assert KEY not in f"{endpoint} {endpoint!r}"


@pytest.mark.parametrize("key", ["", "sk-two words", "sk-line\nbreak", "sk-ключ"])
def test_a_key_that_cannot_travel_in_a_header_is_refused_without_being_repeated(key: str) -> None:
    with pytest.raises(BadEndpoint) as caught:
        Endpoint(base_url="https://gate.example", api_key=key)
    assert not key or key not in str(caught.value)


@pytest.mark.parametrize("key", [KEY, "sk-" + "0af3" * 16, "sk-proj-" + "Ab_9-" * 30, "0af3" * 8, "mykey_12"])
def test_keys_of_every_gateway_are_taken(key: str) -> None:
    assert key_problem(key) is None
    assert key_problem(f"  Bearer {key}\n") is None
    assert clean_key(f"  Bearer {key}\n") == key


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("", "Enter"),
        (JWT, "sign-in token"),
        (f"Bearer {JWT}", "sign-in token"),
        ("eyJhbGciOi", "sign-in token"),
        ("rt_abcdefghijkl", "refresh token"),
        ("rt.1.abcdefghijkl", "refresh token"),
        ("__Secure-next-auth.session-token=abc", "cookie"),
        ("a=b; __Host-session=c", "cookie"),
        ('{"OPENAI_API_KEY": "sk-123456789"}', "settings file"),
        ("sk-admin-0123456789", "management key"),
        ('"sk-0123456789"', "quotation marks"),
        ("sk-01234 56789", "spaces"),
        ("sk-01234\n56789", "spaces"),
        ("sk-0123456789é", "characters"),
        ("sk-1", "too short"),
        ("sk-" + "1" * 300, "too long"),
    ],
)
def test_what_is_pasted_instead_of_a_key_gets_a_sentence(pasted: str, words: str) -> None:
    assert words in (key_problem(pasted) or "")


def test_a_fingerprint_tells_keys_apart_and_nothing_more() -> None:
    assert fingerprint(KEY) == fingerprint(f"Bearer {KEY} ") != fingerprint(KEY + "x")
    assert len(fingerprint(KEY)) == 12
    assert int(fingerprint(KEY), 16) >= 0


@pytest.mark.parametrize(
    "secret",
    [
        KEY,
        "sk-ab***********xyz",
        JWT,
        "someone@example.com",
        "A" * 200 + "==",
        "data:image/png;base64," + "iVBORw0KGgo",
        "Bearer 0123456789abcdef",
    ],
)
def test_secrets_and_bulk_data_are_removed_from_a_text(secret: str) -> None:
    text = redact(f"The key was {secret}, sorry.")
    assert secret not in text
    assert text.startswith("The key was ")
    assert text.endswith(", sorry.")


def test_a_redacted_text_is_bounded_and_cannot_hide_a_key_at_its_edge() -> None:
    own = "custom-key-without-a-prefix"
    assert len(redact("x y " * 10_000)) == 2000
    assert "custom" not in redact("A" * 15_995 + own, secrets=(own,))
    assert redact("short", limit=0) == ""


def test_large_pictures_get_more_time() -> None:
    large = ImageRequest(prompt="a wall", size=Size(3840, 2160))
    normal = ImageRequest(prompt="a stamp")
    assert (Timeouts.for_request(normal).deadline, Timeouts.for_request(large).deadline) == (300, 600)
    assert (late_after(normal), late_after(large)) == (120, 300)


def test_an_upstream_sets_how_long_its_calls_may_take() -> None:
    limits = Limits(standard=20, large=40, silence=5)
    small, large = ImageRequest(prompt="x", size=Size(1024, 1024)), ImageRequest(prompt="x", size=Size(3840, 2160))
    for request, deadline in ((small, 20), (large, 40)):
        timeouts = Timeouts.for_request(request, limits=limits)
        assert (timeouts.deadline, timeouts.silence) == (deadline, 5)
    assert (late_after(small, standard=7), late_after(large, large=9)) == (7, 9)


def test_a_conversation_has_time_to_think_and_to_send_its_pictures() -> None:
    picture = SentPicture(content_type="image/png", source=lambda: io.BytesIO(), byte_count=15_000_000)
    turns = (ResponseTurn(role="user", text="x", pictures=(picture,)),)
    request = ResponseRequest(model="gpt-5.5", turns=turns, tool=ImageRequest(prompt="x"))
    assert Timeouts.for_request(request).deadline == pytest.approx(300 + 120 + 40, abs=1)
