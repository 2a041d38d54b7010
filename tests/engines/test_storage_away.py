"""S3 is away while people work: pages and sentences stay, pictures wait, and none is lost or paid for twice."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.browser.process import Studio
from tests.server.commands import run_command
from tests.server.visitor import Rows, Visitor, eventually

from .servers import Relay, free_port, needed, s3

SENTENCE = "The studio’s storage cannot be reached right now."
IMAGE = {"Accept": "image/avif,image/webp,*/*", "Sec-Fetch-Dest": "image"}


@pytest.fixture(scope="module")
def bucket() -> Iterator[Relay]:
    with needed(), s3() as relay:
        yield relay


@pytest.fixture(scope="module")
def ada(bucket: Relay, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    with ExitStack() as ends:
        studio = Studio(tmp_path_factory.mktemp("studio") / "data", STORAGE_URL=bucket.url, SANDBOX_SPEED="0.02")
        ends.enter_context(studio)
        visitor = Visitor(studio).come_in()
        visitor.submit("A boat that is there before")
        eventually(lambda: pictures(visitor), "a first picture")
        yield visitor


def pictures(visitor: Visitor) -> list[int]:
    return [row["id"] for row in Rows(visitor.studio.data)("SELECT id FROM library_picture ORDER BY id")]


def states(visitor: Visitor) -> set[str]:
    return {row["state"] for row in Rows(visitor.studio.data)("SELECT state FROM generations_job")}


@pytest.mark.parametrize("how", ["stopped", "silent"])
def test_a_picture_drawn_while_the_storage_is_away_is_there_when_it_is_back(
    how: str, bucket: Relay, ada: Visitor
) -> None:
    before = pictures(ada)
    ada.submit(f"Two boats, {how}", n="2")
    eventually(lambda: "running" in states(ada), "a call on its way")
    bucket.stop() if how == "stopped" else bucket.freeze()
    try:
        answer = ada.http.get(f"/media/{before[0]}/original.jpeg", headers=IMAGE)
        assert (answer.status_code, answer.headers["content-type"]) == (503, "image/svg+xml")
        eventually(lambda: SENTENCE in ada.http.get("/").text, "every page says so")
        assert "storage is away since" in ada.http.get("/readyz").text
        ada.submit("A boat that is only asked for meanwhile")
    finally:
        bucket.start() if how == "stopped" else bucket.thaw()

    eventually(lambda: states(ada) == {"succeeded"}, "all pictures")
    eventually(lambda: ada.http.get("/readyz").text == "ok\n", "the storage is back")
    for number in pictures(ada):
        assert ada.http.get(f"/media/{number}/original.jpeg").status_code == 200
    assert len(pictures(ada)) == len(before) + 3
    calls = Rows(ada.studio.data).one("SELECT count(*) FROM generations_attempt")
    assert calls == len(pictures(ada))  # each was asked for once
    assert "Traceback" not in ada.studio.log.read_text()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda url: url.replace("/easel?", "/nowhere?"), "NoSuchBucket"),
        (
            lambda _url: f"s3://key:secret-word@127.0.0.1:{free_port()}/easel?region=us-east-1&tls=0",
            "Could not connect",
        ),
    ],
    ids=["no bucket", "no server"],
)
@pytest.mark.parametrize("command", ["up", "worker"])
def test_a_storage_that_cannot_be_used_is_named_at_the_start(
    command: str, change: object, words: str, bucket: Relay, tmp_path: Path
) -> None:
    studio = Studio(tmp_path / "studio", STORAGE_URL=change(bucket.url))  # type: ignore[operator]
    done = run_command(studio, command, *(["--port", str(studio.port)] if command == "up" else []))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "The storage of STORAGE_URL cannot be used" in done.stderr
    assert words in done.stderr
    assert "secret-word" not in done.stderr
