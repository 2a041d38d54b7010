"""What the GATEWAY_* variables may say."""

import pytest
from django.utils import timezone
from pytest_django import Settings

from studio.server import environment
from studio.upstreams.models import Upstream


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
        ("GATEWAY_SLOTS", ["many"], "GATEWAY_SLOTS must be two numbers"),
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


def real(**facts: object) -> Upstream:
    kept = {"name": "Team A", "base_url": "https://gateway.example.com/v1", "encrypted_key": b"sealed"}
    return Upstream.objects.create(**kept | facts)


@pytest.mark.django_db
def test_a_studio_whose_gateway_was_switched_off_waits_and_does_not_paint_with_play_money() -> None:
    real(is_enabled=False, disabled_reason="key_refused")
    assert environment.declare_upstream()


@pytest.mark.django_db
@pytest.mark.parametrize("facts", [{"is_managed": True, "name": "environment"}, {"removed_at": timezone.now()}])
def test_a_gateway_that_was_taken_away_leaves_room_for_the_sandbox(facts: dict[str, object]) -> None:
    real(**facts)
    assert not environment.declare_upstream()


@pytest.mark.django_db
def test_the_gateway_of_the_environment_is_read_again_at_each_start(gateway: Settings) -> None:
    gateway.GATEWAY_SLOTS = ["3", "1"]
    assert environment.declare_upstream()
    assert in_use() == {"environment": (True, 3)}

    gateway.GATEWAY_SLOTS = ["7", "2"]
    assert environment.declare_upstream()
    assert in_use() == {"environment": (True, 7)}

    gateway.GATEWAY_BASE_URL = ""
    assert not environment.declare_upstream()
    assert in_use() == {"environment": (False, 7)}


def in_use() -> dict[str, tuple[bool, int]]:
    """Whether each upstream is in use, and its standard slots."""
    return {row.name: (row.is_enabled, row.standard_slots) for row in Upstream.objects.all()}
