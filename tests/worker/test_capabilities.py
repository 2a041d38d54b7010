"""What an upstream can do is learned from its replies: nobody waits for, or pays for, what it was seen not to do."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

import pybase64
import pytest
from django.template.loader import render_to_string
from django.test import Client
from PIL import Image

from studio.accounts.models import User
from studio.generations import claims
from studio.generations.models import Attempt, Job
from studio.images import Size
from studio.ledger.models import Entry
from studio.upstreams.models import Alert, Upstream
from studio.worker.runner import Runner
from tests.running import Submit, wait_for_jobs, wait_until

pytestmark = pytest.mark.usefixtures("transactional_db")

USAGE = {"input_tokens": 9, "output_tokens": 372, "total_tokens": 381}
UNREADABLE = {"message": "upstream decode: expected value at line 1", "type": "upstream_error"}
NOT_CONFIGURED = {
    "message": "image billing is not configured for this model",
    "type": "server_error",
    "code": "image_billing_not_configured",
}
NO_DATABASE = {"message": "No connected db.", "type": "no_db_connection", "param": None, "code": "400"}


class OddGateway(BaseHTTPRequestHandler):
    """A gateway that answers as the test says; `calls` has the JSON fields of each request."""

    answer: Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]
    calls: list[dict[str, Any]]

    def do_POST(self) -> None:
        fields = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        self.calls.append(fields)
        status, body = type(self).answer(fields)
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


class Odd:
    """A running odd gateway."""

    def __init__(self, answer: Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]) -> None:
        self.calls: list[dict[str, Any]] = []
        handler = type("Handler", (OddGateway,), {"answer": staticmethod(answer), "calls": self.calls})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def odd() -> Iterator[Callable[..., Odd]]:
    running: list[Odd] = []

    def start(answer: Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]) -> Odd:
        running.append(Odd(answer))
        Upstream.objects.update(base_url=f"{running[-1].url}/v1")
        return running[-1]

    yield start
    for gateway in running:
        gateway.server.shutdown()
        gateway.server.server_close()


def drawn(fields: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    found = re.fullmatch(r"(\d+)x(\d+)", str(fields.get("size")))
    file = BytesIO()
    Image.new("RGB", (int(found[1]), int(found[2])) if found else (1024, 1024), (40, 90, 160)).save(file, "PNG")
    return 200, {"data": [{"b64_json": pybase64.b64encode_as_string(file.getvalue())}], "usage": USAGE}


def no_stream(fields: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return (502, {"error": UNREADABLE}) if fields.get("stream") else drawn(fields)


def late_no_stream(fields: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    if not fields.get("stream"):
        return drawn(fields)
    time.sleep(10 * LATE)
    return 502, {"error": UNREADABLE}


LATE = 0.1  # seconds; for the tests in which an answer is to come late
PREVIEWS = {"stream": True, "partial_images": 2}


@pytest.mark.parametrize("fields", [PREVIEWS, {"quality": "high"}, {"quality": "high", "size": Size(3840, 2160)}])
def test_a_gateway_that_cannot_stream_is_asked_without_a_stream_next(
    runner: Runner, ben: User, submit: Submit, odd: Callable[..., Odd], fields: dict[str, Any]
) -> None:
    gateway = odd(no_stream)
    [job] = wait_for_jobs(submit(ben, **fields))
    assert job.state == Job.State.SUCCEEDED
    assert [call.get("stream", False) for call in gateway.calls] == [True, False]
    upstream = Upstream.objects.get()
    assert (upstream.facts.state("stream"), upstream.streams) == ("missing", False)
    assert [entry.certainty for entry in Entry.objects.filter(verb="settle")] == ["exact"]
    wait_for_jobs(submit(ben, "A pier", **fields))
    assert [call.get("stream", False) for call in gateway.calls] == [True, False, False]


def test_the_tile_says_that_previews_were_left_out(
    runner: Runner, ben: User, submit: Submit, odd: Callable[..., Odd]
) -> None:
    odd(no_stream)
    [job] = wait_for_jobs(submit(ben, **PREVIEWS))
    tile = render_to_string("create/cards.html#tile", {"job": job, "generation": job.generation})
    assert "without previews" in tile


def test_the_page_says_what_was_learned_and_forgets_it_on_a_press(
    runner: Runner,
    ada: User,
    ben: User,
    submit: Submit,
    odd: Callable[..., Odd],
    client_of: Callable[[User], Client],
) -> None:
    gateway = odd(no_stream)
    wait_for_jobs(submit(ben, **PREVIEWS))
    upstream, page = Upstream.objects.get(), client_of(ada)
    shown = page.get(f"/settings/upstreams/{upstream.pk}/").content.decode()
    assert "a stream failed where the same picture came without one" in shown
    assert "upstream decode: expected value" in shown
    page.post(f"/settings/upstreams/{upstream.pk}/forgetting/")
    assert Upstream.objects.get().facts.by_name == {}
    wait_for_jobs(submit(ben, "A pier", **PREVIEWS))
    assert gateway.calls[2]["stream"]


def test_an_answer_that_came_after_the_drawing_may_have_been_charged_and_is_sent_once(
    runner: Runner, ben: User, submit: Submit, odd: Callable[..., Odd], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "LATEST", LATE)
    gateway = odd(late_no_stream)
    [job] = wait_for_jobs(submit(ben, **PREVIEWS))
    assert (job.state, job.charge, len(gateway.calls)) == ("failed", "maybe", 1)
    assert Attempt.objects.get().outcome == Attempt.Outcome.UNKNOWN
    assert Entry.objects.get(verb="settle").certainty == "maybe"
    wait_for_jobs(submit(ben, "A pier", **PREVIEWS))
    assert [call.get("stream", False) for call in gateway.calls] == [True, False]


def test_a_gateway_that_is_not_set_up_says_so_alerts_and_takes_no_step_down(
    runner: Runner, ben: User, submit: Submit, odd: Callable[..., Odd]
) -> None:
    gateway = odd(lambda _fields: (503, {"error": NOT_CONFIGURED}))
    [job] = wait_for_jobs(submit(ben, size=Size(3840, 2160), quality="high"))
    assert (job.state, job.charge, job.error_kind, job.steps) == ("failed", "no", "setup_fault", [])
    assert len(gateway.calls) == 1
    assert Alert.objects.open().get().reason == "setup_fault"
    assert not Entry.objects.filter(verb="settle").exists()
    tile = render_to_string("create/cards.html#tile", {"job": job, "generation": job.generation})
    assert "The gateway is not set up for this" in tile
    assert "503 image_billing_not_configured" in tile


def test_a_key_that_the_gateway_cannot_look_up_is_not_the_requests_fault(
    runner: Runner,
    ada: User,
    ben: User,
    submit: Submit,
    odd: Callable[..., Odd],
    client_of: Callable[[User], Client],
) -> None:
    odd(lambda _fields: (400, {"error": NO_DATABASE}))
    [job] = wait_for_jobs(submit(ben))
    tile = render_to_string("create/cards.html#tile", {"job": job, "generation": job.generation})
    assert "The gateway cannot look up the key" in tile
    assert "size, quality and format" not in tile
    upstream, page = Upstream.objects.get(), client_of(ada)
    page.post(f"/settings/upstreams/{upstream.pk}/checks/")
    check = wait_until(lambda: upstream.checks.exclude(finished_at=None).first())
    shown = page.get(f"/settings/upstreams/{upstream.pk}/checks/{check.pk}/").content.decode()
    assert "It is accepted." not in shown


def test_a_check_finds_out_for_free_that_a_gateway_cannot_stream(
    runner: Runner, ada: User, odd: Callable[..., Odd], client_of: Callable[[User], Client]
) -> None:
    refusal = {"message": "Invalid 'prompt': empty string.", "param": "prompt", "type": "invalid_request_error"}
    odd(lambda fields: (502, {"error": UNREADABLE}) if fields.get("stream") else (400, {"error": refusal}))
    upstream, page = Upstream.objects.get(), client_of(ada)
    page.post(f"/settings/upstreams/{upstream.pk}/checks/")
    check = wait_until(lambda: upstream.checks.exclude(finished_at=None).first())
    shown = page.get(f"/settings/upstreams/{upstream.pk}/checks/{check.pk}/").content.decode()
    assert "A streamed request is answered with an error" in shown
    assert wait_until(lambda: Upstream.objects.get().facts.state("stream")) == "missing"
