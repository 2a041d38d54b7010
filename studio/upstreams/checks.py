"""The free check: invalid requests, sent by the runner, and what their replies show.

The first asks for a picture. Where it is refused as it should be, one more goes to each capability that can be checked
so: streams, edits, the Responses API and image tasks.

`/v1/models` is not used: many gateways omit gpt-image-2 although it works, or list models they cannot serve.
"""

import logging
import re
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from studio.gateway import Endpoint, Gateway, Timeouts, errors
from studio.gateway.errors import GatewayError
from studio.gateway.studio_errors import KeyUnreadable, StudioFault, error_types_by_kind
from studio.images import MODELS, EditRequest, ImageRequest, ResponseRequest

from . import capabilities, health_effects
from .capabilities import ASYNC, EDIT, GENERATE, RESPOND, STREAM, Facts
from .health_effects import NO_STREAM
from .models import Check

log = logging.getLogger(__name__)

TIMEOUTS = Timeouts(connect=10, deadline=30, silence=30)
NO_MODEL = "no-such-model"
GOOD, BAD, UNKNOWN = "good", "bad", "unknown"

# ── Sending ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class ClaimedCheck:
    """A claimed check, with all that is needed to send it."""

    check_id: int
    endpoint: Endpoint
    model: str
    capabilities: tuple[str, ...] = ()  # besides that of generating


type Answers = dict[str, GatewayError | None]  # by capability; None where it did not refuse


def claim_checks(*, now: datetime) -> list[ClaimedCheck]:
    """Claim the waiting checks. Where a key cannot be decrypted, the result is recorded at once."""
    claimed = []
    for check in Check.objects.waiting().select_related("upstream"):
        if not check.start(now=now):
            continue
        upstream = check.upstream
        if not upstream.has_readable_key:
            record_result(check.pk, error=KeyUnreadable(), seconds=None, now=now)
            continue
        asked = (
            (STREAM, upstream.can_stream),
            (EDIT, True),
            (RESPOND, upstream.can_respond),
            (ASYNC, upstream.can_async),
        )
        claimed.append(
            ClaimedCheck(
                check.pk,
                upstream.endpoint,
                model=(upstream.image_models or [MODELS[0].id])[0],
                capabilities=tuple(name for name, is_asked in asked if is_asked),
            )
        )
    return claimed


async def send_check(check: ClaimedCheck, *, gateway: Gateway) -> tuple[Answers, float]:
    """Request no picture of nothing; return the answers and the seconds until the first one."""
    began = time.monotonic()
    answers: Answers = {GENERATE: await ask(check, GENERATE, gateway=gateway)}
    seconds = time.monotonic() - began
    if isinstance(answers[GENERATE], errors.RequestRefused):
        for name in check.capabilities:
            answers[name] = await ask(check, name, gateway=gateway)
    return answers, seconds


async def ask(check: ClaimedCheck, name: str, *, gateway: Gateway) -> GatewayError | None:
    """The answer to the impossible request that uses a capability; None where it was carried out."""
    with tempfile.TemporaryDirectory(prefix="easel-check-") as folder:
        options: dict[str, Any] = {"endpoint": check.endpoint, "body_path": Path(folder) / "reply"}
        try:
            await send_impossible(check.model, name, gateway=gateway, options=options | {"timeouts": TIMEOUTS})
        except GatewayError as refusal:
            return refusal
        except Exception as fault:
            log.exception("Check %s failed in the studio.", check.check_id)
            return StudioFault(repr(fault))
    return None


async def send_impossible(model: str, name: str, *, gateway: Gateway, options: dict[str, Any]) -> None:
    """Send a request that breaks three rules at once: where a gateway misses one, the others keep it from drawing."""
    impossible: dict[str, Any] = {"prompt": "", "n": 0, "model": model, "size": "16x16", "quality": "low"}
    if name == EDIT:
        await gateway.edit(request=EditRequest(**impossible, images=()), images=[], **options)
    elif name == RESPOND:
        tool = ImageRequest(**impossible)
        await gateway.respond(request=ResponseRequest(model=NO_MODEL, turns=(), tool=tool, stream=False), **options)
    elif name == STREAM:
        await gateway.generate(request=ImageRequest(**impossible, stream=True, partial_images=1), **options)
    else:
        on_task = ignore_task if name == ASYNC else None
        await gateway.generate(request=ImageRequest(**impossible), on_task=on_task, **options)


async def ignore_task(_task_id: str) -> None:
    """None is stored: the request cannot be carried out."""


def record_answers(check_id: int, answers: Answers, *, seconds: float | None, now: datetime) -> None:
    """Record the answers, and what they show of the upstream's capabilities."""
    columns = {name: answer_columns(error) for name, error in answers.items()}
    Check.objects.filter(pk=check_id).update(answers=columns)
    record_result(check_id, error=answers[GENERATE], seconds=seconds, now=now)
    upstream = Check.objects.select_related("upstream").get(pk=check_id).upstream
    with transaction.atomic():
        upstream.learn(lambda facts: learned(facts, answers, now=now))


def learned(facts: Facts, answers: Answers, *, now: datetime) -> Facts:
    """What the answers show: a missing route, an error instead of a stream, or that an earlier finding is over."""
    for name, error in answers.items():
        if name == GENERATE or error is None:
            continue
        why: dict[str, Any] = {"reason": error.kind, "detail": error.detail[:300], "now": now}
        if is_missing(name, error):
            facts = facts.missed(name, **why)
        elif name != STREAM and isinstance(error, SHOW_A_ROUTE):
            facts = facts.forgotten(name)
    return facts


def is_missing(name: str, error: GatewayError) -> bool:
    """Whether an answer shows that a capability is missing, where a plain request was refused as it should be."""
    if name == STREAM:
        return isinstance(error, NO_STREAM)
    return isinstance(error, errors.RouteNotFound | errors.TasksRefused)


# Refusals of the impossible request by something that has read it; the Responses API is asked for no real model.
SHOW_A_ROUTE = (errors.RequestRefused, errors.ModelNotFound)


def answer_columns(error: GatewayError | None) -> dict[str, Any]:
    if error is None:
        return {"kind": "", "status": 200}
    return {"kind": error.kind, "status": error.status, "param": error.param or "", "detail": error.detail[:300]}


def record_result(check_id: int, *, error: GatewayError | None, seconds: float | None, now: datetime) -> None:
    """Record the result. An upstream that refuses the key here would refuse it for any call, so it is switched off."""
    check = Check.objects.select_related("upstream").get(pk=check_id)
    facts = {"finished_at": now, "latency": seconds, **(columns_of(error) if error else {"status": 200})}
    with transaction.atomic():
        if not Check.objects.filter(pk=check_id, finished_at=None).update(**facts):
            return
        if error and health_effects.is_fatal(error):
            health_effects.record_error(check.upstream, error=error, now=now)
        elif is_reached(error):
            check.upstream.row.filter(pause_reason__in=UNREACHED_KINDS).update(paused_until=None, pause_reason="")


def columns_of(error: GatewayError) -> dict[str, object]:
    return {
        "error_kind": error.kind,
        "error_detail": error.detail,
        "is_readable": error.is_explained,
        "status": error.status,
        "request_id": error.upstream_request_id or error.request_id or "",
    }


def is_reached(error: GatewayError | None) -> bool:
    return error is not None and not isinstance(error, (errors.NotSent, errors.OutcomeUnknown, StudioFault))


UNREACHED_KINDS = [kind.kind for kind in health_effects.UNREACHED]

# ── Results ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Finding:
    """One line of a check's result."""

    about: str
    verdict: str  # GOOD | BAD | UNKNOWN
    sentence: str


def findings(check: Check) -> list[Finding]:
    """What a finished check shows about the address, the key, the errors and the pictures."""
    error = error_types_by_kind().get(check.error_kind, GatewayError)
    address, key = address_result(error, check), key_result(error, check)
    return [
        Finding(_("Address"), *address),
        Finding(_("Key"), *key),
        Finding(_("Errors"), *errors_result(error, check)),
        Finding(_("Pictures"), *pictures_result(error, check)),
    ]


type Result = tuple[str, str]
NOT_REACHED: tuple[type[GatewayError], ...] = (
    errors.NotSent,
    errors.Redirected,
    errors.RouteNotFound,
    errors.Challenged,
    errors.DeadlinePassed,
    KeyUnreadable,
    StudioFault,
)


def address_result(error: type[GatewayError], check: Check) -> Result:
    if issubclass(error, KeyUnreadable | StudioFault):
        return UNKNOWN, _("Nothing was sent.")
    if issubclass(error, NOT_REACHED):
        return BAD, _(error.sentence)
    if check.latency is None:
        return GOOD, _("It responds.")
    return GOOD, _("It responds, in %(seconds).1f s.") % {"seconds": max(check.latency, 0.1)}


def key_result(error: type[GatewayError], check: Check) -> Result:
    if issubclass(error, errors.KeyRefused | KeyUnreadable):
        return BAD, _(error.sentence)
    known = (errors.ContentRefused, errors.AccessDenied, errors.QuotaSpent, errors.CannotDraw, errors.WindowUsedUp)
    is_accepted = issubclass(error, (*known, errors.ModelNotFound)) and not issubclass(error, errors.Challenged)
    if is_accepted or (issubclass(error, errors.RequestRefused) and is_about_request(check)):
        return GOOD, _("It is accepted.")
    return UNKNOWN, _("The reply does not show.")


# What the impossible request is refused for. Anything else may have been said before the key was looked at.
ABOUT_REQUEST = re.compile(
    r"\b(prompt|size|width|height|pixels?|resolution|divisible|minimum|image_size|quality|n)\b|提示词|尺寸|图片大小",
    re.IGNORECASE,
)


def is_about_request(check: Check) -> bool:
    """Whether the gateway read the request before it refused it."""
    param = check.answers.get(GENERATE, {}).get("param") or ""
    return bool(ABOUT_REQUEST.search(param) or ABOUT_REQUEST.search(check.error_detail))


def errors_result(error: type[GatewayError], check: Check) -> Result:
    if not check.error_kind:
        return BAD, _(
            "It generated a picture from an empty request, which it should have refused. That may have cost money."
        )
    if issubclass(error, NOT_REACHED):
        return UNKNOWN, _("There was none to check.")
    if issubclass(error, errors.OutcomeUnknown | errors.Unavailable):
        return BAD, _("An invalid request was not refused as invalid. Failures here will be hard to tell apart.")
    if not check.is_readable:
        return BAD, _("It refuses without giving a reason. Failures here will be hard to tell apart.")
    return GOOD, _("They can be told apart.")


def pictures_result(error: type[GatewayError], check: Check) -> Result:
    barred = (errors.AccessDenied, errors.CannotDraw, errors.ModelNotFound, errors.QuotaSpent, errors.SetupFault)
    if issubclass(error, (*barred, errors.RateLimited, errors.WindowUsedUp)) and not issubclass(
        error, errors.Challenged
    ):
        return BAD, _(error.sentence)
    return UNKNOWN, _("Only a picture can show. A test picture generates a small one.")


# ── Capabilities ──


def capability_findings(check: Check) -> list[Finding]:
    """What a finished check shows about streams, edits, conversations and image tasks; empty where none was asked."""
    return [
        Finding(str(capabilities.LABELS[name]), *capability_result(name, answer))
        for name, answer in check.answers.items()
        if name != GENERATE
    ]


def capability_result(name: str, answer: dict[str, Any]) -> Result:
    error = error_types_by_kind().get(answer.get("kind", ""), GatewayError)
    if is_missing(name, error()):
        words = _("A streamed request is answered with an error, a plain one is not: pictures are requested plainly.")
        return BAD, words if name == STREAM else _("Not offered at this address.")
    if not issubclass(error, SHOW_A_ROUTE):
        return UNKNOWN, _("The reply does not show.")
    if name == STREAM:
        return UNKNOWN, _("Nothing speaks against it; only a picture can show.")
    return GOOD, _("Offered: it refuses an impossible request as it should.")
