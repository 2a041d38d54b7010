"""Valkey is away while people work: pages, sign-in and jobs go on, limits are counted in each process."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.browser.process import Studio
from tests.server.commands import run_command
from tests.server.visitor import Rows, Visitor, eventually

from .servers import Server, free_port, needed, redis

PAGES = ("/", "/gallery/", "/gallery/?q=boat", "/spend/", "/settings/")


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with needed(), redis(tmp_path_factory.mktemp("valkey")) as server:
        server.url = server.url.partition("?")[0]  # with the studio's own patience
        yield server


@pytest.fixture(scope="module")
def ada(valkey: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    with ExitStack() as ends:
        studio = Studio(tmp_path_factory.mktemp("studio") / "data", VALKEY_URL=valkey.url, SANDBOX_SPEED="0")
        ends.enter_context(studio)
        yield Visitor(studio).come_in()


@pytest.fixture(params=["stopped", "silent"])
def away(request: pytest.FixtureRequest, valkey: Server, ada: Visitor) -> Iterator[str]:
    valkey.stop() if request.param == "stopped" else valkey.freeze()
    yield request.param
    valkey.start() if request.param == "stopped" else valkey.thaw()
    eventually(lambda: ada.http.get("/readyz").text == "ok\n", "Valkey is back")


def test_pages_answer_and_pictures_are_drawn_while_valkey_is_away(away: str, ada: Visitor) -> None:
    for page in PAGES:
        assert ada.http.get(page).status_code == 200, page
    before = Rows(ada.studio.data).one("SELECT count(*) FROM library_picture")
    ada.submit(f"A boat, {away}")
    eventually(lambda: Rows(ada.studio.data).one("SELECT count(*) FROM library_picture") > before, "a picture")


def test_admins_and_readyz_are_told_that_valkey_is_away(away: str, ada: Visitor) -> None:
    answer = ada.http.get("/readyz")
    assert answer.status_code == 200
    assert answer.text.startswith("ok\nvalkey is away since ")
    assert "Valkey cannot be reached right now." in ada.http.get("/").text


def test_wrong_passwords_are_still_counted_while_valkey_is_away(away: str, ada: Visitor) -> None:
    stranger = Visitor(ada.studio)
    email = f"{away}@example.com"
    pages = [stranger.sign_in(email, f"wrong {turn}").text for turn in range(8)]
    assert "Too many attempts" in pages[-1]


def test_a_valkey_that_refuses_is_named_at_the_start(tmp_path: Path) -> None:
    studio = Studio(tmp_path / "studio", VALKEY_URL=f"redis://:secret-of-valkey@127.0.0.1:{free_port()}/0")
    for command in (["up", "--port", str(studio.port)], ["worker"]):
        done = run_command(studio, *command)
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        assert "Valkey cannot be reached at VALKEY_URL" in done.stderr
        assert "secret-of-valkey" not in done.stderr
