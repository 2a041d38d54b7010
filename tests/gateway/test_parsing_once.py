"""A reply is parsed once between its last byte and its storing, and the memory that this takes is bounded."""

from pathlib import Path
from typing import Any

import pytest

from studio.gateway import Endpoint, Gateway, Received, read_reply, read_response
from studio.gateway.parsed_reply import MemoryBudget

from .conftest import KEY, PNG, PNG_64, QUICK, image_request
from .json_parses import JsonParses
from .scripted_gateway import ScriptedGateway, answer, event, stream
from .test_edit import edit_request, part
from .test_respond import COMPLETED, CREATED, DRAWN, call, delta, message, response, turn
from .test_respond import partial as response_partial

pytestmark = pytest.mark.anyio

BODY = {"created": 1, "data": [{"b64_json": PNG_64}], "size": "1024x1024"}
PARTIAL = event("image_generation.partial_image", b64_json=PNG_64, partial_image_index=0)
FINISHED = event("image_generation.completed", b64_json=PNG_64, size="1024x1024")
TASK = answer({"task_id": "task_1"}, status=202)
DONE = answer({"status": "completed", "result": BODY})


@pytest.fixture
def parses(monkeypatch: pytest.MonkeyPatch) -> JsonParses:
    return JsonParses(monkeypatch)


async def keep(_task_id: str) -> None:
    pass


async def generated(gateway: Gateway, folder: Path, *scripts: Any, **options: Any) -> Received:
    async with ScriptedGateway(*scripts) as wire:
        return await gateway.generate(
            endpoint=Endpoint(base_url=wire.base_url, api_key=KEY, is_private_allowed=True),
            request=image_request(),
            body_path=folder / "attempt",
            timeouts=QUICK,
            **options,
        )


async def edited(gateway: Gateway, folder: Path, script: Any) -> Received:
    async with ScriptedGateway(script) as wire:
        return await gateway.edit(
            endpoint=Endpoint(base_url=wire.base_url, api_key=KEY, is_private_allowed=True),
            request=edit_request(),
            images=[part()],
            body_path=folder / "attempt",
            timeouts=QUICK,
        )


async def responded(gateway: Gateway, folder: Path, script: Any) -> Received:
    async with ScriptedGateway(script) as wire:
        return await gateway.respond(
            endpoint=Endpoint(base_url=wire.base_url, api_key=KEY, is_private_allowed=True),
            request=turn(),
            body_path=folder / "attempt",
            timeouts=QUICK,
        )


async def test_a_json_reply_is_parsed_once(gateway: Gateway, tmp_path: Path, parses: JsonParses) -> None:
    received = await generated(gateway, tmp_path, answer(BODY))
    assert read_reply(received.path, received=received).pictures == (PNG,)
    assert len(parses.texts) == parses.count(PNG_64) == 1


async def test_each_event_of_a_stream_is_parsed_once(gateway: Gateway, tmp_path: Path, parses: JsonParses) -> None:
    received = await generated(gateway, tmp_path, stream(PARTIAL, FINISHED))
    assert read_reply(received.path, received=received).pictures == (PNG,)
    assert len(parses.texts) == parses.count(PNG_64) == 2


async def test_the_reply_to_an_edit_is_parsed_once(gateway: Gateway, tmp_path: Path, parses: JsonParses) -> None:
    received = await edited(gateway, tmp_path, answer(BODY))
    assert read_reply(received.path, received=received).pictures == (PNG,)
    assert len(parses.texts) == 1


async def test_the_picture_of_a_task_is_parsed_once(gateway: Gateway, tmp_path: Path, parses: JsonParses) -> None:
    received = await generated(gateway, tmp_path, TASK, DONE, on_task=keep)
    assert read_reply(received.path, received=received).pictures == (PNG,)
    assert parses.count(PNG_64) == 1


async def test_a_response_in_json_is_parsed_once(gateway: Gateway, tmp_path: Path, parses: JsonParses) -> None:
    received = await responded(gateway, tmp_path, answer(response(call(), message("There you are."))))
    reply = read_response(received.path, received=received)
    assert (reply.pictures, reply.text) == ((PNG,), "There you are.")
    assert len(parses.texts) == parses.count(PNG_64) == 1


async def test_each_event_of_a_response_is_parsed_once(gateway: Gateway, tmp_path: Path, parses: JsonParses) -> None:
    events = [CREATED, response_partial(0), DRAWN, delta("There "), delta("you are."), COMPLETED]
    received = await responded(gateway, tmp_path, stream(*events))
    reply = read_response(received.path, received=received)
    assert (reply.pictures, reply.text) == ((PNG,), "There you are.")
    assert len(parses.texts) == len(events)


async def test_a_reply_that_is_found_later_is_parsed_from_its_file(
    gateway: Gateway, tmp_path: Path, parses: JsonParses
) -> None:
    received = await generated(gateway, tmp_path, answer(BODY))
    assert read_reply(received.path).pictures == (PNG,)
    assert len(parses.texts) == 2


async def test_what_was_parsed_is_let_go_when_it_is_read(gateway: Gateway, tmp_path: Path) -> None:
    received = await generated(gateway, tmp_path, answer(BODY))
    assert received.parsed is not None
    assert received.parsed.byte_count > len(PNG_64)
    first, second = (read_reply(received.path, received=received) for _ in range(2))
    assert first == second
    assert received.parsed.byte_count == 0


async def test_a_reply_beyond_the_memory_budget_is_read_from_its_file(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parses: JsonParses
) -> None:
    monkeypatch.setattr(MemoryBudget.__init__, "__defaults__", (100,))
    async with Gateway() as frugal:
        received = await generated(frugal, tmp_path, answer(BODY))
        assert read_reply(received.path, received=received).pictures == (PNG,)
        answered = await responded(frugal, tmp_path, stream(DRAWN, COMPLETED))
        assert read_response(answered.path, received=answered).pictures == (PNG,)
    assert len(parses.texts) == 2 + 4


def test_replies_that_wait_to_be_read_share_one_budget() -> None:
    budget = MemoryBudget(max_bytes=100)
    first, second = budget.new_reply(), budget.new_reply()
    first.add("a", byte_count=60)
    second.add("b", byte_count=60)
    assert (first.take(), second.take(), budget.byte_count) == (("a",), (), 0)
    third = budget.new_reply()
    third.add("c", byte_count=60)
    assert budget.byte_count == 60
    del third
    assert budget.byte_count == 0
