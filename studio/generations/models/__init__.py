"""Generation, Job, Attempt and Worker: the rows are the truth, everything else only delivers."""

from .attempt import Attempt, Worker, free_slot
from .generation import Generation, TokenReused
from .job import Job

__all__ = ["Attempt", "Generation", "Job", "TokenReused", "Worker", "free_slot"]
