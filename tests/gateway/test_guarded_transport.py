import asyncio
from typing import Any

import pytest

from studio.gateway import errors

from .conftest import PNG_64, Caller
from .scripted_gateway import ScriptedGateway, answer

pytestmark = pytest.mark.anyio

REPLY = answer({"data": [{"b64_json": PNG_64}]})


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"])
async def test_a_call_into_a_private_network_is_not_sent_unless_it_is_allowed(caller: Caller, host: str) -> None:
    async with ScriptedGateway(REPLY) as wire:
        with pytest.raises(errors.AddressRefused) as caught:
            await caller.call(wire, base_url=f"http://{host}:{wire.port}", is_private_allowed=False)
        assert wire.requests == []
    assert (caught.value.retryable, caught.value.maybe_billed, caught.value.may_succeed_elsewhere) == (
        False,
        False,
        True,
    )
    assert caller.leftovers == []


@pytest.mark.parametrize("host", ["169.254.169.254", "[fd00:ec2::254]", "100.100.100.200", "[::ffff:169.254.169.254]"])
async def test_a_clouds_metadata_is_out_of_reach_even_in_an_allowed_network(caller: Caller, host: str) -> None:
    async with ScriptedGateway(REPLY) as wire:
        with pytest.raises(errors.AddressRefused):
            await caller.call(wire, base_url=f"http://{host}", is_private_allowed=True)


class NameServer:
    """A name server that gives another answer to each query."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.query_count = 0

    async def getaddrinfo(self, _loop: Any, _host: str, port: int, **_: Any) -> list[Any]:
        addresses = self.answers[min(self.query_count, len(self.answers) - 1)]
        self.query_count += 1
        return [(2, 1, 6, "", (address, port)) for address in addresses]


@pytest.fixture
def name_server(monkeypatch: pytest.MonkeyPatch) -> Any:
    def installed(*answers: list[str]) -> NameServer:
        names = NameServer(*answers)
        monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", lambda *args, **kw: names.getaddrinfo(*args, **kw))
        return names

    return installed


async def test_the_connection_goes_to_the_address_that_was_checked(caller: Caller, name_server: Any) -> None:
    async with ScriptedGateway(REPLY) as wire:
        # A second look-up, to connect, would lead to an address where nothing answers.
        names = name_server(["127.0.0.1"], ["127.0.0.2"])
        await caller.call(wire, base_url=f"http://gate.example:{wire.port}")
        assert names.query_count == 1
        assert wire.request()[1]["host"] == f"gate.example:{wire.port}"


async def test_where_one_address_does_not_answer_the_next_is_tried(caller: Caller, name_server: Any) -> None:
    async with ScriptedGateway(REPLY) as wire:
        name_server(["127.0.0.2", "127.0.0.3", "127.0.0.1"])
        await caller.call(wire, base_url=f"http://gate.example:{wire.port}")
        assert len(wire.requests) == 1


async def test_a_gateway_that_answered_is_not_asked_at_another_address(caller: Caller, name_server: Any) -> None:
    async with ScriptedGateway(answer("busy", status=503)) as wire:
        name_server(["127.0.0.1", "127.0.0.1", "127.0.0.1"])
        with pytest.raises(errors.GatewayError):
            await caller.call(wire, base_url=f"http://gate.example:{wire.port}")
        assert len(wire.requests) == 1
