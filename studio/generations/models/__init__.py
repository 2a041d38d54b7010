"""Generation, Job, Attempt and Worker: the rows are the truth, everything else only delivers."""

from .attempt import Attempt, Worker
from .generation import BudgetRefused, Edit, Generation, NotFiled, Reference, TokenReused
from .job import Job
from .thread import Plan, Talk, Thread, Turn

__all__ = [
    "Attempt",
    "BudgetRefused",
    "Edit",
    "Generation",
    "Job",
    "NotFiled",
    "Plan",
    "Reference",
    "Talk",
    "Thread",
    "TokenReused",
    "Turn",
    "Worker",
]
