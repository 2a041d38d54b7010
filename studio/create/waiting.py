"""What a page says of a job that waits: that it is queued, its place in line, why, and about how long.

The live feed sends the sentence again when it changes, since other people's jobs change it too.
"""

from datetime import UTC, datetime, timedelta
from typing import Protocol

from django.contrib.humanize.templatetags.humanize import ordinal
from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from studio.generations import forecast
from studio.generations.forecast import Place
from studio.generations.models import Job
from studio.upstreams.choice import Need
from studio.upstreams.models import Lane, Upstream
from studio.web.templatetags.formatting import about_time, clock

LONG, SOON = timedelta(minutes=10), timedelta(minutes=1)
SHORT = 2  # seconds that values shared by many tiles are cached


class Queued(Protocol):
    """The columns of a queued job that say what it waits for."""

    @property
    def pk(self) -> int: ...
    @property
    def lane(self) -> str: ...
    @property
    def waiting_for(self) -> str: ...
    @property
    def not_before(self) -> datetime | None: ...
    @property
    def queued_at(self) -> datetime: ...
    @property
    def model(self) -> str: ...
    @property
    def main_model(self) -> str: ...


def sentence(job: Queued) -> str:
    """Such as "queued: 3rd in line, all 4 slots busy, about 2 min"; after a long wait also since when."""
    if job.waiting_for == Job.WaitingFor.CONSENT:
        return _("needs your decision")
    if job.waiting_for == Job.WaitingFor.MODERATION:
        return _("queued: checking the prompt")
    if job.waiting_for == Job.WaitingFor.APPROVAL:
        return _("queued: waiting for an admin’s approval")
    if is_long(job):
        return _("queued since %(time)s: %(reason)s") % {"time": clock(job.queued_at), "reason": reason(job)}
    return _("queued: %(reason)s") % {"reason": reason(job)}


def is_long(job: Queued) -> bool:
    """Whether it has waited so long that a person asks what is the matter."""
    return timezone.now() - job.queued_at > LONG


def reason(job: Queued) -> str:
    """Why it does not start now."""
    if job.waiting_for == Job.WaitingFor.COOLDOWN and job.not_before is not None and job.not_before > timezone.now():
        return _("paused until %(time)s (limit reached)") % {"time": clock(job.not_before)}
    place = forecast.places(now=timezone.now(), including=job.pk).get(job.pk)
    if place and place.position:
        return place_words(place)
    if place and place.opens_at:
        return _("pictures of this kind are paused until %(time)s") % {"time": clock_at(place.opens_at)}
    return no_slot(job)


def clock_at(seconds: float) -> str:
    """A time in seconds since 1970 as it is shown."""
    return clock(datetime.fromtimestamp(seconds, UTC))


def place_words(place: Place) -> str:
    """Such as "3rd in line, all 4 slots busy, about 2 min"."""
    words = [_("%(place)s in line") % {"place": ordinal(place.position)}]
    if place.busy >= place.slots:
        busy = ngettext("the only slot is busy", "all %(slots)d slots busy", place.slots)
        words.append(busy % {"slots": place.slots} if "%" in busy else busy)
    if place.seconds is not None:
        words.append(about_time(place.seconds))
    return ", ".join(words)


def no_slot(job: Queued) -> str:
    """Why no slot can take it now, busy or not."""
    what, paused_until = obstacle(job)
    if paused_until:
        return _("all gateways are paused until %(time)s") % {"time": clock_at(paused_until)}
    if what == NO_MODEL:
        return _("no gateway that is switched on offers %(model)s") % {"model": job.main_model or job.model}
    if what == NO_LANE:
        is_large = job.lane == Lane.LARGE
        return _("no gateway here takes large pictures") if is_large else _("no gateway here takes such pictures")
    return _("no gateway is free for it right now") if what else _("no gateway is switched on")


NO_UPSTREAM, NO_MODEL, NO_LANE, BUSY = "", "model", "lane", "busy"


def obstacle(job: Queued) -> tuple[str, float | None]:
    """What keeps it from every upstream, and until when all that could take it are paused, if they are.

    The time is in seconds since 1970, since a shared cache may return a datetime as text.
    """
    key = f"obstacle:{job.lane}:{job.model}:{job.main_model}"
    known: tuple[str, float | None] | None = cache.get(key)
    if known is None:
        known = find_obstacle(Need(job.model, job.main_model), lane=job.lane)
        cache.set(key, known, SHORT)
    return known


def find_obstacle(need: Need, *, lane: str) -> tuple[str, float | None]:
    usable = list(Upstream.objects.usable())
    fitting = [upstream for upstream in usable if upstream.fits(need)]
    able = [upstream for upstream in fitting if upstream.slots(lane)]
    if not able:
        return (NO_LANE if fitting else NO_MODEL if usable else NO_UPSTREAM), None
    pauses = [upstream.paused_until for upstream in able if upstream.is_paused(now=timezone.now())]
    is_paused = len(pauses) == len(able)
    return BUSY, min(filter(None, pauses)).timestamp() if is_paused else None
