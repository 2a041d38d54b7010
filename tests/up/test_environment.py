"""What the GATEWAY_* variables may say."""

import pytest
from pytest_django import Settings

from studio.generations import environment


@pytest.fixture
def gateway(settings: Settings) -> Settings:
    settings.GATEWAY_BASE_URL = "https://gateway.example.com/v1"
    settings.GATEWAY_API_KEY = "sk-0123456789abcdef"
    return settings


def test_a_gateway_with_a_key_will_do(gateway: Settings) -> None:
    environment.check()


def test_without_a_gateway_nothing_else_is_looked_at(settings: Settings) -> None:
    settings.GATEWAY_SLOTS = ["many"]
    environment.check()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("GATEWAY_API_KEY", "", "GATEWAY_API_KEY is not"),
        ("GATEWAY_API_KEY", "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl", "GATEWAY_API_KEY cannot be used"),
        ("GATEWAY_BASE_URL", "gateway.example.com", "GATEWAY_BASE_URL cannot be used"),
        ("GATEWAY_PLAN", "gold", "GATEWAY_PLAN must be one of api"),
        ("GATEWAY_SLOTS", ["4"], "GATEWAY_SLOTS must be two numbers"),
        ("GATEWAY_SLOTS", ["4", "1", "1"], "GATEWAY_SLOTS must be two numbers"),
        ("GATEWAY_SLOTS", ["0", "1"], "GATEWAY_SLOTS must be two numbers"),
        ("GATEWAY_SLOTS", ["-4", "1"], "GATEWAY_SLOTS must be two numbers"),
        ("GATEWAY_SLOTS", ["4", "²"], "GATEWAY_SLOTS must be two numbers"),
        ("GATEWAY_SLOTS", ["4", "100000"], "GATEWAY_SLOTS must be two numbers"),
    ],
)
def test_what_cannot_work_is_named(gateway: Settings, name: str, value: object, words: str) -> None:
    setattr(gateway, name, value)
    with pytest.raises(environment.BadGateway, match=words) as refusal:
        environment.check()
    assert "c2lnbmF0dXJl" not in str(refusal.value)
