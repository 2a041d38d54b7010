"""What a tile says of its job beside its state."""

from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from studio.gateway import late_after
from studio.library import partials

from . import fallback
from .fallback import Rung
from .remedies import Failure, failure_of

if TYPE_CHECKING:
    from studio.library.models import Picture

    from .models import Attempt, Job

HISTORY = 40  # pictures the expected time is taken from
SHORT, LONG = 2, 60  # seconds that figures shared by many tiles are kept

LEFT_OUT = {
    "output_format": gettext_lazy("the format"),
    "output_compression": gettext_lazy("compression"),
    "background": gettext_lazy("the background"),
    "moderation": gettext_lazy("moderation"),
    "partial_images": gettext_lazy("previews"),
    "stream": gettext_lazy("previews"),
}


class TileWords:
    """Mixed into Job: words for people, read from rows, never stored."""

    @property
    def partial_url(self: "Job") -> str:  # type: ignore[misc]
        return partials.partial_url(self.pk, self.partial_count, job_round=self.round) if self.partial_count else ""

    @property
    def picture(self: "Job") -> "Picture | None":  # type: ignore[misc]
        """The first picture that came of it and does not lie in the trash."""
        return next((picture for picture in self.pictures.all() if picture.trashed_at is None), None)

    @property
    def home_url(self: "Job") -> str:  # type: ignore[misc]
        """Where it is shown: in its conversation, else on its own page."""
        if self.generation.kind != self.generation.Kind.REFINE:
            return self.get_absolute_url()
        turn = self.generation.turn
        return f"{turn.thread.get_absolute_url()}#turn-{turn.pk}"

    @property
    def trashed_picture(self: "Job") -> "Picture | None":  # type: ignore[misc]
        return next((picture for picture in self.pictures.all() if picture.trashed_at is not None), None)

    @property
    def last_attempt(self: "Job") -> "Attempt | None":  # type: ignore[misc]
        return max(self.attempts.all(), key=number, default=None)

    @property
    def route(self: "Job") -> list[str]:  # type: ignore[misc]
        """The upstreams it went to in this round, in order; empty where it was only one."""
        attempts = sorted((attempt for attempt in self.attempts.all() if attempt.round == self.round), key=number)
        names = [name for name, _calls in groupby(attempt.upstream_name for attempt in attempts)]
        return names if len(names) > 1 else []

    @property
    def is_asking(self: "Job") -> bool:  # type: ignore[misc]
        """Whether it waits for a word on drawing something smaller or simpler instead."""
        return self.state == self.State.QUEUED and self.waiting_for == self.WaitingFor.CONSENT

    @property
    def failure(self: "Job") -> Failure | None:  # type: ignore[misc]
        """What went wrong, where that is all there is to show."""
        return failure_of(self, self.last_attempt) if self.state == self.State.FAILED or self.is_asking else None

    @property
    def rungs(self: "Job") -> list[Rung]:  # type: ignore[misc]
        """The way down it has taken from what was asked for."""
        return fallback.rungs(self.steps)

    @property
    def left_out(self: "Job") -> list[str]:  # type: ignore[misc]
        """What a person asked for that its last call did without, because the upstream does not take it."""
        omitted = self.last_attempt.omitted if self.last_attempt else []
        wish = self.generation
        asked = {
            "output_format": wish.output_format != "png",
            "output_compression": wish.output_compression is not None,
            "partial_images": wish.partial_images > 0 and "stream" not in omitted,
            "stream": wish.partial_images > 0,
        }
        return [str(LEFT_OUT[name]) for name in omitted if name in LEFT_OUT and asked.get(name, True)]

    @property
    def is_late(self: "Job") -> bool:  # type: ignore[misc]
        """Whether it takes longer than a picture of its kind should."""
        return self.started_at is not None and self.state == self.State.RUNNING and self.late_at() <= timezone.now()

    def late_at(self: "Job") -> datetime:  # type: ignore[misc]
        assert self.started_at is not None
        attempt = self.last_attempt
        seconds = attempt.late_after if attempt and attempt.late_after else late_after(self.request())
        return self.started_at + timedelta(seconds=seconds)

    @property
    def expected_seconds(self: "Job") -> float | None:  # type: ignore[misc]
        """The median time of this studio's last pictures of the same size and quality."""
        request = self.request()
        wanted = (request.model, str(request.size), request.quality)
        key = "expected:" + ":".join(wanted)
        known = cache.get(key)
        if known is None:
            known = median_latency(*wanted) or 0.0
            cache.set(key, known, LONG if known else SHORT)
        return known or None

    @property
    def queue_words(self: "Job") -> str:  # type: ignore[misc]
        """How busy the lane is that a queued job waits for: "4 of 4 drawing"."""
        busy, slots, rests_until = lane_load(self.lane)
        if rests_until:
            return _("every gateway rests until %(time)s") % {
                "time": date_format(timezone.localtime(datetime.fromtimestamp(rests_until, UTC)), "H:i")
            }
        if not slots:
            return _("no gateway is switched on")
        return _("%(busy)d of %(slots)d drawing") % {"busy": busy, "slots": slots}


def number(attempt: "Attempt") -> int:
    return attempt.pk


def median_latency(model: str, size: str, quality: str) -> float | None:
    from .models import Attempt

    past = Attempt.objects.filter(
        model=model, size=size, quality=quality, outcome=Attempt.Outcome.SUCCEEDED, latency__isnull=False
    )
    latencies = sorted(filter(None, past.order_by("-pk").values_list("latency", flat=True)[:HISTORY]))
    return latencies[len(latencies) // 2] if latencies else None


def lane_load(lane: str) -> tuple[int, int, float | None]:
    """How many calls of a lane are under way, how many slots there are, and until when all of them rest, if they do.

    That moment is in seconds since 1970: a shared cache keeps numbers, and gives a datetime back as text.
    """
    from studio.upstreams.models import Upstream

    from .models import Attempt, Job

    key = f"lane-load:{lane}"
    load: tuple[int, int, float | None] | None = cache.get(key)
    if load is None:
        usable = [upstream for upstream in Upstream.objects.usable() if upstream.slots(lane)]
        slots = sum(upstream.slots(lane) for upstream in usable)
        running = Attempt.objects.unfinished().filter(lane=lane).count()
        # Whoever waits is about to be taken while there is room, and a waiting tile is not told of it.
        waiting = Job.objects.unheld().filter(lane=lane).count()
        rests = [upstream.cooling_until for upstream in usable if upstream.is_cooling(now=timezone.now())]
        is_resting = bool(usable) and len(rests) == len(usable)
        load = (min(slots, running + waiting), slots, min(filter(None, rests)).timestamp() if is_resting else None)
        cache.set(key, load, SHORT)
    return load
