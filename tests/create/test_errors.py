"""Every row of the error catalogue, from a gateway's real reply to the card a person sees."""

import asyncio
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.core.cache import cache
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from studio.accounts.models import User
from studio.create import failure_actions
from studio.gateway import Gateway, Limits, Received, errors
from studio.gateway.errors import GatewayError
from studio.gateway.studio_errors import (
    KeyUnreadable,
    NoRoom,
    ServerAway,
    StudioFault,
    WorkerDied,
    error_types_by_kind,
    with_subclasses,
)
from studio.generations import claims, error_catalogue
from studio.generations.claims import Call
from studio.generations.models import Attempt, Generation, Job
from studio.images import EditRequest, ImageFile, ImageRequest, Size
from studio.imaging.normalisation import normalise
from studio.library import inbox, uploads
from studio.upstreams.models import Upstream
from studio.worker import outcomes, sweep
from studio.worker.strategies import STRATEGIES
from studio.worker.strategy import Listeners
from tests.library.sample_pictures import saved, scene
from tests.sandbox.conftest import Running

pytestmark = pytest.mark.usefixtures("db")

KEY = "sk-test-0123456789abcdef"
SMALL = {"size": Size(1024, 640), "quality": "low", "output_format": "jpeg"}


@dataclass(frozen=True)
class Case:
    """A fault of the sandbox, and what its card must say and offer."""

    row: str
    fault: str
    sentence: str
    charge: str
    buttons: tuple[str, ...]  # in this order, among others
    fields: dict[str, Any] = field(default_factory=dict)
    address: str = ""  # of the upstream, where that is what is wrong
    is_edit: bool = False
    is_waiting: bool = False

    def __str__(self) -> str:
        return self.row


NO, MAYBE, WASTED, PAID = "not charged", "may have been charged", "charged, no picture", "charged"
ADMIN, ELSEWHERE, RETRY = "Ask an admin", "Try another upstream", "Retry"
HIGH = {"quality": "high"}
STREAM = {"stream": True, "partial_images": 1}

CASES = [
    # Keys.
    Case("key-disabled", "disabled-key", "The gateway's key has been switched off.", NO, (ADMIN, ELSEWHERE)),
    Case("key-expired", "expired-key", "The gateway's key has expired.", NO, (ADMIN, ELSEWHERE)),
    Case("key-blocked", "429-auth", "The gateway has had too many wrong keys from here", NO, (ADMIN, ELSEWHERE)),
    Case("key-refused", "bad-key", "The gateway did not accept the key.", NO, (ADMIN, ELSEWHERE, RETRY)),
    # Limits and moments.
    Case("window-used-up", "429-usage", "paused until", NO, ("Cancel",), is_waiting=True),
    Case("window-used-up", "429-week", "has reached its usage limit", NO, ("Wait until", ELSEWHERE)),
    Case("rate-limited", "429", "paused until", NO, ("Cancel",), is_waiting=True),
    Case("no-account-free", "503", "No account behind the gateway is free right now.", NO, (RETRY, ELSEWHERE)),
    Case("upstream-failed", "502", "The gateway has a problem right now.", NO, (RETRY, "Change the size", ELSEWHERE)),
    # The request itself.
    Case("content-refused", "refused", "The safety system stopped this request.", NO, ("Edit the prompt", RETRY)),
    Case("content-refused", "refused-audit", "The safety system stopped this request.", NO, ("Edit the prompt",)),
    Case("parameter-refused", "unknown-size", "does not know one of the settings", NO, ("Change the settings",)),
    Case("request-too-large", "413", "are too large for the gateway", NO, ("Change the settings", ELSEWHERE)),
    Case("image-field-refused", "images-lost", "did not find the pictures", NO, (ELSEWHERE, ADMIN), is_edit=True),
    Case("size-refused", "detail", "The gateway does not draw this size.", NO, ("Change the size", RETRY)),
    Case(
        "quality-refused",
        "bad-quality",
        "does not draw at this quality",
        NO,
        ("Lower the quality",),
        {"quality": "high"},
    ),
    Case("background-refused", "bad-background", "does not draw this background", NO, ("Change the settings", RETRY)),
    Case("request-refused", "string-error", "cannot generate this picture", NO, ("Change the settings",)),
    # The outcome is unknown.
    Case("took-too-long", "timeout", "The gateway took too long.", MAYBE, ("Use previews", "Change the size", RETRY)),
    Case("ran-out-of-budget", "502-incomplete", "too much for the gateway's limit", MAYBE, ("Change the size", RETRY)),
    Case("proxy-timeout", "504-html", "did not wait for the picture", MAYBE, ("Use previews", "Change the size")),
    Case("proxy-timeout", "524", "did not wait for the picture", MAYBE, ("Use previews", "Change the size")),
    Case(
        "late-failure", "500", "failed while the picture was being made", MAYBE, (RETRY, "Change the size", ELSEWHERE)
    ),
    Case("stream-silent", "silent", "stopped answering in the middle", MAYBE, (RETRY, "Change the size"), STREAM),
    Case("connection-cut", "cut", "The connection broke before the picture", MAYBE, ("Use previews", RETRY, ELSEWHERE)),
    Case("reply-unreadable", "html-200", "sent something that is not a picture", MAYBE, (ADMIN, ELSEWHERE, RETRY)),
    Case("picture-out-of-reach", "url-private", "could not be fetched", WASTED, (ADMIN, ELSEWHERE, RETRY)),
    Case("picture-unreadable", "bad-b64", "The picture arrived damaged.", WASTED, (RETRY, ELSEWHERE)),
    Case(
        "no-picture", "empty-data", "finished without sending a picture", WASTED, ("Edit the prompt", "Change the size")
    ),
    # Accounts and addresses.
    Case("challenged", "challenge", "A web page for people answered", NO, (ADMIN, ELSEWHERE)),
    Case("unverified", "forbidden", "must be verified before it may make pictures", NO, (ADMIN, ELSEWHERE)),
    Case("address-not-allowed", "denied-address", "does not take calls from this studio", NO, (ADMIN, ELSEWHERE)),
    Case("subscription", "subscription", "The subscription behind the gateway's key", NO, (ADMIN, ELSEWHERE)),
    Case("group", "group-off", "The group of accounts behind the gateway's key", NO, (ADMIN, ELSEWHERE)),
    Case("access-denied", "denied", "does not allow this key to make pictures", NO, (ADMIN, ELSEWHERE)),
    Case("no-money", "balance", "The balance at the gateway is used up.", NO, (ADMIN, ELSEWHERE)),
    Case("quota-spent", "429-quota", "The quota at the gateway is used up.", NO, (ADMIN, ELSEWHERE)),
    Case("cannot-draw", "group-disabled", "cannot make pictures", NO, (ELSEWHERE, ADMIN)),
    Case("cannot-draw", "no-tool", "cannot make pictures", NO, (ELSEWHERE, ADMIN)),
    Case("model-not-found", "no-model", "does not offer this model", NO, (ELSEWHERE, "Change the settings", ADMIN)),
    Case("route-not-found", "404", "does not make pictures at this address", NO, (ADMIN, ELSEWHERE)),
    Case("redirected", "redirect", "leads on to another page", NO, (ADMIN, ELSEWHERE)),
    # No connection.
    Case("name-not-found", "", "address could not be found", NO, (ADMIN, ELSEWHERE), address="http://nowhere.invalid"),
    Case("tls-failed", "", "certificate could not be trusted", NO, (ADMIN, ELSEWHERE), address="https"),
    Case("address-refused", "", "lies in a private network", NO, (ADMIN, ELSEWHERE), address="private"),
    Case("not-sent", "", "could not be reached", NO, (RETRY, ELSEWHERE, ADMIN), address="http://127.0.0.1:9"),
    # The studio itself.
    Case("picture-broken", "truncated", "The picture arrived, but it cannot be shown here.", PAID, (RETRY, ELSEWHERE)),
]

# Errors that no reply of a gateway causes; they are raised and tested elsewhere.
NO_REPLY: dict[str, GatewayError] = {
    "key-unreadable": KeyUnreadable(),
    "upload-cut": errors.UploadCut(),
    "reply-too-large": errors.ReplyTooLarge(),
    "outcome-unknown": errors.OutcomeUnknown(),
    "setup-fault": errors.SetupFault(),
    # The second refusal: after the first the picture is requested without a task.
    "tasks-refused": errors.TasksRefused(),
    "worker-died": WorkerDied(),
    "no-room": NoRoom(),
    "disk-full": errors.StorageFull(),
    "storage-failed": errors.StorageFailed(),
    "server-away": ServerAway(),
    "studio-fault": StudioFault(),
    "anything-else": GatewayError(),
}
# Refused before any call, by the second check or by an admin, or errors of conversations only:
# tested in test_moderation.py, test_approvals.py, test_conversations.py and test_missing_files.py.
NOT_HERE = {
    "no-key-database",
    "waited-too-long",
    "prompt-refused",
    "check-out-of-reach",
    "declined",
    "file-missing",
    "drawing-declined",
    "reply-forgotten",
}


class FailingGeneration:
    """A generation of Ben's, run step by step with a clock of its own until it ends."""

    def __init__(self, case: Case, ben: User) -> None:
        self.now, self.worker, self.fault = timezone.now(), sweep.register(home="tests"), case.fault
        prompt = f"A harbour {uuid.uuid4()} " + (f"sandbox:{case.fault}" if case.fault else "")
        fields = {"prompt": prompt, **SMALL, **case.fields}
        references = [uploads.store_picture(normalise(saved(scene((400, 300)))), owner=ben)] if case.is_edit else []
        sent = tuple(ImageFile(format="png", byte_count=one.byte_count, width=400, height=300) for one in references)
        request = EditRequest(images=sent, **fields) if sent else ImageRequest(**fields)
        self.generation = Generation.objects.submit(
            owner=ben, request=request, token=uuid.uuid4(), now=self.now, references=references
        )

    def run(self) -> Job:
        for _ in range(12):
            if calls := claims.claim_batch(worker=self.worker, now=self.now):
                self.run_call(calls[0])
            job = Job.objects.for_tiles().get(generation=self.generation)
            if job.state != Job.State.QUEUED or job.waiting_for == Job.WaitingFor.COOLDOWN:
                return job
            self.now += timedelta(minutes=10)
        raise AssertionError("it is still being tried")

    def run_call(self, call: Call) -> None:
        prepared = STRATEGIES[call.kind].prepare(call)
        try:
            received = asyncio.run(answer(call, prepared, self.fault))
            inbox.copy_to_remote(call.attempt_id)
            outcomes.complete(call.attempt_id, received=received, now=self.now)
        except GatewayError as error:
            outcomes.fail(call.attempt_id, error=error, now=self.now, jitter=0.5)
        finally:
            inbox.remove(call.attempt_id)


async def answer(call: Call, prepared: Any, fault: str) -> Received:
    # Short limits only for the faults that never answer: on a busy machine all others may be slow.
    limits = Limits(standard=1.5 if fault == "timeout" else 20, large=20, silence=0.7 if fault == "silent" else 20)

    def nothing(*_args: Any) -> None:
        return None

    async def nothing_later(*_args: Any) -> None:
        return None

    listeners = Listeners(on_sent=nothing, on_partial=nothing_later, on_text=nothing_later, on_task=nothing_later)
    async with Gateway() as gateway:
        return await STRATEGIES[call.kind].call(gateway, replace(call, limits=limits), prepared, listeners)


@pytest.fixture
def upstream(sandbox: Running) -> Callable[[Case], Upstream]:
    def declare(case: Case) -> Upstream:
        address = {"": sandbox.url, "https": sandbox.url.replace("http:", "https:"), "private": sandbox.url}
        return Upstream.objects.declare(
            name="north",
            base_url=address.get(case.address, case.address),
            api_key=KEY,
            is_private_allowed=case.address != "private",
        )

    return declare


def card(job: Job) -> str:
    """A job's tile as its owner sees it, in a studio with a second upstream."""
    Upstream.objects.declare(name="south", base_url="http://127.0.0.1:9", api_key=KEY)
    cache.clear()
    html = render_to_string("create/cards.html#tile", {"job": job, "generation": job.generation})
    return re.sub(r"\s+", " ", html)


def labels(html: str) -> list[str]:
    found = re.findall(r'<(?:button|a) class="button button-small[^>]*>\s*(?:<svg.*?</svg>)?([^<]+)<', html)
    return [label.strip() for label in found if label.strip() != "Copy"]


def check_buttons(html: str, wanted: tuple[str, ...]) -> None:
    """Assert that these buttons are there, in this order."""
    found = labels(html)
    positions = [next((at for at, label in enumerate(found) if label.startswith(name)), None) for name in wanted]
    assert None not in positions, (wanted, found)
    assert positions == sorted(positions, key=lambda at: at or 0), (wanted, found)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.row}:{case.fault}")
def test_a_real_reply_becomes_the_card_of_its_row(
    case: Case, upstream: Callable[[Case], Upstream], ada: User, ben: User
) -> None:
    upstream(case)
    job = FailingGeneration(case, ben).run()
    attempt = job.attempts.last()
    assert attempt
    row = error_catalogue.find(
        type(error_types_by_kind()[attempt.error_kind]()),
        code=attempt.error_code,
        param=attempt.error_param,
        status=attempt.status,
        detail=attempt.error_detail,
    )
    assert row.name == case.row
    # A row cannot know what a reply tells of its cost.
    assert row.charge == ("no" if case.charge == NO else "maybe")
    assert (job.charge or "no") == {NO: "no", MAYBE: "maybe"}.get(case.charge, "yes")
    if case.is_waiting:
        job.not_before = timezone.now() + timedelta(minutes=5)  # the gateway names seconds, a slow machine takes longer
    html = card(job)
    assert escape(case.sentence) in html
    check_buttons(html, case.buttons)
    if case.is_waiting:
        assert row.is_waited_out
        return
    assert case.charge in html
    assert f'href="/help/errors/#{case.row}"' in html
    for request_id in filter(None, (attempt.request_id, attempt.upstream_request_id)):
        assert f'data-text="{request_id}"' in html
    assert KEY not in html
    if ADMIN in case.buttons:
        assert "mailto:ada@example.com?subject=" in html


@pytest.mark.parametrize("name", NO_REPLY)
def test_what_no_reply_brings_about_has_its_card_too(name: str, ada: User, ben: User) -> None:
    Upstream.objects.declare(name="north", base_url="http://127.0.0.1:9", api_key=KEY)
    failing = FailingGeneration(Case(name, "", "", "", ()), ben)
    [call] = claims.claim_batch(worker=failing.worker, now=failing.now)
    error, job = NO_REPLY[name], Job.objects.get()
    for _ in range(3):
        outcomes.fail(call.attempt_id, error=error, now=failing.now, jitter=0)
        job = Job.objects.for_tiles().get(pk=job.pk)
        if job.state == Job.State.FAILED:
            break
        failing.now += timedelta(minutes=10)
        [call] = claims.claim_batch(worker=failing.worker, now=failing.now)
    row = error_catalogue.find(type(error))
    html = card(job)
    assert row.name == name
    assert (job.state, job.charge) == ("failed", row.charge)
    assert escape(row.message) in html
    assert RETRY in labels(html)


def test_every_row_of_the_catalogue_is_tested_here() -> None:
    proved = {case.row for case in CASES} | NO_REPLY.keys() | NOT_HERE
    assert proved == {row.name for row in error_catalogue.ROWS}
    assert len({row.name for row in error_catalogue.ROWS}) == len(error_catalogue.ROWS)


@pytest.mark.parametrize("kind", with_subclasses(GatewayError))
def test_every_error_there_is_has_a_row(kind: type[GatewayError]) -> None:
    row = error_catalogue.find(kind)
    assert issubclass(kind, row.error)
    assert row.charge == ("maybe" if kind.maybe_billed else "no")


def test_a_refused_key_leads_an_admin_to_the_gateways_keys(
    upstream: Callable[[Case], Upstream], sandbox: Running, ada: User
) -> None:
    case = Case("key-refused", "bad-key", "", NO, ())
    upstream(case)
    html = card(FailingGeneration(case, ada).run())
    assert f'href="{sandbox.url.removesuffix("/v1")}/keys"' in html
    check_buttons(html, ("Create a key", "Open upstreams", ELSEWHERE, RETRY))


def test_another_upstream_is_offered_only_where_there_is_one(upstream: Callable[[Case], Upstream], ben: User) -> None:
    case = Case("no-tool", "no-tool", "", NO, ())
    upstream(case)
    job = FailingGeneration(case, ben).run()
    assert ELSEWHERE not in [action.label for action in failure_actions.failure_of(job, job.attempts.last()).actions]


def test_trying_another_upstream_sends_it_there(
    upstream: Callable[[Case], Upstream], ben: User, client_of: Callable[[User], Client]
) -> None:
    case = Case("late-failure", "500", "", MAYBE, ())
    north = upstream(case)
    job = FailingGeneration(case, ben).run()
    south = Upstream.objects.declare(name="south", base_url="http://127.0.0.1:9", api_key=KEY, priority=-9)
    client_of(ben).post(f"/jobs/{job.pk}/retry/", {"elsewhere": "1"})
    job.refresh_from_db()
    assert (job.state, job.round, job.avoided) == ("queued", 2, [north.pk])
    [call] = claims.claim_batch(worker=sweep.register(home="tests"), now=timezone.now())
    assert Attempt.objects.get(pk=call.attempt_id).upstream == south


def test_waiting_retries_at_the_gateways_retry_time(
    upstream: Callable[[Case], Upstream], ben: User, client_of: Callable[[User], Client]
) -> None:
    case = Case("window-used-up", "429-week", "", NO, ())
    upstream(case)
    job = FailingGeneration(case, ben).run()
    client_of(ben).post(f"/jobs/{job.pk}/retry/", {"wait": "1"})
    job.refresh_from_db()
    assert (job.state, job.waiting_for) == ("queued", "cooldown")
    assert job.not_before
    assert timedelta(days=2) < job.not_before - timezone.now() < timedelta(days=4)


def test_the_mail_to_the_admins_identifies_the_call(upstream: Callable[[Case], Upstream], ada: User, ben: User) -> None:
    case = Case("unverified", "forbidden", "", NO, ())
    upstream(case)
    job = FailingGeneration(case, ben).run()
    attempt = job.attempts.get()
    subject, text = failure_actions.admin_mail(job, attempt)
    assert str(job.pk) in subject
    assert attempt.request_id in text
    assert f"/jobs/{job.pk}/" in text
    assert job.generation.prompt not in text


def test_an_error_detail_is_stored_without_secrets(upstream: Callable[[Case], Upstream], ben: User) -> None:
    case = Case("upstream-failed", "502-leak", "", NO, ())
    upstream(case)
    html = card(FailingGeneration(case, ben).run())
    assert "[hidden]" in html
    assert not re.search(r"sk-leaked|ops@example|iVBORw0KGgo", html)


def test_the_page_shows_every_row_with_its_card(ben: User, client_of: Callable[[User], Client]) -> None:
    html = client_of(ben).get("/help/errors/").content.decode()
    for row in error_catalogue.ROWS:
        assert f'id="{row.name}"' in html
        assert escape(row.message) in html
    assert "Create a key" not in html
    assert "/v1/models" in html


def test_an_admin_sees_what_admins_can_do(ada: User, client_of: Callable[[User], Client]) -> None:
    html = client_of(ada).get("/help/errors/").content.decode()
    assert "Create a key" in html
    assert "Ask an admin" not in html


def test_the_list_of_models_says_nothing_about_pictures(
    sandbox: Running, upstream: Callable[[Case], Upstream], ben: User
) -> None:
    """The guide's last row: `/v1/models` does not show gpt-image-2, and a picture comes all the same."""
    listed = httpx.get(f"{sandbox.url}/models", headers={"Authorization": f"Bearer {KEY}"}).json()
    assert "gpt-image-2" not in {model["id"] for model in listed["data"]}
    case = Case("", "", "", "", ())
    upstream(case)
    assert FailingGeneration(case, ben).run().state == "succeeded"
