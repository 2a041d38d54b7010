"""What the card of a failed job says and offers: a row of the catalogue, made out for this job and this person."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from studio.accounts.models import User
from studio.gateway.errors import GatewayError
from studio.images import ImageRequest
from studio.upstreams.models import Upstream

from . import catalogue, fallback, quotes
from .errors import by_kind
from .templatetags.words import clock

if TYPE_CHECKING:
    from .models import Attempt, Job

KNOWN_FOR = 5  # seconds that facts shared by many cards are kept
PREVIEWS_OFFERED = "2"
FALLBACK = "fallback"

LABELS = {
    catalogue.RETRY: gettext_lazy("Retry"),
    catalogue.EDIT: gettext_lazy("Edit the prompt"),
    catalogue.SIZE: gettext_lazy("Change the size"),
    catalogue.QUALITY: gettext_lazy("Lower the quality"),
    catalogue.PREVIEWS: gettext_lazy("Use previews"),
    catalogue.FORM: gettext_lazy("Change the settings"),
    catalogue.ELSEWHERE: gettext_lazy("Try another upstream"),
    catalogue.WAIT: gettext_lazy("Wait until %(time)s"),
    catalogue.KEYS: gettext_lazy("Make a key"),
    catalogue.ADMIN: gettext_lazy("Ask an admin"),
}
OPEN_UPSTREAMS = gettext_lazy("Open upstreams")


@dataclass(frozen=True)
class Action:
    """A button: a form that is posted, a link, or the composer filled in with `fields`."""

    name: str
    label: str
    url: str = ""
    is_post: bool = False
    is_primary: bool = False
    price: Decimal | None = None  # what it will probably cost, in USD
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def is_abroad(self) -> bool:
        """Whether it leaves the studio, for a tab of its own."""
        return self.url.startswith("http")


@dataclass(frozen=True)
class Failure:
    """What a card shows of a bad end: what happened, what it cost, what to do."""

    name: str  # of its row in the catalogue
    sentence: str
    charge: str
    charge_words: str
    actions: list[Action]
    detail: str = ""
    request_ids: list[tuple[str, str]] = field(default_factory=list)  # (label, id)


def failure_of(job: "Job", attempt: "Attempt | None") -> Failure:
    """The failure of a job that is over, or that asks whether something else is to be drawn."""
    row = row_of(job, attempt)
    charge = job.charge or job.Charge.NO
    return Failure(
        name=row.name,
        sentence=gettext(row.says),
        charge=charge,
        charge_words=str(job.Charge(charge).label),
        actions=actions_for(row, job, attempt),
        detail=attempt.error_detail if attempt else "",
        request_ids=request_ids(attempt) if attempt else [],
    )


def row_of(job: "Job", attempt: "Attempt | None") -> catalogue.Row:
    kind = by_kind().get(job.error_kind, GatewayError)
    if attempt is None or attempt.error_kind != job.error_kind:
        return catalogue.find(kind)
    return catalogue.find(
        kind,
        code=attempt.error_code,
        param=attempt.error_param,
        status=attempt.status,
        detail=attempt.error_detail,
    )


def request_ids(attempt: "Attempt") -> list[tuple[str, str]]:
    """Both sides' names for the call: the gateway's own, and that of the upstream behind it."""
    ids = [(gettext("Request id"), attempt.request_id), (gettext("Upstream's request id"), attempt.upstream_request_id)]
    return [(label, value) for label, value in ids if value]


# ── Buttons ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def actions_for(row: catalogue.Row, job: "Job", attempt: "Attempt | None") -> list[Action]:
    """The buttons in the order they are likely to help; what cannot be done here and now is left out."""
    offered = fallback.offer(job)
    names = [name for name in row.actions if not (offered and name in LESS)]
    made = [MAKERS[name](job, attempt) for name in names]
    first = [fallback_action(job, offered)] if offered else []
    return list(distinct([*first, *(action for action in made if action)]))


def distinct(actions: Iterable[Action]) -> Iterable[Action]:
    """Without a second button to the same place."""
    seen: set[tuple[str, str]] = set()
    for action in actions:
        place = (action.url, str(sorted(action.fields.items())))
        if place not in seen:
            seen.add(place)
            yield action


LESS = {catalogue.SIZE, catalogue.QUALITY}  # what the offer of a step down says better


def fallback_action(job: "Job", request: ImageRequest) -> Action:
    return Action(
        name=FALLBACK,
        label=offer_words(job, request),
        url=reverse("fallback", args=[job.pk]),
        is_post=True,
        is_primary=True,
        price=quotes.expected(job, request, now=timezone.now()),
    )


def offer_words(job: "Job", request: ImageRequest) -> str:
    """What a step down draws: "Draw at medium quality", "Draw 1536×864 and enlarge it"."""
    if str(request.size) == str(job.request().size):
        return gettext("Draw at %(quality)s quality") % {"quality": gettext(request.quality)}
    return gettext("Draw %(size)s and enlarge it") % {"size": str(request.size).replace("x", "×")}


def retry(job: "Job", _attempt: "Attempt | None") -> Action:
    return posted(catalogue.RETRY, job)


def elsewhere(job: "Job", attempt: "Attempt | None") -> Action | None:
    """The same wish, not where it failed: only while there is another upstream for it."""
    here = attempt.upstream_id if attempt else None
    others = [pk for pk in usable_upstreams() if pk != here]
    return posted(catalogue.ELSEWHERE, job, elsewhere="1") if others and here else None


def wait(job: "Job", attempt: "Attempt | None") -> Action | None:
    """The same wish, when the gateway said it may be asked again."""
    if attempt is None or attempt.retry_at is None or attempt.retry_at <= timezone.now():
        return None
    label = LABELS[catalogue.WAIT] % {"time": clock(attempt.retry_at)}
    return posted(catalogue.WAIT, job, label=label, wait="1")


def posted(name: str, job: "Job", *, label: object = None, **fields: str) -> Action:
    url = reverse("retry", args=[job.pk])
    return Action(name=name, label=str(label or LABELS[name]), url=url, is_post=True, fields=fields)


def filling(name: str, **changes: str) -> "Maker":
    """A button that fills the composer with the wish as it was, but for `changes`; an edit is changed in its editor."""

    def make(job: "Job", _attempt: "Attempt | None") -> Action | None:
        wish = job.generation
        if wish.mask_id:
            return Action(name=name, label=str(LABELS[name]), url=reverse("mask", args=[wish.source_id]))
        if wish.kind not in (wish.Kind.GENERATE, wish.Kind.EDIT):
            return None
        return Action(name=name, label=str(LABELS[name]), fields=as_typed(job) | changes)

    return make


def as_typed(job: "Job") -> dict[str, str]:
    """A wish as the composer's fields have it."""
    wish = job.generation
    names = ("prompt", "size", "quality", "output_format", "background", "moderation", "partial_images", "model", "n")
    compression = "" if wish.output_compression is None else str(wish.output_compression)
    references = " ".join(str(reference.picture_id) for reference in wish.references.all())
    fields = {name: str(getattr(wish, name)) for name in names}
    return fields | {"output_compression": compression, "references": references}


def lower_quality(job: "Job", attempt: "Attempt | None") -> Action | None:
    names = list(job.generation.request().factors)
    asked = names.index(job.generation.quality) if job.generation.quality in names else len(names)
    return filling(catalogue.QUALITY, quality=names[asked - 1])(job, attempt) if asked else None


def previews(job: "Job", attempt: "Attempt | None") -> Action | None:
    if job.generation.partial_images:
        return None
    return filling(catalogue.PREVIEWS, partial_images=PREVIEWS_OFFERED)(job, attempt)


def keys(job: "Job", attempt: "Attempt | None") -> Action | None:
    """The gateway's own page of keys, for those who may enter one."""
    upstream = attempt.upstream if attempt and job.owner.is_admin else None
    if upstream is None:
        return None
    parts = urlsplit(upstream.base_url)
    return Action(name=catalogue.KEYS, label=str(LABELS[catalogue.KEYS]), url=f"{parts.scheme}://{parts.netloc}/keys")


def admin(job: "Job", attempt: "Attempt | None") -> Action | None:
    """For an admin the upstreams; for everybody else a letter to the admins with all they need to know."""
    if job.owner.is_admin:
        return Action(name=catalogue.ADMIN, label=str(OPEN_UPSTREAMS), url=reverse("upstreams"))
    addresses = admin_addresses()
    if not addresses:
        return None
    letter = letter_about(job, attempt)
    url = f"mailto:{quote(','.join(addresses), safe='@,')}?subject={quote(letter[0])}&body={quote(letter[1])}"
    return Action(name=catalogue.ADMIN, label=str(LABELS[catalogue.ADMIN]), url=url)


def letter_about(job: "Job", attempt: "Attempt | None") -> tuple[str, str]:
    """Subject and text of a letter to the admins."""
    row = row_of(job, attempt)
    lines = [gettext(row.says), row.symptom]
    if attempt:
        lines += [f"{gettext('Upstream')}: {attempt.upstream_name}"]
        lines += [f"{label}: {value}" for label, value in request_ids(attempt)]
    lines.append(f"{settings.STUDIO_URL}{job.get_absolute_url()}")
    return gettext("Easel: job %(number)s failed") % {"number": job.pk}, "\n".join(lines)


type Maker = Callable[["Job", "Attempt | None"], Action | None]

MAKERS: dict[str, Maker] = {
    catalogue.RETRY: retry,
    catalogue.EDIT: filling(catalogue.EDIT, opens="prompt"),
    catalogue.SIZE: filling(catalogue.SIZE, opens="size-panel"),
    catalogue.QUALITY: lower_quality,
    catalogue.PREVIEWS: previews,
    catalogue.FORM: filling(catalogue.FORM, opens="advanced"),
    catalogue.ELSEWHERE: elsewhere,
    catalogue.WAIT: wait,
    catalogue.KEYS: keys,
    catalogue.ADMIN: admin,
}


def usable_upstreams() -> list[int]:
    """Their numbers, as of a moment ago."""
    return known("usable-upstreams", lambda: list(Upstream.objects.usable().values_list("pk", flat=True)))


def admin_addresses() -> list[str]:
    return known("admin-addresses", lambda: list(User.objects.admins().values_list("email", flat=True)))


def known[Fact](key: str, find: Callable[[], Fact]) -> Fact:
    """A fact that many cards share, looked up once in a while."""
    return cast("Fact", cache.get_or_set(key, find, KNOWN_FOR))


# ── On the page of errors ───────────────────────────────────────────────────────────────────────────────────────────

_EXAMPLE_ID = "4f1c0f6e-2d0b-4c57-9a35-6a1c5c0f7e21"


def specimen(row: catalogue.Row, *, is_admin: bool, at: datetime) -> Failure:
    """A row's card as it looks, with buttons that lead nowhere."""
    from .models import Job

    names = [name for name in row.actions if is_admin or name != catalogue.KEYS]
    return Failure(
        name=row.name,
        sentence=gettext(row.says),
        charge=row.charge,
        charge_words=str(Job.Charge(row.charge).label),
        actions=[Action(name=name, label=specimen_label(name, is_admin=is_admin, at=at)) for name in names],
        detail=row.symptom,
        request_ids=[(gettext("Request id"), _EXAMPLE_ID)],
    )


def specimen_label(name: str, *, is_admin: bool, at: datetime) -> str:
    if name == catalogue.WAIT:
        return str(LABELS[name]) % {"time": clock(at)}
    return str(OPEN_UPSTREAMS if name == catalogue.ADMIN and is_admin else LABELS[name])
