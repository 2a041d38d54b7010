"""A gateway that redirects to another host: no call follows it with the key."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from studio.gateway import Endpoint, Gateway, errors
from studio.upstreams import checks

from .conftest import KEY, PNG_64, QUICK, image_request
from .scripted_gateway import ScriptedGateway, answer
from .test_edit import edit_request, part
from .test_respond import turn

pytestmark = pytest.mark.anyio
OK = answer({"data": [{"b64_json": PNG_64}], "id": "resp_1", "results": [], "models": []})


async def note(_task_id: str) -> None:
    """Nobody waits for the task."""


async def check(gateway: Gateway, endpoint: Endpoint, _path: Path) -> None:
    """The free check of an upstream; raises what it found."""
    question = checks.ClaimedCheck(check_id=0, endpoint=endpoint, model="gpt-image-2")
    answers, _seconds = await checks.send_check(question, gateway=gateway)
    error = answers[checks.GENERATE]
    assert error
    raise error


Call = Callable[[Gateway, Endpoint, Path], Awaitable[Any]]
CALLS: dict[str, Call] = {
    "a picture": lambda gateway, endpoint, path: gateway.generate(
        endpoint=endpoint, request=image_request(), body_path=path, timeouts=QUICK
    ),
    "a stream of it": lambda gateway, endpoint, path: gateway.generate(
        endpoint=endpoint, request=image_request(stream=True), body_path=path, timeouts=QUICK
    ),
    "a task": lambda gateway, endpoint, path: gateway.generate(
        endpoint=endpoint, request=image_request(), body_path=path, timeouts=QUICK, on_task=note
    ),
    "a task's picture": lambda gateway, endpoint, path: gateway.collect(
        endpoint=endpoint, task_id="imgtask_1", body_path=path, timeouts=QUICK
    ),
    "an edit": lambda gateway, endpoint, path: gateway.edit(
        endpoint=endpoint, request=edit_request(), images=[part()], body_path=path, timeouts=QUICK
    ),
    "a response": lambda gateway, endpoint, path: gateway.respond(
        endpoint=endpoint, request=turn(), body_path=path, timeouts=QUICK
    ),
    "a moderation": lambda gateway, endpoint, _path: gateway.moderate(endpoint=endpoint, text="a boat", timeouts=QUICK),
    "a check": check,
    "the account": lambda gateway, endpoint, _path: gateway.account(endpoint=endpoint, timeouts=QUICK),
}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("what", CALLS)
async def test_no_call_follows_a_redirect(gateway: Gateway, tmp_path: Path, what: str, status: int) -> None:
    async with ScriptedGateway(OK) as other, ScriptedGateway(b"") as wire:
        wire.scripts[0] = [answer("", status=status, location=f"http://127.0.0.1:{other.port}/v1/elsewhere")]
        endpoint = Endpoint(base_url=wire.base_url, api_key=KEY, is_private_allowed=True)
        with pytest.raises((errors.Redirected, errors.LateFailure)):
            await CALLS[what](gateway, endpoint, tmp_path / "attempt")
        assert KEY in str(wire.requests[0])
        assert other.requests == []


def test_every_call_of_the_client_is_in_the_table() -> None:
    calls = {name for name, call in vars(Gateway).items() if callable(call) and not name.startswith("_")}
    calls.remove("fetch_linked")  # the address of a picture is no gateway's and gets no key; see test_remote_image.py
    assert {name for name in calls if any(name in call.__code__.co_names for call in CALLS.values())} == calls


async def test_a_redirected_picture_url_never_gets_the_key(gateway: Gateway, tmp_path: Path) -> None:
    async with ScriptedGateway(OK) as other, ScriptedGateway(b"") as wire:
        away = f"http://127.0.0.1:{other.port}/a.png"
        wire.scripts = [[answer({"data": [{"url": "/a.png"}]})], [answer("", status=302, location=away)]]
        endpoint = Endpoint(base_url=wire.base_url, api_key=KEY, is_private_allowed=True)
        with pytest.raises(errors.PictureOutOfReach):
            await CALLS["a picture"](gateway, endpoint, tmp_path / "attempt")
        assert [KEY in str(request) for request in wire.requests] == [True, False]
        assert other.requests == []
