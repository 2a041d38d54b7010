"""What is left of a gateway's own words before anybody reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.gateway.redaction import redact

LEAK = (
    "upstream https://10.0.3.17:8443/backend-api for ops@example.com failed, Authorization: Bearer "
    "sk-leaked00000000000000000000000000000000 " + "iVBORw0KGgoAAAANSUhEUg" * 4000
)


@pytest.mark.parametrize(
    "address",
    [
        "10.0.3.17",
        "https://10.0.3.17:8443/backend-api",
        "192.168.1.5:443",
        "172.20.0.4",
        "127.0.0.1:8080",
        "169.254.169.254/latest",
        "[::1]:80",
        "fd00::12:3",
        "http://localhost:3000/v1",
        "http://new-api:3000/v1/images",
        "redis.default.svc.cluster.local:6379",
        "https://gateway.internal/key",
    ],
)
def test_details_name_no_address_of_a_private_network(address: str) -> None:
    assert redact(f"dial {address} failed: i/o timeout") == "dial [internal address] failed: i/o timeout"


@pytest.mark.parametrize("text", ["https://api.openai.com/v1/images at 8.8.8.8", "version 1.2.3, at 12:30:45", "a::b"])
def test_public_addresses_and_other_numbers_stay(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ('OpenAIException - {"error": {"message": "no such size", "code": 3}} model=x', "no such size"),
        ("APIError: {'error': {'message': 'no such size', 'code': None}}", "no such size"),
        ('failed [{"loc": ["body", "n"], "msg": "too small"}] twice', "too small"),
        ('chunk: {"type": "error", "message": "no such size", "b64_json": "AAAA', "no such size"),
    ],
)
def test_pieces_of_json_are_read_as_their_message(text: str, folded: str) -> None:
    found = redact(text)
    assert folded in found
    assert "{" not in found
    assert '"' not in found


def test_a_piece_of_json_without_a_message_is_left_out() -> None:
    assert redact('chunk: data: {"type": "image_generation.partial_image", "b64_json": "AAAA') == "chunk: data: [data]"


def test_braces_that_are_words_stay() -> None:
    assert redact("choose from [1024, 2048] or {auto}") == "choose from [1024, 2048] or {auto}"


def test_a_leaking_message_keeps_its_sense_and_nothing_else() -> None:
    shown = redact(LEAK)
    assert shown.startswith("upstream [internal address] for [e-mail] failed, Authorization: Bearer [hidden]")
    assert len(shown) < 120


@given(st.text(alphabet="{}[]\"':,a1. \\\n", max_size=300))
def test_no_text_breaks_the_redaction(text: str) -> None:
    assert len(redact(text)) <= max(2000, len(text) * 8)
