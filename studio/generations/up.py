"""`up`: server, runner and live feed as tasks of one loop, under an exclusive lock on the data folder."""

import asyncio
import contextlib
import fcntl
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connections
from django.db.utils import DatabaseError
from django.utils import timezone

from studio.accounts import first_admin
from studio.accounts.models import SignInLink

from . import engine, environment
from .poller import poller
from .runner import Runner
from .sandbox_child import SandboxChild
from .static_files import collect_static
from .stop import Stop

Say = Callable[[str], object]


class CannotStart(Exception):
    """Why `up` does not start, in one sentence."""


@contextmanager
def exclusive() -> Iterator[None]:
    """Hold the data folder for this process alone; the lock goes with the process, however it ends."""
    try:
        lock = (settings.DATA / "lock").open("a+")
    except OSError as error:
        raise CannotStart(f"The data folder {settings.DATA} cannot be written to ({error.strerror}).") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotStart(
                f"Easel is already running on the data folder {settings.DATA}; "
                "stop it first, or set STUDIO_DATA to another folder."
            ) from None
        yield


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Take the port before anything else is done, so that a taken one is told at once."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            listener.listen(2048)
            yield listener
    except OSError as error:
        raise CannotStart(
            f"Port {port} on {host} cannot be used ({error.strerror}); choose another with --port."
        ) from None


def prepare() -> SandboxChild | None:
    """Bring database, static files, upstreams and the first admin up to date; return the sandbox if it is needed."""
    try:
        environment.check()
        # Started first, so that it gets ready while the database does; not needed where there is a gateway.
        sandbox = None if settings.GATEWAY_BASE_URL else SandboxChild.start()
        call_command("migrate", verbosity=0, interactive=False)
        collect_static()
        first_admin.prepare_admin(now=timezone.now())
        is_configured = environment.declare_upstream()
        if sandbox and is_configured:
            sandbox.stop()
        elif sandbox:
            sandbox.declare()
        return None if is_configured else sandbox
    except (ImproperlyConfigured, environment.BadGateway) as error:
        raise CannotStart(str(error)) from None
    except (OSError, DatabaseError) as error:
        raise CannotStart(f"The data folder {settings.DATA} cannot be used: {error}.") from None


async def serve(listener: socket.socket, *, host: str, sandbox: SandboxChild | None, say: Say) -> None:
    """Serve until the first signal, then finish what runs while pages still answer; leave at once on the second."""
    runner = Runner(home=f"{socket.gethostname()}:{settings.DATA}", on_change=poller.nudge)
    server = make_server(host)
    stop = Stop(runner, say=say, leaving=sandbox.stop if sandbox else lambda: None)
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, stop)
    async with engine.deliveries(), asyncio.TaskGroup() as tasks:
        serving = tasks.create_task(server.serve(sockets=[listener]))
        keeping = tasks.create_task(sandbox.keep_alive()) if sandbox else None
        tasks.create_task(greet(server, listener, host=host, say=say))
        await runner.run()
        poller.close()
        server.should_exit = True
        await serving
        if sandbox and keeping:
            keeping.cancel()
            sandbox.stop()


class Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the signals are ours."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def make_server(host: str) -> Server:
    from studio.asgi import application

    return Server(
        uvicorn.Config(
            application,
            host=host,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
            timeout_keep_alive=30,
        )
    )


async def greet(server: Server, listener: socket.socket, *, host: str, say: Say) -> None:
    """Say where the studio is and, until an admin has signed in, how to get in."""
    await server.up.wait()
    base = settings.STUDIO_URL or local_address(host, listener.getsockname()[1])
    say(f"Easel is running at {base}")
    path = await asyncio.to_thread(in_own_connection, sign_in_path)
    if path:
        minutes = int(SignInLink.LIFETIME.total_seconds() // 60)
        say(f"Sign in for the first time (works once, within {minutes} minutes): {base}{path}")


def local_address(host: str, port: int) -> str:
    """Browsers allow passkeys for `localhost`, not for 127.0.0.1."""
    return f"http://{'localhost' if host in ('127.0.0.1', '0.0.0.0', '::1', '::') else host}:{port}"  # noqa: S104


def sign_in_path() -> str | None:
    return None if first_admin.admin_has_signed_in() else first_admin.fresh_sign_in_path(now=timezone.now())


def in_own_connection(function: Callable[[], str | None]) -> str | None:
    try:
        return function()
    finally:
        connections.close_all()
