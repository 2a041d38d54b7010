"""The free check: one request that nobody can draw from, made by the runner, and what its answer says.

`/v1/models` is never asked: many gateways leave gpt-image-2 out of it though it works, or list what they cannot do.
"""

import logging
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from studio.gateway import Endpoint, Gateway, Timeouts, errors
from studio.gateway.errors import GatewayError
from studio.images import MODELS, ImageRequest
from studio.upstreams.models import Check

from .. import trouble
from ..errors import KeyUnreadable, StudioFault, by_kind

log = logging.getLogger(__name__)

PATIENCE = Timeouts(connect=10, deadline=30, silence=30)
GOOD, BAD, UNKNOWN = "good", "bad", "unknown"

# ── Asking ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Question:
    """A check that was taken on, with all that asking needs."""

    check_id: int
    endpoint: Endpoint
    model: str


def take(*, now: datetime) -> list[Question]:
    """Take on what waits; a check of an upstream whose key cannot be opened is answered at once."""
    questions = []
    for check in Check.objects.waiting().select_related("upstream"):
        if not check.start(now=now):
            continue
        upstream = check.upstream
        if not upstream.has_readable_key:
            answer(check.pk, error=KeyUnreadable(), seconds=None, now=now)
            continue
        endpoint = Endpoint(
            base_url=upstream.base_url, api_key=upstream.api_key, is_private_allowed=upstream.is_private_allowed
        )
        questions.append(Question(check.pk, endpoint, model=(upstream.image_models or [MODELS[0].id])[0]))
    return questions


async def ask(question: Question, *, gateway: Gateway) -> tuple[GatewayError | None, float]:
    """Ask for no picture of nothing; return how that was refused (None: a picture came), and in how many seconds."""
    began = time.monotonic()
    # Three rules broken at once: whichever a gateway overlooks, the others keep it from drawing.
    impossible = ImageRequest(prompt="", n=0, model=question.model, size="16x16", quality="low")
    error: GatewayError | None = None
    with tempfile.TemporaryDirectory(prefix="easel-check-") as folder:
        try:
            await gateway.generate(
                endpoint=question.endpoint, request=impossible, body_path=Path(folder) / "reply", timeouts=PATIENCE
            )
        except GatewayError as refusal:
            error = refusal
        except Exception as fault:
            log.exception("check %s failed in the studio", question.check_id)
            error = StudioFault(repr(fault))
    return error, time.monotonic() - began


def answer(check_id: int, *, error: GatewayError | None, seconds: float | None, now: datetime) -> None:
    """Write down what came back. An upstream that refuses the key here would refuse it anywhere: it is switched off."""
    check = Check.objects.select_related("upstream").get(pk=check_id)
    facts = {"finished_at": now, "latency": seconds, **(facts_of(error) if error else {"status": 200})}
    with transaction.atomic():
        if not Check.objects.filter(pk=check_id, finished_at=None).update(**facts):
            return
        if error and trouble.is_fatal(error):
            trouble.note(check.upstream, error=error, now=now)
        elif is_reached(error):
            check.upstream.row.filter(cooling_reason__in=UNREACHED_KINDS).update(cooling_until=None, cooling_reason="")


def facts_of(error: GatewayError) -> dict[str, object]:
    return {
        "error_kind": error.kind,
        "error_detail": error.detail,
        "is_readable": error.is_explained,
        "status": error.status,
        "request_id": error.upstream_request_id or error.request_id or "",
    }


def is_reached(error: GatewayError | None) -> bool:
    return error is not None and not isinstance(error, (errors.NotSent, errors.OutcomeUnknown, StudioFault))


UNREACHED_KINDS = [kind.kind for kind in trouble.UNREACHED]

# ── Understanding ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Finding:
    """One line of a check's result."""

    about: str
    verdict: str  # GOOD | BAD | UNKNOWN
    sentence: str


def findings(check: Check) -> list[Finding]:
    """What a finished check says about the address, the key, the errors, and whether pictures can be had."""
    error = by_kind().get(check.error_kind, GatewayError)
    address, key = address_of(error, check), key_of(error, check)
    return [
        Finding(_("Address"), *address),
        Finding(_("Key"), *key),
        Finding(_("Errors"), *shape_of(error, check)),
        Finding(_("Pictures"), *pictures_of(error, check)),
    ]


type Said = tuple[str, str]
NOT_REACHED: tuple[type[GatewayError], ...] = (
    errors.NotSent,
    errors.Redirected,
    errors.RouteNotFound,
    errors.Challenged,
    errors.DeadlinePassed,
    KeyUnreadable,
    StudioFault,
)


def address_of(error: type[GatewayError], check: Check) -> Said:
    if issubclass(error, KeyUnreadable | StudioFault):
        return UNKNOWN, _("Nothing was sent.")
    if issubclass(error, NOT_REACHED):
        return BAD, _(error.sentence)
    if check.latency is None:
        return GOOD, _("It answers.")
    return GOOD, _("It answers, in %(seconds).1f s.") % {"seconds": max(check.latency, 0.1)}


def key_of(error: type[GatewayError], check: Check) -> Said:
    if issubclass(error, errors.KeyRefused | KeyUnreadable):
        return BAD, _(error.sentence)
    told_apart = (errors.RequestRefused, errors.ContentRefused, errors.AccessDenied, errors.QuotaSpent)
    accepted = (*told_apart, errors.CannotDraw, errors.ModelNotFound, errors.RateLimited, errors.WindowUsedUp)
    if issubclass(error, accepted) and not issubclass(error, errors.Challenged):
        return GOOD, _("It is accepted.")
    return UNKNOWN, _("The answer does not tell.")


def shape_of(error: type[GatewayError], check: Check) -> Said:
    if not check.error_kind:
        return BAD, _(
            "It drew a picture from an empty request, which should have been refused; that may have cost money."
        )
    if issubclass(error, NOT_REACHED):
        return UNKNOWN, _("There was none to look at.")
    if issubclass(error, errors.OutcomeUnknown | errors.Unavailable):
        return BAD, _("A request nobody can draw was not refused as such; failures here will be hard to tell apart.")
    if not check.is_readable:
        return BAD, _("It refuses without saying why; failures here will be hard to tell apart.")
    return GOOD, _("They can be told apart.")


def pictures_of(error: type[GatewayError], check: Check) -> Said:
    barred = (errors.AccessDenied, errors.CannotDraw, errors.ModelNotFound, errors.QuotaSpent)
    if issubclass(error, (*barred, errors.RateLimited, errors.WindowUsedUp)) and not issubclass(
        error, errors.Challenged
    ):
        return BAD, _(error.sentence)
    return UNKNOWN, _("Only a picture can tell. A proof draws a small one.")


def is_passed(check: Check) -> bool:
    return all(finding.verdict == GOOD for finding in findings(check)[:3])
