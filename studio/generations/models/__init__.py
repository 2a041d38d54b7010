"""Generation, Job, Attempt and Worker: the rows are the truth, everything else only delivers."""

from .approval import Approval
from .attempt import Attempt, Worker
from .generation import BudgetRefused, Edit, Generation, Reference, TokenReused
from .job import Job
from .not_filed import NotFiled
from .safety_note import Refused, SafetyNote
from .thread import Plan, Talk, Thread, Turn

__all__ = [
    "Approval",
    "Attempt",
    "BudgetRefused",
    "Edit",
    "Generation",
    "Job",
    "NotFiled",
    "Plan",
    "Reference",
    "Refused",
    "SafetyNote",
    "Talk",
    "Thread",
    "TokenReused",
    "Turn",
    "Worker",
]
