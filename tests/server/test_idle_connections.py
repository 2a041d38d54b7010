"""Connections that ask for nothing are closed; those that ask are served as long as it takes."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
import uvicorn
from pytest_django import Settings

from studio.server.listener import listening, make_server
from studio.server.uvicorn_private import Server, http_protocol

IDLE = 0.3  # seconds
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["path"] == "/slow":
        await asyncio.sleep(IDLE * 3)
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


async def conversation(*sent: bytes) -> bytes:
    """All that a server says to a peer that sends these pieces, one each while another idle time is not over."""
    config = uvicorn.Config(
        application, lifespan="off", log_config=None, http=http_protocol(IDLE), timeout_graceful_shutdown=1
    )
    server = Server(config)
    with listening("127.0.0.1", 0) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        await server.up.wait()
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        said = b""
        with suppress(ConnectionError):  # it was closed while a piece was on its way
            for piece in sent:
                writer.write(piece)
                await asyncio.sleep(IDLE / 3)
            said = await asyncio.wait_for(reader.read(), 20)
        writer.close()
        server.should_exit = True
        await serving
    return said


def test_a_connection_that_sends_nothing_is_closed() -> None:
    assert asyncio.run(conversation()) == b""


def test_a_head_that_comes_drop_by_drop_is_not_waited_for() -> None:
    drops = [bytes([byte]) for byte in REQUEST[:-1]]
    assert asyncio.run(conversation(*drops[:8])) == b""


def test_a_kept_connection_is_closed_when_no_second_request_comes() -> None:
    said = asyncio.run(conversation(REQUEST, b"GET /again HT"))
    assert said.count(b"200 OK") == 1


def test_a_slow_answer_is_waited_for() -> None:
    assert b"200 OK" in asyncio.run(conversation(REQUEST.replace(b"/ ", b"/slow ")))


def test_a_body_that_takes_its_time_is_waited_for() -> None:
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\n"
    assert b"200 OK" in asyncio.run(conversation(head, *[b"x"] * 6))


@pytest.mark.django_db
def test_the_studio_s_own_server_closes_silent_connections(settings: Settings) -> None:
    settings.IDLE_SECONDS = IDLE

    async def silence() -> bytes:
        server = make_server("127.0.0.1")
        with listening("127.0.0.1", 0) as listener:
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            await server.up.wait()
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            said = await asyncio.wait_for(reader.read(), 20)
            writer.close()
            server.should_exit = True
            await serving
        return said

    assert asyncio.run(silence()) == b""
