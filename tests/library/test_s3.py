"""Pictures, thumbnails and inbox on a real S3 endpoint: moto's server in a process of its own."""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from django.core.files.storage import default_storage

from studio.accounts.models import User
from studio.core.configuration import picture_storage
from studio.library import files, inbox
from studio.library.models import Picture

from .conftest import picture_bytes

pytestmark = pytest.mark.django_db(transaction=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    """STORAGE_URL of an empty bucket."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/moto-api/")
        keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
        boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", **keys).create_bucket(Bucket="pictures")
        yield f"s3://key:secret@127.0.0.1:{port}/pictures?region=us-east-1&tls=0"
    finally:
        server.terminate()
        server.wait()


def wait_for(url: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(300):
        try:
            opener.open(url, timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(url)


@pytest.fixture(autouse=True)
def s3_storage(s3_url: str, storage: Path, settings: Any, tmp_path: Path) -> None:
    settings.STORAGES = settings.STORAGES | {"default": picture_storage(s3_url, media_root=Path())}
    settings.DATA = tmp_path


def test_the_owner_gets_whole_files_and_parts_from_s3(
    ben: User,
    cleo: User,
    browser_of: Callable[[User | None], httpx.Client],
    picture_of: Callable[..., Picture],
) -> None:
    data = picture_bytes(size=(900, 700))
    picture = picture_of(ben, data=data)
    browser = browser_of(ben)
    assert browser.get(picture.original_url).content == data
    assert browser.get(picture.original_url, headers={"Range": "bytes=300000-"}).content == data[300000:]
    assert browser.head(picture.original_url).headers["content-length"] == str(len(data))
    assert browser.get(picture.small_url).headers["content-type"] == "image/webp"
    assert browser_of(cleo).get(picture.original_url).status_code == 404
    default_storage.delete(picture.file.name)
    assert browser.get(picture.original_url).status_code == 404


def test_discarding_removes_the_files_from_s3() -> None:
    stored = files.store(picture_bytes())
    files.discard(stored)
    assert not any(default_storage.exists(name) for name in stored.names)


def test_a_reply_outlives_the_machine_it_arrived_on() -> None:
    inbox.path(41).write_bytes(b"reply")
    inbox.copy_to_remote(41)
    inbox.path(41).unlink()
    assert inbox.complete_replies() == [41]
    found = inbox.find(41)
    assert found is not None
    assert found.read_bytes() == b"reply"
    inbox.remove(41)
    assert inbox.complete_replies() == []


def test_a_storage_that_does_not_answer_says_so(settings: Any) -> None:
    gone = picture_storage(
        f"s3://key:secret@127.0.0.1:{free_port()}/pictures?region=us-east-1&tls=0", media_root=Path()
    )
    gone["OPTIONS"]["client_config"] = Config(connect_timeout=0.2, retries={"max_attempts": 0})  # type: ignore[index]
    settings.STORAGES = settings.STORAGES | {"default": gone}
    with pytest.raises(files.StorageFull) as caught:
        files.store(picture_bytes())
    assert caught.value.kind == "unreachable"
