"""How a thread's page shows a turn: computed from rows, never stored."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.template.loader import render_to_string

from studio.generations.models import Job
from studio.library.models import Picture
from studio.threads.context import left_out_sentence
from studio.threads.main_models import label
from studio.threads.models import ModelReply, Plan, Thread, Turn
from studio.threads.versions import Version, number_of, versions_of

from .plan_presenter import PlanPresenter
from .tiles import Tile


@dataclass(frozen=True)
class TurnPresenter:
    """One turn: its row, its job, the number of the version it builds on, and the versions it brought."""

    turn: Turn
    job: Job
    base_number: int | None
    versions: tuple[Version, ...]
    is_branch: bool

    @property
    def tile(self) -> Tile:
        return Tile(self.job)

    @property
    def is_live(self) -> bool:
        return self.job.state in Job.LIVE_STATES

    @property
    def has_tile(self) -> bool:
        """Whether it shows a tile: while a picture is expected, and after it failed."""
        if self.is_live:
            return self.turn.is_forced or self.job.partial_count > 0 or self.job.stage == Job.Stage.SAVING
        return self.job.state in (Job.State.FAILED, Job.State.CANCELED) and not self.versions

    @property
    def progress(self) -> str:
        """What is happening while there is no tile: the same words as on a tile and in the list of jobs."""
        return self.tile.waiting_sentence if self.job.state == Job.State.QUEUED else self.tile.state_word

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
        return left_out_sentence(self.turn.left_out_turn_count, self.turn.left_out_picture_count)

    @property
    def broke_off(self) -> bool:
        """Whether its text ended before it was complete."""
        return not self.is_live and bool(self.turn.answer) and self.turn.text_price is None


def present_turns(thread: Thread, turns: Iterable[Turn]) -> list[TurnPresenter]:
    """All turns of a thread, in order."""
    turns = list(turns)
    Turn.refresh(turns)
    versions = versions_of(thread, turns)
    numbers = {version.picture.pk: version.number for version in versions}
    previous: list[int | None] = [None, *(turn.pk for turn in turns)]
    return [
        TurnPresenter(
            turn=turn,
            job=turn.generation.jobs.all()[0],
            base_number=numbers.get(turn.generation.source_id or 0),
            versions=tuple(version for version in versions if version.turn == turn),
            is_branch=turn.parent_id != before,
        )
        for turn, before in zip(turns, previous, strict=False)
    ]


def present_turn(turn: Turn) -> TurnPresenter:
    """One turn without reading the rest of its thread, for the live feed, which sends it often."""
    job = turn.generation.jobs.all()[0]
    Turn.refresh([turn])
    kept = [picture for picture in job.pictures.all() if picture.trashed_at is None]
    source_id = turn.generation.source_id
    before = turn.thread.turns.filter(pk__lt=turn.pk).order_by("-pk").values_list("pk", flat=True).first()
    return TurnPresenter(
        turn=turn,
        job=job,
        base_number=number_of(turn.thread, source_id) if source_id else None,
        versions=tuple(Version(number_of(turn.thread, picture.pk), picture, turn) for picture in kept),
        is_branch=turn.parent_id != before,
    )


def model_reply_html(reply: ModelReply) -> str:
    """The current HTML of a turn or plan, for the live feed."""
    if isinstance(reply, Plan):
        plan = Plan.objects.for_page().get(pk=reply.pk)
        return render_to_string("create/plan.html#plan", {"shown": PlanPresenter(plan)})
    turn = Turn.objects.for_page().get(pk=reply.pk)
    return render_to_string("create/turn.html#turn", {"shown": present_turn(turn)})
