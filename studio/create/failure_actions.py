"""The card of a failed job: a row of the error catalogue, with the actions that are possible for this job."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import cast
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from studio.accounts.models import User
from studio.gateway.studio_errors import PictureBroken
from studio.generations import error_catalogue, quotes
from studio.generations.models import Attempt, Job, KeptReply, Kind
from studio.images import ImageRequest
from studio.upstreams.models import Upstream
from studio.web.templatetags.formatting import clock

CACHE_SECONDS = 5  # for values that many cards share
PREVIEWS_OFFERED = "2"
FALLBACK = "fallback"

LABELS = {
    error_catalogue.RETRY: gettext_lazy("Retry"),
    error_catalogue.EDIT: gettext_lazy("Edit the prompt"),
    error_catalogue.SIZE: gettext_lazy("Change the size"),
    error_catalogue.QUALITY: gettext_lazy("Lower the quality"),
    error_catalogue.PREVIEWS: gettext_lazy("Use previews"),
    error_catalogue.FORM: gettext_lazy("Change the settings"),
    error_catalogue.ELSEWHERE: gettext_lazy("Try another upstream"),
    error_catalogue.WAIT: gettext_lazy("Wait until %(time)s"),
    error_catalogue.KEYS: gettext_lazy("Create a key"),
    error_catalogue.ADMIN: gettext_lazy("Ask an admin"),
}
DOWNLOAD, REREAD = "download", "reread"
KEPT_LABELS = {DOWNLOAD: gettext_lazy("Download what came"), REREAD: gettext_lazy("Read it again")}
OPEN_UPSTREAMS = gettext_lazy("Open upstreams")


@dataclass(frozen=True)
class Action:
    """A button: a form to post, a link, or the composer filled with `fields`."""

    name: str
    label: str
    url: str = ""
    is_post: bool = False
    is_primary: bool = False
    price: Decimal | None = None  # what it will probably cost, in USD
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def is_external(self) -> bool:
        """Whether it leaves the studio, and so opens a new tab."""
        return self.url.startswith("http")


@dataclass(frozen=True)
class Failure:
    """What a card shows of a failure: what happened, what it cost, what to do."""

    name: str  # of its row in the catalogue
    sentence: str
    charge: str
    charge_label: str
    actions: list[Action]
    detail: str = ""
    request_ids: list[tuple[str, str]] = field(default_factory=list)  # (label, id)
    kept: KeptReply | None = None  # what came without a picture that can be shown


def failure_of(job: Job, attempt: Attempt | None) -> Failure:
    """The failure of a job that has failed or that offers a fallback step."""
    row = error_catalogue.row_for(job, attempt)
    charge = job.charge or job.Charge.NO
    kept = kept_reply_of(job)
    return Failure(
        name=row.name,
        sentence=gettext(row.message),
        charge=charge,
        charge_label=charge_label(job, charge),
        actions=[*kept_actions(job, kept), *actions_for(row, job, attempt)],
        detail=attempt.error_detail if attempt else "",
        request_ids=request_ids(attempt) if attempt else [],
        kept=kept,
    )


def charge_label(job: Job, charge: str) -> str:
    """What it cost; that it was charged for nothing at all is said."""
    if charge == job.Charge.YES and job.error_kind != PictureBroken.kind:
        return gettext("charged, no picture")
    return str(job.Charge(charge).label)


def kept_reply_of(job: Job) -> KeptReply | None:
    """The latest reply of a job that is kept for its owner."""
    kept = [attempt.kept_reply for attempt in job.attempts.all() if hasattr(attempt, "kept_reply")]
    return max(kept, key=lambda reply: reply.pk, default=None)


def kept_actions(job: Job, kept: KeptReply | None) -> list[Action]:
    """What a person can do with what came: it is theirs, whether it can be shown or not."""
    if kept is None:
        return []
    download = Action(name=DOWNLOAD, label=str(KEPT_LABELS[DOWNLOAD]), url=kept.download_url)
    if not kept.can_be_reread or kept.reread_at:
        return [download]
    url = reverse("rereading", args=[job.pk])
    return [download, Action(name=REREAD, label=str(KEPT_LABELS[REREAD]), url=url, is_post=True)]


def request_ids(attempt: Attempt) -> list[tuple[str, str]]:
    """What the gateway named itself: its answer's status and code, its own id of the call, and that behind it."""
    answer = " ".join(str(value) for value in (attempt.status, attempt.error_code) if value)
    ids = [
        (gettext("Answer"), answer if attempt.error_kind else ""),
        (gettext("Request id"), attempt.request_id),
        (gettext("Upstream's request id"), attempt.upstream_request_id),
    ]
    return [(label, value) for label, value in ids if value]


type ActionBuilder = Callable[[Job, Attempt | None], Action | None]

# ── Buttons ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def actions_for(row: error_catalogue.Row, job: Job, attempt: Attempt | None) -> list[Action]:
    """The possible actions, the most helpful first."""
    fallback_request = job.fallback_offer
    names = [name for name in row.actions if not (fallback_request and name in REPLACED_BY_FALLBACK)]
    built = [ACTION_BUILDERS[name](job, attempt) for name in names]
    first = [fallback_action(job, fallback_request)] if fallback_request else []
    return list(distinct([*first, *(action for action in built if action)]))


def distinct(actions: Iterable[Action]) -> Iterable[Action]:
    """Leave out actions that do the same as an earlier one."""
    seen: set[tuple[str, str]] = set()
    for action in actions:
        place = (action.url, str(sorted(action.fields.items())))
        if place not in seen:
            seen.add(place)
            yield action


REPLACED_BY_FALLBACK = {error_catalogue.SIZE, error_catalogue.QUALITY}  # a fallback step does the same, better


def fallback_action(job: Job, request: ImageRequest) -> Action:
    return Action(
        name=FALLBACK,
        label=fallback_label(job, request),
        url=reverse("fallback", args=[job.pk]),
        is_post=True,
        is_primary=True,
        price=quotes.expected_price(job.pricing_inputs, request, now=timezone.now()),
    )


def fallback_label(job: Job, request: ImageRequest) -> str:
    """Such as "Generate at medium quality" or "Generate 1536×864 and upscale it"."""
    if str(request.size) == str(job.request.size):
        return gettext("Generate at %(quality)s quality") % {"quality": gettext(request.quality)}
    return gettext("Generate %(size)s and upscale it") % {"size": str(request.size).replace("x", "×")}


def retry_action(job: Job, _attempt: Attempt | None) -> Action:
    return post_action(error_catalogue.RETRY, job)


def elsewhere_action(job: Job, attempt: Attempt | None) -> Action | None:
    """Retry at another upstream, if there is one."""
    here = attempt.upstream_id if attempt else None
    others = [pk for pk in usable_upstreams() if pk != here]
    return post_action(error_catalogue.ELSEWHERE, job, elsewhere="1") if others and here else None


def wait_action(job: Job, attempt: Attempt | None) -> Action | None:
    """Retry at the time the gateway named, if that is still to come."""
    if attempt is None or attempt.retry_at is None or attempt.retry_at <= timezone.now():
        return None
    label = LABELS[error_catalogue.WAIT] % {"time": clock(attempt.retry_at)}
    return post_action(error_catalogue.WAIT, job, label=label, wait="1")


def post_action(name: str, job: Job, *, label: object = None, **fields: str) -> Action:
    url = reverse("retry", args=[job.pk])
    return Action(name=name, label=str(label or LABELS[name]), url=url, is_post=True, fields=fields)


def prefill_action(name: str, **changes: str) -> ActionBuilder:
    """An action that fills the composer with the request and `changes`; an edit is changed in the mask editor."""

    def build(job: Job, _attempt: Attempt | None) -> Action | None:
        generation = job.generation
        if generation.mask_id:
            return Action(name=name, label=str(LABELS[name]), url=reverse("mask", args=[generation.source_id]))
        if generation.kind not in (Kind.GENERATE, Kind.EDIT):
            return None
        return Action(name=name, label=str(LABELS[name]), fields=composer_fields(job) | changes)

    return build


def composer_fields(job: Job) -> dict[str, str]:
    """The job's request as values of the composer's fields."""
    request = job.generation.request
    names = ("prompt", "size", "quality", "output_format", "background", "moderation", "partial_images", "model", "n")
    compression = "" if request.output_compression is None else str(request.output_compression)
    references = " ".join(str(reference.picture_id) for reference in job.generation.references.all())
    fields = {name: str(getattr(request, name)) for name in names}
    return fields | {"output_compression": compression, "references": references}


def lower_quality_action(job: Job, attempt: Attempt | None) -> Action | None:
    names = list(job.generation.request.factors)
    index = names.index(job.generation.request.quality) if job.generation.request.quality in names else len(names)
    return prefill_action(error_catalogue.QUALITY, quality=names[index - 1])(job, attempt) if index else None


def previews_action(job: Job, attempt: Attempt | None) -> Action | None:
    if job.generation.request.partial_images:
        return None
    return prefill_action(error_catalogue.PREVIEWS, partial_images=PREVIEWS_OFFERED)(job, attempt)


def keys_action(job: Job, attempt: Attempt | None) -> Action | None:
    """A link to the gateway's page of keys, for admins."""
    upstream = attempt.upstream if attempt and job.owner.is_admin else None
    if upstream is None:
        return None
    parts = urlsplit(upstream.base_url)
    return Action(
        name=error_catalogue.KEYS, label=str(LABELS[error_catalogue.KEYS]), url=f"{parts.scheme}://{parts.netloc}/keys"
    )


def admin_action(job: Job, attempt: Attempt | None) -> Action | None:
    """For an admin a link to the upstreams; for everybody else a prepared mail to the admins."""
    if job.owner.is_admin:
        return Action(name=error_catalogue.ADMIN, label=str(OPEN_UPSTREAMS), url=reverse("upstreams"))
    addresses = admin_addresses()
    if not addresses:
        return None
    mail = admin_mail(job, attempt)
    url = f"mailto:{quote(','.join(addresses), safe='@,')}?subject={quote(mail[0])}&body={quote(mail[1])}"
    return Action(name=error_catalogue.ADMIN, label=str(LABELS[error_catalogue.ADMIN]), url=url)


def admin_mail(job: Job, attempt: Attempt | None) -> tuple[str, str]:
    """Subject and text of a mail to the admins about a failed job."""
    row = error_catalogue.row_for(job, attempt)
    lines = [gettext(row.message), row.symptom]
    if attempt:
        lines += [f"{gettext('Upstream')}: {attempt.upstream_name}"]
        lines += [f"{label}: {value}" for label, value in request_ids(attempt)]
    lines.append(f"{settings.STUDIO_URL}{job.get_absolute_url()}")
    return gettext("Easel: job %(number)s failed") % {"number": job.pk}, "\n".join(lines)


ACTION_BUILDERS: dict[str, ActionBuilder] = {
    error_catalogue.RETRY: retry_action,
    error_catalogue.EDIT: prefill_action(error_catalogue.EDIT, opens="prompt"),
    error_catalogue.SIZE: prefill_action(error_catalogue.SIZE, opens="size-panel"),
    error_catalogue.QUALITY: lower_quality_action,
    error_catalogue.PREVIEWS: previews_action,
    error_catalogue.FORM: prefill_action(error_catalogue.FORM, opens="advanced"),
    error_catalogue.ELSEWHERE: elsewhere_action,
    error_catalogue.WAIT: wait_action,
    error_catalogue.KEYS: keys_action,
    error_catalogue.ADMIN: admin_action,
}


def usable_upstreams() -> list[int]:
    """The ids of usable upstreams, cached briefly."""
    return cached("usable-upstreams", lambda: list(Upstream.objects.usable().values_list("pk", flat=True)))


def admin_addresses() -> list[str]:
    return cached("admin-addresses", lambda: list(User.objects.admins().values_list("email", flat=True)))


def cached[Value](key: str, find: Callable[[], Value]) -> Value:
    """A value that many cards share, cached for CACHE_SECONDS."""
    return cast("Value", cache.get_or_set(key, find, CACHE_SECONDS))


# ── On the page of errors ───────────────────────────────────────────────────────────────────────────────────────────

_EXAMPLE_ID = "4f1c0f6e-2d0b-4c57-9a35-6a1c5c0f7e21"


def example_failure(row: error_catalogue.Row, *, is_admin: bool, at: datetime) -> Failure:
    """A row's card as an example, with buttons that do nothing."""
    names = [name for name in row.actions if is_admin or name != error_catalogue.KEYS]
    return Failure(
        name=row.name,
        sentence=gettext(row.message),
        charge=row.charge,
        charge_label=str(Job.Charge(row.charge).label),
        actions=[Action(name=name, label=example_label(name, is_admin=is_admin, at=at)) for name in names],
        detail=row.symptom,
        request_ids=[(gettext("Request id"), _EXAMPLE_ID)],
    )


def example_label(name: str, *, is_admin: bool, at: datetime) -> str:
    if name == error_catalogue.WAIT:
        return str(LABELS[name]) % {"time": clock(at)}
    return str(OPEN_UPSTREAMS if name == error_catalogue.ADMIN and is_admin else LABELS[name])
