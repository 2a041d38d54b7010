"""PostgreSQL is away while people work: every page says so at once, and comes by itself when it is back."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.browser.process import Studio
from tests.server.commands import run_command
from tests.server.visitor import Visitor, eventually

from .servers import Relay, free_port, needed, postgresql

SENTENCE = "The studio’s database cannot be reached right now."
PAGES = ("/", "/gallery/", "/spend/", "/settings/", "/accounts/login/", "/nowhere/")
# Seconds. On a free machine each answer comes within 5, and a minute passed before; this one is busy.
SOON = 15.0
NAVIGATION = {"Accept": "text/html", "Sec-Fetch-Dest": "document"}
IMAGE = {"Accept": "image/avif,image/webp,*/*", "Sec-Fetch-Dest": "image"}


@pytest.fixture(scope="module")
def database() -> Iterator[Relay]:
    with needed(), postgresql() as server, Relay(server.port, server.url) as relay:
        yield relay


@pytest.fixture(scope="module")
def ada(database: Relay, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    with ExitStack() as ends:
        studio = Studio(tmp_path_factory.mktemp("studio") / "data", DATABASE_URL=database.url, SANDBOX_SPEED="0")
        ends.enter_context(studio)
        visitor = Visitor(studio).come_in()
        visitor.http.timeout = SOON
        yield visitor


@pytest.fixture(params=["stopped", "silent"])
def away(request: pytest.FixtureRequest, database: Relay, ada: Visitor) -> Iterator[str]:
    ada.http.get("/").raise_for_status()
    database.stop() if request.param == "stopped" else database.freeze()
    yield request.param
    database.start() if request.param == "stopped" else database.thaw()
    eventually(lambda: ada.http.get("/readyz").text == "ok\n", "the database is back")
    for page in PAGES[:-1]:
        assert ada.http.get(page).status_code < 400, page


def test_every_page_says_that_the_database_is_away_and_is_there_again_with_it(away: str, ada: Visitor) -> None:
    for page in PAGES:
        answer = ada.http.get(page, headers=NAVIGATION)
        assert (answer.status_code, SENTENCE in answer.text) == (503, True), page
        assert answer.headers["refresh"] == "5"  # seconds until it tries again


def test_what_scripts_ask_for_is_answered_in_their_own_form(away: str, ada: Visitor) -> None:
    form = {"csrfmiddlewaretoken": ada.csrf, "prompt": "A boat"}
    answer = ada.http.post("/generations/", data=form, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-reswap"], answer.headers["retry-after"]) == (503, "none", "5")
    assert SENTENCE in answer.text
    answer = ada.http.post("/pictures/", data=form, headers={"Accept": "application/json"})
    assert (answer.status_code, SENTENCE in answer.json()["error"]) == (503, True)
    picture = ada.http.get("/media/1/original.png", headers=IMAGE)
    assert (picture.status_code, picture.headers["content-type"]) == (503, "image/svg+xml")
    assert "database" in picture.text
    # A stream that ends is opened again by the browser; after an error it would stay closed.
    assert ada.http.get("/live/").text == "retry: 2000\n\n"


def test_the_probes_tell_a_studio_that_lives_from_one_that_can_work(away: str, ada: Visitor) -> None:
    nobody = Visitor(ada.studio).http
    assert nobody.get("/healthz").status_code == 200
    answer = nobody.get("/readyz")
    assert answer.status_code == 503
    assert answer.text.startswith("not ready\ndatabase is away since ")


def test_no_traceback_is_logged_for_a_page_that_the_database_cost(ada: Visitor) -> None:
    assert "Traceback" not in ada.studio.log.read_text()


@pytest.mark.parametrize("command", ["up", "worker"])
def test_a_database_that_refuses_is_named_at_the_start(command: str, tmp_path: Path) -> None:
    studio = Studio(tmp_path / "studio", DATABASE_URL=f"postgres://easel:secret-word@127.0.0.1:{free_port()}/easel")
    done = run_command(studio, command, *(["--port", str(studio.port)] if command == "up" else []))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "The database of DATABASE_URL cannot be used: " in done.stderr
    assert "secret-word" not in done.stderr
