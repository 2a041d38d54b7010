"""A studio that runs: its secrets, its upstream, its sandbox, and how it stops."""

import signal
import time
from collections.abc import Iterator

import pytest

from tests.browser.process import Studio
from tests.sandbox.conftest import Running

from .commands import sandboxes
from .conftest import Begin, through
from .visitor import Rows, Visitor, eventually

JOB = "SELECT * FROM generations_job"
SENT = "SELECT count(*) FROM generations_attempt WHERE sent_at NOTNULL"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with Studio(tmp_path_factory.mktemp("up") / "studio") as studio:
        yield studio


def test_the_secrets_are_for_their_owner_alone(studio: Studio) -> None:
    modes = {name: (studio.data / name).stat().st_mode & 0o777 for name in ("secret_key", "seal_key")}
    assert modes == {"secret_key": 0o600, "seal_key": 0o600}


def test_only_its_own_sandbox_is_play_money(studio: Studio) -> None:
    visitor, rows = Visitor(studio).come_in(), Rows(studio.data)
    assert "The sandbox generates pictures locally" in visitor.http.get("/").text
    visitor.submit("A paper boat")
    eventually(lambda: rows(f"{JOB} WHERE state = 'succeeded'"), "the picture is there")
    assert {row["is_simulated"] for row in rows("SELECT is_simulated FROM ledger_entry")} == {1}
    assert rows.one("SELECT is_simulated FROM library_picture") == 1
    assert [(row["name"], row["is_enabled"]) for row in rows("SELECT * FROM upstreams_upstream")] == [("sandbox", 1)]


def test_the_first_ctrl_c_finishes_what_runs_while_pages_still_answer(begin: Begin) -> None:
    studio = begin(SANDBOX_SPEED="0.06")
    visitor, rows = Visitor(studio).come_in(), Rows(studio.data)
    visitor.submit("A slow tide", quality="high")
    eventually(lambda: rows.one(SENT), "the call is out")

    studio.process.send_signal(signal.SIGINT)

    eventually(lambda: "Finishing 1 running picture" in studio.log.read_text(), "it says what it does")
    assert visitor.http.get("/").status_code == 200
    assert studio.process.wait(60) == 0
    assert rows.one("SELECT state FROM generations_job") == "succeeded"
    assert (studio.data / "media" / rows.one("SELECT file FROM library_picture")).is_file()
    assert "Traceback" not in studio.log.read_text()
    eventually(lambda: not sandboxes(studio), "the sandbox is gone", patience=10)


def test_the_second_ctrl_c_leaves_at_once(begin: Begin) -> None:
    studio = begin(SANDBOX_SPEED="1")
    visitor, rows = Visitor(studio).come_in(), Rows(studio.data)
    visitor.submit("A very slow tide", quality="high")
    eventually(lambda: rows.one(SENT), "the call is out")
    studio.process.send_signal(signal.SIGINT)
    eventually(lambda: "leaves at once" in studio.log.read_text(), "it says what the second does")
    time.sleep(0.5)  # quicker, and it would count as the same one passed on twice

    studio.process.send_signal(signal.SIGINT)

    # The picture would have taken a minute.
    assert studio.process.wait(20) == 130
    assert "Traceback" not in studio.log.read_text()
    eventually(lambda: not sandboxes(studio), "the sandbox is gone", patience=10)


def test_the_environment_names_the_admin_and_the_gateway(begin: Begin, gateway: Running) -> None:
    admin = {"STUDIO_ADMIN_EMAIL": "ada@example.com", "STUDIO_ADMIN_PASSWORD": "five green lanterns"}
    studio = begin(**through(gateway), **admin)
    visitor, rows = Visitor(studio), Rows(studio.data)
    assert visitor.sign_in("ada@example.com", "five green lanterns").headers["location"] == "/"
    visitor.csrf = visitor.csrf_of("/")
    assert "generates pictures locally" not in visitor.http.get("/").text
    visitor.submit("A stone bridge")
    eventually(lambda: rows(f"{JOB} WHERE state = 'succeeded'"), "the picture is there")
    # A sandbox reached through GATEWAY_BASE_URL is a gateway like any other.
    assert {row["is_simulated"] for row in rows("SELECT is_simulated FROM ledger_entry")} == {0}
    assert sandboxes(studio) == []


def test_a_gateway_that_cannot_be_reached_costs_nothing_and_is_said(begin: Begin) -> None:
    studio = begin(GATEWAY_BASE_URL="http://127.0.0.1:9/v1", GATEWAY_API_KEY="sk-up-0123456789abcdef")
    visitor, rows = Visitor(studio).come_in(), Rows(studio.data)
    visitor.submit("A door nobody opens")
    [job] = eventually(lambda: rows(f"{JOB} WHERE state = 'failed'"), "it gives up")
    assert job["charge"] == "no"
    page = visitor.http.get("/").text
    assert "The gateway could not be reached." in page
    assert "not charged" in page
    assert "Traceback" not in studio.log.read_text()
