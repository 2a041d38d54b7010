"""How the composer shows a plan."""

from studio.generations.models import Job
from studio.threads.models import Plan
from studio.threads.planning import proposal

from .failure_actions import Failure
from .text_diff import Piece, word_diff
from .tiles import Tile


class PlanPresenter:
    """A plan with its proposal, the difference to the prompt, and its failure."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.job: Job = plan.generation.jobs.all()[0]
        Plan.refresh([plan])

    @property
    def is_live(self) -> bool:
        return self.job.state in Job.LIVE_STATES

    @property
    def tile(self) -> Tile:
        return Tile(self.job)

    @property
    def progress(self) -> str:
        """What is happening: the same words as on a tile and in the list of jobs."""
        return self.tile.waiting_sentence if self.job.state == Job.State.QUEUED else self.tile.state_word

    @property
    def proposal(self) -> str:
        return proposal(self.plan)

    @property
    def pieces(self) -> list[Piece]:
        return word_diff(self.plan.generation.prompt, self.proposal)

    @property
    def is_same(self) -> bool:
        return self.proposal == self.plan.generation.prompt.strip()

    @property
    def failure(self) -> Failure | None:
        return self.tile.failure
