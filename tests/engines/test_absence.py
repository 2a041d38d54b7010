"""A server is away for some seconds under people who work; `python -m tests.chaos.absence` does it for a minute."""

import pytest

from tests.chaos import absence

from .servers import needed


@pytest.mark.parametrize("server", ["valkey", "postgresql", "s3"])
def test_nothing_is_lost_or_paid_twice_while_a_server_is_away(server: str) -> None:
    with needed():
        assert absence.run(server, seconds=4, people=4) == []
