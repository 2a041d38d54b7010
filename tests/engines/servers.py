"""PostgreSQL, Redis and an S3 server as real processes on free loopback ports, gone when the block ends."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import boto3
import psycopg
import pytest


class NoServer(Exception):
    """The program is not on this machine."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def program(*names: str) -> str:
    """The first of these programs found, also where Debian hides PostgreSQL's and those of administrators."""
    folders = [
        *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)),
        os.environ["PATH"],
        "/usr/sbin",
    ]
    for name in names:
        if found := shutil.which(name, path=os.pathsep.join(folders)):
            return found
    raise NoServer(f"{' or '.join(names)} is not installed")


def wait_for(port: int) -> None:
    for _ in range(1200):  # a minute; a busy machine takes long to start a process
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on port {port}")


class Server:
    """A server on a free port, which a test may stop, freeze and start again; `url` is what a studio is told."""

    def __init__(self, *command: str, port: int, url: str = "", user: int | None = None) -> None:
        self.command, self.port, self.url, self.user = command, port, url, user
        self.stop_signal = signal.SIGTERM
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.thaw()
        self.stop()

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command, user=self.user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for(self.port)

    def stop(self) -> None:
        if self.process:
            self.process.send_signal(self.stop_signal)
            self.process.wait(20)
            self.process = None

    def freeze(self) -> None:
        """It takes connections and answers nobody, as one whose disk hangs. Only for one that is a single process."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        if self.process:
            self.process.send_signal(number)


class Relay:
    """In front of a server: stopped, nobody reaches it; frozen, nobody hears from it. It keeps all it has meanwhile.

    `url` is what a studio is told.
    """

    def __init__(self, behind: int, url: str) -> None:
        self.port, self.behind = free_port(), behind
        self.url = url.replace(f":{behind}/", f":{self.port}/")
        self._is_flowing = threading.Event()
        self._open: list[socket.socket] = []

    def start(self) -> None:
        self._is_flowing.set()
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def stop(self) -> None:
        for each in [self._listener, *self._open]:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._open.clear()

    def freeze(self) -> None:
        self._is_flowing.clear()

    def thaw(self) -> None:
        self._is_flowing.set()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                here = listener.accept()[0]
            except OSError:
                return
            try:
                there = socket.create_connection(("127.0.0.1", self.behind))
            except OSError:
                here.close()
                continue
            self._open += [here, there]
            for pair in ((here, there), (there, here)):
                threading.Thread(target=self._pump, args=pair, daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._is_flowing.wait()
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.thaw()
        self.stop()


@contextmanager
def s3() -> Iterator[Relay]:
    """A bucket at an S3 server."""
    port = free_port()
    with Server(sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port), port=port):
        address = f"http://127.0.0.1:{port}"
        client = boto3.client("s3", endpoint_url=address, region_name="us-east-1", **dict.fromkeys(CREDENTIALS, "test"))
        client.create_bucket(Bucket="easel")
        with Relay(port, f"s3://test:test@127.0.0.1:{port}/easel?region=us-east-1&tls=0") as bucket:
            yield bucket


CREDENTIALS = ("aws_access_key_id", "aws_secret_access_key")


@contextmanager
def redis(folder: Path) -> Iterator[Server]:
    """A busy machine may take longer to answer than a page would wait."""
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", "", "--appendonly", "no"]
    url = f"redis://127.0.0.1:{port}/0?socket_timeout=5"
    with Server(program("valkey-server", "redis-server"), *options, port=port, url=url) as server:
        yield server


@contextmanager
def postgresql() -> Iterator[Server]:
    """PostgreSQL refuses to run as root, so there its own user runs it.

    Its data are no part of pytest's folders: those are closed to other users again whenever another pytest begins,
    and PostgreSQL ends at its next checkpoint, minutes later.
    """
    port, user = free_port(), pwd.getpwnam("postgres").pw_uid if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="easel-postgresql-") as data:
        if user is not None:
            os.chown(data, user, -1)
        subprocess.run(
            [program("initdb"), "-D", data, "-U", "easel", "-A", "trust", "--no-sync"],
            user=user,
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=data,
        )
        options = ["-p", str(port), "-h", "127.0.0.1", "-k", data, "-F"]
        url = f"postgresql://easel@127.0.0.1:{port}/postgres"
        server = Server(program("postgres"), "-D", data, *options, port=port, url=url, user=user)
        server.stop_signal = signal.SIGINT  # at once, without waiting for those who are connected
        with server:
            wait_for_answer(url)
            yield server


@contextmanager
def pgbouncer(database: Server) -> Iterator[Server]:
    """In front of PostgreSQL, in transaction mode: a connection of the server is lent for one transaction each."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="easel-pgbouncer-") as folder:
        settings, users = Path(folder) / "pgbouncer.ini", Path(folder) / "users.txt"
        users.write_text('"easel" ""\n')
        settings.write_text(
            "[databases]\n"
            f"postgres = host=127.0.0.1 port={database.port}\n"
            "[pgbouncer]\n"
            f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
            f"auth_type = trust\nauth_file = {users}\npool_mode = transaction\n"
            "default_pool_size = 4\nmax_client_conn = 200\n"
        )
        user = database.user
        if user is not None:
            for path in (Path(folder), settings, users):
                os.chown(path, user, -1)
        url = f"postgresql://easel@127.0.0.1:{port}/postgres"
        with Server(program("pgbouncer"), str(settings), port=port, url=url, user=user) as server:
            server.stop_signal = signal.SIGINT
            yield server


def wait_for_answer(url: str) -> None:
    for _ in range(600):
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError:  # it is starting up
            time.sleep(0.05)
        else:
            return
    raise AssertionError("PostgreSQL does not answer")


@contextmanager
def needed() -> Iterator[None]:
    """Where a server is not on this machine the test is skipped, or fails where it has to run."""
    try:
        yield
    except NoServer as missing:
        (pytest.fail if os.environ.get("ENGINE_TESTS") == "required" else pytest.skip)(str(missing))


@contextmanager
def database(engine: str) -> Iterator[dict[str, str]]:
    """What the environment of a studio says of a new database: nothing for SQLite."""
    if engine == "sqlite":
        yield {}
        return
    with needed(), postgresql() as server:
        yield {"DATABASE_URL": server.url}
