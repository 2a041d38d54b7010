"""How pages show a job: text and links computed from rows, never stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import groupby

from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from studio.gateway import late_after
from studio.generations import forecast
from studio.generations.models import Attempt, Job
from studio.library import partials
from studio.library.models import Picture
from studio.threads.models import ModelReply, Turn, model_reply_of

from . import waiting
from .failure_actions import Failure, failure_of, usable_upstreams
from .fallback_steps import FallbackStep, fallback_steps

LEFT_OUT = {
    "output_format": gettext_lazy("the format"),
    "output_compression": gettext_lazy("compression"),
    "background": gettext_lazy("the background"),
    "moderation": gettext_lazy("moderation"),
    "partial_images": gettext_lazy("previews"),
    "stream": gettext_lazy("previews"),
}


@dataclass(frozen=True)
class Tile:
    """A job's place in the feed."""

    job: Job

    @property
    def partial_url(self) -> str:
        job = self.job
        return partials.partial_url(job.pk, job.partial_count, job_round=job.round) if job.partial_count else ""

    @cached_property
    def picture(self) -> Picture | None:
        """The first of its pictures that is not in the trash."""
        return next((picture for picture in self.job.pictures.all() if picture.trashed_at is None), None)

    @property
    def trashed_picture(self) -> Picture | None:
        return next((picture for picture in self.job.pictures.all() if picture.trashed_at is not None), None)

    @cached_property
    def model_reply(self) -> ModelReply | None:
        """The turn or plan it belongs to, if any."""
        return model_reply_of(self.job.generation)

    @property
    def home_url(self) -> str:
        """Its address: in its conversation, else its own page."""
        turn = self.model_reply
        if not isinstance(turn, Turn):
            return self.job.get_absolute_url()
        return f"{turn.thread.get_absolute_url()}#turn-{turn.pk}"

    @cached_property
    def last_attempt(self) -> Attempt | None:
        return max(self.job.attempts.all(), key=lambda attempt: attempt.pk, default=None)

    @property
    def route(self) -> list[str]:
        """The names of the upstreams tried in this round, in order; empty if there was only one."""
        mine = [attempt for attempt in self.job.attempts.all() if attempt.round == self.job.round]
        attempts = sorted(mine, key=lambda attempt: attempt.pk)
        names = [name for name, _calls in groupby(attempt.upstream_name for attempt in attempts)]
        return names if len(names) > 1 else []

    @property
    def is_awaiting_consent(self) -> bool:
        """Whether it waits for its owner's decision on a fallback step."""
        return self.job.state == Job.State.QUEUED and self.job.waiting_for == Job.WaitingFor.CONSENT

    @cached_property
    def failure(self) -> Failure | None:
        """The failure to show, if it failed or waits for consent to a fallback step."""
        is_bad = self.job.state == Job.State.FAILED or self.is_awaiting_consent
        return failure_of(self.job, self.last_attempt) if is_bad else None

    @property
    def fallback_steps(self) -> list[FallbackStep]:
        return fallback_steps(self.job.steps)

    @property
    def seconds(self) -> float | None:
        """How long its picture took, with every call before the one that brought it."""
        picture = self.picture
        if picture is None:
            return None
        return whole_seconds(list(self.job.attempts.all())) or picture.latency

    @property
    def left_out(self) -> list[str]:
        """What was requested but left out of its last call, because the upstream refuses it."""
        omitted = self.last_attempt.omitted if self.last_attempt else []
        request = self.job.generation.request
        asked = {
            "output_format": request.output_format != "png",
            "output_compression": request.output_compression is not None,
            "partial_images": request.partial_images > 0 and "stream" not in omitted,
            "stream": request.partial_images > 0,
        }
        return [str(LEFT_OUT[name]) for name in omitted if name in LEFT_OUT and asked.get(name, True)]

    @property
    def is_cancelable(self) -> bool:
        """Whether canceling changes anything: not once it was asked for, nor while the picture is being saved."""
        job = self.job
        if job.state == Job.State.RUNNING:
            return job.cancel_requested_at is None and job.stage != Job.Stage.SAVING
        return job.state == Job.State.QUEUED

    @property
    def is_late(self) -> bool:
        """Whether it takes longer than such a picture should."""
        job = self.job
        return job.started_at is not None and job.state == Job.State.RUNNING and self.late_at() <= timezone.now()

    def late_at(self) -> datetime:
        assert self.job.started_at is not None
        attempt = self.last_attempt
        seconds = attempt.late_after if attempt and attempt.late_after else late_after(self.job.request)
        return self.job.started_at + timedelta(seconds=seconds)

    @property
    def expected_seconds(self) -> float | None:
        """The median time of this studio's last pictures of the same kind."""
        job, request = self.job, self.job.request
        size = str(request.size)
        return forecast.expected_seconds(
            model=request.model, size=size, quality=request.quality, main_model=job.main_model
        )

    @property
    def waiting_sentence(self) -> str:
        """That it is queued, why, and until when: "queued: 3rd in line, all 4 slots busy, about 2 min"."""
        return waiting.sentence(self.job)

    @property
    def can_go_elsewhere(self) -> bool:
        """Whether it waits though an upstream may be free that it was kept away from."""
        job, now = self.job, timezone.now()
        if job.state != Job.State.QUEUED or job.waiting_for in Job.ON_HOLD_FOR:
            return False
        is_waiting = waiting.is_long(job) or (job.not_before is not None and job.not_before - now > waiting.SOON)
        return is_waiting and any(pk in job.avoided for pk in usable_upstreams())

    @property
    def state_word(self) -> str:
        """The one word for its state, wherever it stands: what it is doing while it runs, else how it ended."""
        job = self.job
        if job.state != Job.State.RUNNING:
            return str(job.get_state_display()).lower()
        if job.cancel_requested_at:
            return gettext("stopping")
        if job.stage == Job.Stage.SENT and self.is_conversing:
            return gettext("writing") if self.model_reply and self.model_reply.answer else gettext("thinking")
        return str(job.get_stage_display() or Job.Stage.CLAIMED.label)

    @property
    def is_conversing(self) -> bool:
        """Whether a text model is at work and no picture is under way that was surely asked for."""
        reply = self.model_reply
        return reply is not None and not (isinstance(reply, Turn) and reply.is_forced)


def whole_seconds(attempts: Sequence[Attempt]) -> float | None:
    """Seconds from the first call of a round to the end of the one that succeeded; None where it was the only one."""
    succeeded = [attempt for attempt in attempts if attempt.outcome == Attempt.Outcome.SUCCEEDED]
    last = max(succeeded, key=lambda attempt: attempt.pk, default=None)
    if last is None or last.finished_at is None:
        return None
    calls = [attempt.started_at for attempt in attempts if attempt.round == last.round and attempt.pk <= last.pk]
    return (last.finished_at - min(calls)).total_seconds() if len(calls) > 1 else None
