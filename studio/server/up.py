"""`up`: web server, runner and live feed as tasks of one event loop, under an exclusive lock on the data folder."""

import asyncio
import fcntl
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.utils import DatabaseError
from django.utils import timezone

from studio.accounts import first_admin
from studio.accounts.models import SignInLink
from studio.core import database
from studio.core.dependencies import one_line
from studio.create.live_feed import poller
from studio.web.static_files import collect_static
from studio.worker.runner import Runner

from . import environment, wakeup_delivery
from .listener import make_server
from .sandbox_child import SandboxChild
from .shutdown import StopHandler
from .start_checks import CannotStart, require_same_keys, require_servers
from .uvicorn_private import Server

WriteLine = Callable[[str], object]


@contextmanager
def exclusive() -> Iterator[None]:
    """Lock the data folder for this process; the lock ends with the process, however it ends."""
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


def prepare() -> SandboxChild | None:
    """Bring database, static files, upstreams and the first admin up to date; return the sandbox where it is needed."""
    try:
        environment.check()
        require_servers()
        # Started first, so that it gets ready while the database is migrated.
        sandbox = None if settings.GATEWAY_BASE_URL else SandboxChild.start()
        refuse_old_history()
        call_command("migrate", verbosity=0, interactive=False)
        require_same_keys(home=home())
        collect_static()
        first_admin.prepare_admin(now=timezone.now())
        is_configured = environment.declare_upstream()
        if sandbox and is_configured:
            sandbox.stop()
        elif sandbox:
            sandbox.declare()
        return None if is_configured else sandbox
    except ImproperlyConfigured as error:
        raise CannotStart(str(error)) from None
    except (OSError, DatabaseError) as error:
        what = "database of DATABASE_URL" if database.is_server() else f"data folder {settings.DATA}"
        raise CannotStart(f"The {what} cannot be used: {one_line(error)}.") from None


def home() -> str:
    """What this process's worker is known by: its machine and data folder, which it has to itself."""
    return f"{socket.gethostname()}:{settings.DATA}"


def refuse_old_history() -> None:
    """Raise CannotStart for a database whose tables were made before 0.2, when the history of migrations began anew."""
    loader = MigrationLoader(connection, ignore_no_migrations=True)
    ours = {app.label for app in apps.get_app_configs() if app.name.startswith("studio.")}
    if any(app in ours and (app, name) not in loader.disk_migrations for app, name in loader.applied_migrations):
        raise CannotStart(
            f"The data in {settings.DATA} is from before Easel 0.2 and cannot be taken over; start with another folder "
            "(STUDIO_DATA), or another database where DATABASE_URL names one, and keep the old one for its pictures."
        )


async def serve(listener: socket.socket, *, host: str, sandbox: SandboxChild | None, write_line: WriteLine) -> None:
    """Serve until the first signal, then finish running calls while pages still work; exit at once on the second."""
    runner = Runner(home=home(), on_change=poller.nudge)
    server = make_server(host)
    stop = StopHandler(runner, write_line=write_line, before_exit=sandbox.stop if sandbox else lambda: None)
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, stop)
    async with wakeup_delivery.deliveries(), asyncio.TaskGroup() as tasks:
        server_task = tasks.create_task(server.serve(sockets=[listener]))
        sandbox_task = tasks.create_task(sandbox.keep_alive()) if sandbox else None
        tasks.create_task(announce(server, listener, host=host, write_line=write_line))
        await runner.run()
        poller.close()
        server.should_exit = True
        await server_task
        if sandbox and sandbox_task:
            sandbox_task.cancel()
            sandbox.stop()


async def announce(server: Server, listener: socket.socket, *, host: str, write_line: WriteLine) -> None:
    """Print the studio's address and, until an admin has signed in, a sign-in link."""
    await server.up.wait()
    base = settings.STUDIO_URL or local_address(host, listener.getsockname()[1])
    write_line(f"Easel is running at {base}")
    path = await asyncio.to_thread(in_own_connection, sign_in_path)
    if path:
        minutes = int(SignInLink.LIFETIME.total_seconds() // 60)
        write_line(f"Sign in for the first time (works once, within {minutes} minutes): {base}{path}")


def local_address(host: str, port: int) -> str:
    """Browsers allow passkeys for `localhost`, not for 127.0.0.1."""
    return f"http://{'localhost' if host in ('127.0.0.1', '0.0.0.0', '::1', '::') else host}:{port}"  # noqa: S104


def sign_in_path() -> str | None:
    return None if first_admin.admin_has_signed_in() else first_admin.new_sign_in_path(now=timezone.now())


def in_own_connection(function: Callable[[], str | None]) -> str | None:
    try:
        return function()
    finally:
        connections.close_all()
