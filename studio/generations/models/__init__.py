"""Generation, Job, Attempt and Worker: the rows are the truth, everything else only delivers."""

from .attempt import Attempt, Worker, free_slot
from .generation import Edit, Generation, NotFiled, Reference, TokenReused
from .job import Job

__all__ = ["Attempt", "Edit", "Generation", "Job", "NotFiled", "Reference", "TokenReused", "Worker", "free_slot"]
