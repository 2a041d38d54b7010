"""The free check and the paid test picture, by the real runner at real gateways, and the health of upstreams."""

import html
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from studio.accounts.models import User
from studio.administration.templatetags.upstreams import percent
from studio.administration.test_pictures import TestPicture
from studio.generations.health import AttemptRow, CallStats, count_attempts, health_of
from studio.generations.models import Attempt, Generation, Job
from studio.ledger.models import Entry
from studio.library.models import Picture
from studio.upstreams.checks import BAD, GOOD, UNKNOWN, findings
from studio.upstreams.models import Alert, Check, Upstream
from studio.worker.runner import Runner
from tests.running import Submit, wait_for_jobs, wait_until
from tests.sandbox.conftest import Running

pytestmark = pytest.mark.usefixtures("transactional_db")

KEY = "sk-check-0123456789abcdef"


@pytest.fixture
def page(client_of: Callable[[User], Client], ada: User) -> Client:
    return client_of(ada)


def add_upstream(url: str, *, name: str = "Team A", api_key: str = KEY, **facts: Any) -> Upstream:
    facts = {"is_private_allowed": True, "is_enabled": True} | facts
    upstream = Upstream.objects.declare(name=name, base_url=url, api_key=api_key, is_private_allowed=True)
    Upstream.objects.filter(pk=upstream.pk).update(**facts)
    return Upstream.objects.get(pk=upstream.pk)


def run_check(page: Client, upstream: Upstream) -> Check:
    page.post(f"/settings/upstreams/{upstream.pk}/checks/")
    return wait_until(lambda: upstream.checks.exclude(finished_at=None).first())  # type: ignore[no-any-return]


def verdicts(check: Check) -> list[str]:
    return [finding.verdict for finding in findings(check)]


class FixedReply(BaseHTTPRequestHandler):
    """A server with the same reply to every call."""

    answer: tuple[int, str, bytes] = (200, "text/html", b"")
    location = ""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, content_type, body = self.answer
        self.send_response(status)
        if self.location:
            self.send_header("Location", self.location)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


@pytest.fixture
def fixed_reply() -> Iterator[Callable[..., str]]:
    servers = []

    def serve(status: int, body: str = "", content_type: str = "application/json", location: str = "") -> str:
        facts = {"answer": (status, content_type, body.encode()), "location": location}
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Answers", (FixedReply,), facts))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


# ── The free check ──


def test_a_good_upstream_passes_without_a_picture_and_without_a_cent(
    runner: Runner, page: Client, sandbox: Running
) -> None:
    upstream = add_upstream(sandbox.url)
    check = run_check(page, upstream)
    assert verdicts(check) == [GOOD, GOOD, GOOD, UNKNOWN]
    lines = sandbox.lines(key=upstream.key_fingerprint)
    assert {line["billed"] for line in lines} == {False}
    assert not Entry.objects.exists()


def test_a_refused_key_is_distinguished_from_a_wrong_address_and_switches_off(
    runner: Runner, page: Client, sandbox: Running
) -> None:
    upstream = add_upstream(sandbox.url, api_key="sk-invalid-0123456789")
    assert verdicts(run_check(page, upstream)) == [GOOD, BAD, GOOD, UNKNOWN]
    assert not Upstream.objects.usable().filter(pk=upstream.pk).exists()
    assert Alert.objects.open().get().reason == "key_refused"


def test_an_address_where_nobody_listens_is_found_out(runner: Runner, page: Client) -> None:
    assert verdicts(run_check(page, add_upstream("http://127.0.0.1:9"))) == [BAD, UNKNOWN, UNKNOWN, UNKNOWN]


def test_a_private_address_that_is_not_allowed_is_not_even_called(
    runner: Runner, page: Client, sandbox: Running
) -> None:
    upstream = add_upstream(sandbox.url, api_key="sk-never-sent-0123456789", is_private_allowed=False)
    check = run_check(page, upstream)
    assert (check.error_kind, verdicts(check)[0]) == ("address_refused", BAD)
    assert not sandbox.lines(key=upstream.key_fingerprint)


def test_a_key_that_cannot_be_opened_is_answered_at_once(
    runner: Runner, page: Client, sandbox: Running, settings: LazySettings
) -> None:
    upstream = add_upstream(sandbox.url)
    settings.SEAL_KEYS = [Fernet.generate_key().decode()]
    assert verdicts(run_check(page, upstream)) == [UNKNOWN, BAD, UNKNOWN, UNKNOWN]


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        ((200, "<html><title>Sign in</title></html>", "text/html"), [GOOD, UNKNOWN, BAD, UNKNOWN]),
        ((302, "", "text/html", "https://elsewhere.example.com/login"), [BAD, UNKNOWN, UNKNOWN, UNKNOWN]),
        ((404, "<html>nginx</html>", "text/html"), [BAD, UNKNOWN, UNKNOWN, UNKNOWN]),
        ((403, "<html><title>Just a moment</title></html>", "text/html"), [BAD, UNKNOWN, UNKNOWN, UNKNOWN]),
        ((400, "no", "text/plain"), [GOOD, UNKNOWN, BAD, UNKNOWN]),
        ((400, '{"error": "prompt required"}'), [GOOD, GOOD, GOOD, UNKNOWN]),
        ((422, '{"detail": [{"loc": ["body", "n"], "msg": "too small"}]}'), [GOOD, GOOD, GOOD, UNKNOWN]),
        ((502, '{"error": {"type": "upstream_error", "message": "Upstream request failed"}}'),
         [GOOD, UNKNOWN, BAD, UNKNOWN]),
        ((404, '{"error": {"code": "model_not_found", "message": "no"}}'), [GOOD, GOOD, GOOD, BAD]),
        ((403, '{"error": {"type": "permission_error", "message": "Image generation is not enabled for this group"}}'),
         [GOOD, GOOD, GOOD, BAD]),
        ((403, '{"code": "INSUFFICIENT_BALANCE", "message": "Insufficient account balance"}'), [GOOD, GOOD, GOOD, BAD]),
    ],
)  # fmt: skip
def test_every_other_kind_of_answer_is_understood(
    runner: Runner, page: Client, fixed_reply: Callable[..., str], answer: tuple[Any, ...], wanted: list[str]
) -> None:
    assert verdicts(run_check(page, add_upstream(fixed_reply(*answer)))) == wanted


# ── The paid test picture ──


def run_test_picture(page: Client, upstream: Upstream) -> Job:
    page.post(f"/settings/upstreams/{upstream.pk}/test-pictures/")
    job: Job = upstream.test_jobs.get()
    wait_for_jobs(job.generation)
    return Job.objects.get(pk=job.pk)


def test_a_test_picture_runs_at_its_upstream_even_if_that_is_off_and_is_booked_under_the_admin(
    runner: Runner, page: Client, ada: User, sandbox: Running
) -> None:
    upstream = add_upstream(sandbox.url, is_enabled=False, price_multiplier="0.5")
    job = run_test_picture(page, upstream)
    assert (job.state, job.attempts.get().upstream) == ("succeeded", upstream)
    settled = Entry.objects.get(verb="settle")
    assert (settled.person, settled.amount) == (ada, Picture.objects.get().price)
    assert 0 < settled.amount < 0.003
    shown = page.get(f"/settings/upstreams/{upstream.pk}/test-pictures/{job.pk}/").content.decode()
    assert "It matches the request." in shown
    assert Picture.objects.get().small_url in shown


def test_a_test_picture_that_fails_says_so_and_goes_nowhere_else(
    runner: Runner, page: Client, fixed_reply: Callable[..., str]
) -> None:
    upstream = add_upstream(
        fixed_reply(503, '{"error": {"type": "api_error", "message": "No available compatible accounts"}}')
    )
    job = run_test_picture(page, upstream)
    assert (job.state, job.charge, job.attempts.count()) == ("failed", "no", 1)
    shown = page.get(f"/settings/upstreams/{upstream.pk}/test-pictures/{job.pk}/").content.decode()
    assert TestPicture(job).sentence in html.unescape(shown)
    assert "not charged" in shown


def test_the_same_click_twice_is_one_test_picture(page: Client, upstream: Upstream) -> None:
    for _ in range(2):
        page.post(
            f"/settings/upstreams/{upstream.pk}/test-pictures/", {"token": "4f9c8c8e-8b1c-4b7a-9d3e-1a2b3c4d5e6f"}
        )
    assert upstream.test_jobs.count() == 1


def test_a_test_picture_is_no_card_of_the_feed(page: Client, upstream: Upstream, ada: User) -> None:
    page.post(f"/settings/upstreams/{upstream.pk}/test-pictures/")
    assert Generation.objects.get().kind == Generation.Kind.TEST
    assert "A paper boat" not in page.get("/").content.decode()


# ── Health ──


@pytest.mark.parametrize(
    ("share", "text"), [(None, "—"), (0.0, "0 %"), (1.0, "100 %"), (0.996, "99.6 %"), (0.004, "0.4 %"), (0.97, "97 %")]
)
def test_a_share_never_rounds_away_what_is_missing(share: float | None, text: str) -> None:
    assert percent(share) == text


NOW = timezone.now()


def row(outcome: str = "succeeded", *, days: float = 0.1, **facts: Any) -> AttemptRow:
    fields = {"error_kind": "", "is_as_requested": True, "latency": 10.0} | facts
    return AttemptRow(upstream_id=1, finished_at=NOW - timedelta(days=days), outcome=outcome, **fields)


def count_day(*rows: AttemptRow) -> CallStats:
    return count_attempts(rows, now=NOW)[0][1]


def test_fidelity_is_the_share_of_pictures_that_are_as_requested() -> None:
    found = count_day(row(), row(), row(is_as_requested=False), row("failed", error_kind="unavailable"))
    assert found.fidelity == pytest.approx(2 / 3)


def test_the_success_rate_leaves_out_failures_caused_by_the_request() -> None:
    found = count_day(row(), row("failed", error_kind="content_refused"), row("unknown", error_kind="connection_cut"))
    assert found.success == pytest.approx(1 / 2)


def test_429_counts_in_all_its_meanings() -> None:
    kinds = ["rate_limited", "window_used_up", "quota_spent", "key_blocked", "unavailable"]
    assert count_day(*(row("failed", error_kind=kind) for kind in kinds)).limited == pytest.approx(4 / 5)


def test_latencies_are_those_of_pictures() -> None:
    found = count_day(*(row(latency=float(seconds)) for seconds in range(1, 101)), row("failed", latency=900.0))
    assert (found.p50, found.p95) == (50, 95)


def test_a_day_is_a_part_of_the_week() -> None:
    days, weeks = count_attempts([row(), row(days=2), row("failed", days=6, error_kind="rate_limited")], now=NOW)
    assert (days[1].calls, weeks[1].calls) == (1, 3)


def test_rates_are_none_without_calls() -> None:
    empty = CallStats()
    assert (empty.fidelity, empty.success, empty.limited, empty.p50) == (None, None, None, None)


def test_the_health_page_tells_who_gives_less_than_was_asked_for(
    runner: Runner, page: Client, ben: User, submit: Submit, upstream: Upstream
) -> None:
    for prompt in ("A tower", "A bridge sandbox:downgraded", "A lamp sandbox:refused"):
        wait_for_jobs(submit(ben, prompt))
    Attempt.objects.filter(is_as_requested=True).update(finished_at=timezone.now() - timedelta(days=8))
    [upstream_health] = health_of([upstream], now=timezone.now())
    assert (
        upstream_health.week.calls,
        upstream_health.week.pictures,
        upstream_health.week.fidelity,
        upstream_health.week.success,
    ) == (2, 1, 0.0, 1.0)
    shown = page.get("/settings/health/").content.decode()
    assert upstream.name in shown
    assert "0 %" in shown
