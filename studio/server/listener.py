"""The port that pages are served on, and the server behind it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from django.conf import settings

from .start_checks import CannotStart
from .uvicorn_private import Server, http_protocol


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Bind the port before anything else, so that a port in use is reported at once."""
    try:
        listener = bound(host, port)
    except (OSError, OverflowError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "there is none such"
        raise CannotStart(f"Port {port} on {host} cannot be used ({reason}); choose another with --port.") from None
    with listener:
        yield listener


def bound(host: str, port: int) -> socket.socket:
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    # asyncio switches Nagle's algorithm off only for sockets that name TCP; else each answer waits some 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except BaseException:
        listener.close()
        raise
    return listener


def make_server(host: str) -> Server:
    from .asgi import application

    return Server(
        uvicorn.Config(
            application,
            host=host,
            http=http_protocol(settings.IDLE_SECONDS),
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # `TrustedProxies` reads them in every process
            timeout_graceful_shutdown=5,
            timeout_keep_alive=settings.IDLE_SECONDS,
        )
    )
