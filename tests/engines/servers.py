"""PostgreSQL, Redis and an S3 server as real processes on free loopback ports, gone when the block ends."""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest


class NoServer(Exception):
    """The program is not on this machine."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def program(*names: str) -> str:
    """The first of these programs found, also where Debian hides PostgreSQL's."""
    folders = [*map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), os.environ["PATH"]]
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


@contextmanager
def process(*command: str, user: int | None = None) -> Iterator[None]:
    running = subprocess.Popen(command, user=user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        running.terminate()
        running.wait(20)


@contextmanager
def s3() -> Iterator[str]:
    """The URL of a bucket at an S3 server."""
    port = free_port()
    with process(sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)):
        wait_for(port)
        address = f"http://127.0.0.1:{port}"
        client = boto3.client("s3", endpoint_url=address, region_name="us-east-1", **dict.fromkeys(CREDENTIALS, "test"))
        client.create_bucket(Bucket="easel")
        yield f"s3://test:test@127.0.0.1:{port}/easel?region=us-east-1&tls=0"


CREDENTIALS = ("aws_access_key_id", "aws_secret_access_key")


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """Its URL."""
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", "", "--appendonly", "no"]
    with process(program("valkey-server", "redis-server"), *options):
        wait_for(port)
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def postgresql() -> Iterator[str]:
    """Its URL. PostgreSQL refuses to run as root, so there its own user runs it.

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
        with process(program("postgres"), "-D", data, *options, user=user):
            wait_for(port)
            yield f"postgresql://easel@127.0.0.1:{port}/postgres"


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
    with needed(), postgresql() as url:
        yield {"DATABASE_URL": url}
