"""A turn as its page shows it: read from rows, never stored."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from studio.library.models import Picture

from ..models import Job, Plan, Talk, Thread, Turn
from .context import left_out_words
from .main_models import label
from .plans import ShownPlan
from .versions import Version, number_of, versions_of


@dataclass(frozen=True)
class ShownTurn:
    """One turn: its row, its job, the number of the version it builds on, and the versions that came of it."""

    turn: Turn
    job: Job
    base_number: int | None
    versions: tuple[Version, ...]
    is_branch: bool

    @property
    def is_live(self) -> bool:
        return self.job.state in Job.LIVE_STATES

    @property
    def is_drawing(self) -> bool:
        """Whether a tile stands in its place: while a picture may come, and where one failed to."""
        if self.is_live:
            return self.turn.is_forced or self.job.partial_count > 0 or self.job.stage == Job.Stage.SAVING
        return self.job.state in (Job.State.FAILED, Job.State.CANCELED) and not self.versions

    @property
    def progress(self) -> str:
        """What is going on, while there are no words yet."""
        if self.job.state == Job.State.QUEUED:
            return _("waiting")
        if self.job.cancel_requested_at:
            return _("stopping")
        if self.job.stage == Job.Stage.CLAIMED:
            return _("starting")
        return _("writing") if self.turn.answer else _("thinking")

    @property
    def trashed(self) -> list[Picture]:
        return [picture for picture in self.job.pictures.all() if picture.trashed_at is not None]

    @property
    def picture_price(self) -> Decimal | None:
        prices = [picture.price for picture in self.job.pictures.all() if picture.price is not None]
        return sum(prices, Decimal(0)) if prices else None

    @property
    def main_model(self) -> str:
        return label(self.turn.main_model)

    @property
    def left_out(self) -> str:
        return left_out_words(self.turn.left_out_turn_count, self.turn.left_out_picture_count)

    @property
    def broke_off(self) -> bool:
        """Whether there are words whose end never came."""
        return not self.is_live and bool(self.turn.answer) and self.turn.text_price is None


def shown(thread: Thread, turns: Iterable[Turn]) -> list[ShownTurn]:
    """All turns of a thread, in order."""
    turns = list(turns)
    Turn.hear_again(turns)
    versions = versions_of(thread, turns)
    numbers = {version.picture.pk: version.number for version in versions}
    previous: list[int | None] = [None, *(turn.pk for turn in turns)]
    return [
        ShownTurn(
            turn=turn,
            job=turn.generation.jobs.all()[0],
            base_number=numbers.get(turn.generation.source_id or 0),
            versions=tuple(version for version in versions if version.turn == turn),
            is_branch=turn.parent_id != before,
        )
        for turn, before in zip(turns, previous, strict=False)
    ]


def shown_alone(turn: Turn) -> ShownTurn:
    """One turn, without reading the rest of its thread; what the live feed sends again and again."""
    job = turn.generation.jobs.all()[0]
    Turn.hear_again([turn])
    kept = [picture for picture in job.pictures.all() if picture.trashed_at is None]
    source_id = turn.generation.source_id
    before = turn.thread.turns.filter(pk__lt=turn.pk).order_by("-pk").values_list("pk", flat=True).first()
    return ShownTurn(
        turn=turn,
        job=job,
        base_number=number_of(turn.thread, source_id) if source_id else None,
        versions=tuple(Version(number_of(turn.thread, picture.pk), picture, turn) for picture in kept),
        is_branch=turn.parent_id != before,
    )


def talk_html(talk: Talk) -> str:
    """A turn or a plan as it stands now, for the pages that show it."""
    if isinstance(talk, Plan):
        plan = Plan.objects.for_page().get(pk=talk.pk)
        return render_to_string("generations/plan.html#plan", {"shown": ShownPlan(plan)})
    turn = Turn.objects.for_page().get(pk=talk.pk)
    return render_to_string("generations/turn.html#turn", {"shown": shown_alone(turn)})
