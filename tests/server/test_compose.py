"""What compose.yaml hands to the containers."""

from pathlib import Path
from typing import Any

import pytest
import yaml

COMPOSE = yaml.safe_load((Path(__file__).parents[2] / "compose.yaml").read_text())
OURS = ("studio", "prepare", "web", "worker")


def environment(service: str) -> dict[str, Any]:
    found: dict[str, Any] = COMPOSE["services"][service]["environment"]
    return found


@pytest.mark.parametrize("service", OURS)
def test_a_proxy_is_trusted_by_the_project_s_own_network_alone(service: str) -> None:
    [network] = COMPOSE["networks"]["default"]["ipam"]["config"]
    assert environment(service)["FORWARDED_ALLOW_IPS"] == f"${{FORWARDED_ALLOW_IPS:-{network['subnet']}}}"


@pytest.mark.parametrize("service", [name for name in OURS if name != "studio"])
def test_a_password_is_never_a_part_of_an_address(service: str) -> None:
    variables = environment(service)
    assert not any("PASSWORD" in str(value) for name, value in variables.items() if name.endswith("_URL"))
    assert variables["PGPASSWORD"] == environment("postgres")["POSTGRES_PASSWORD"] == "${POSTGRES_PASSWORD:-}"


@pytest.mark.parametrize("service", ["studio", "web"])
def test_the_port_is_open_to_this_machine_alone(service: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in COMPOSE["services"][service]["ports"])
