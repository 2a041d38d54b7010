"""Generation, Job, Attempt and Worker. These rows are the only state of the queue; wake-ups merely speed it up."""

from .approval import Approval
from .attempt import Attempt, AttemptQuerySet, RunningCall, Worker
from .composer_draft import ComposerDraft
from .generation import (
    EditSpec,
    GenerateSpec,
    Generation,
    GenerationSpec,
    Kind,
    PlainSpec,
    Reference,
    TestPictureSpec,
    TokenReused,
)
from .job import Job, JobQuerySet
from .job_queue import QueueHead
from .kept_reply import KeptReply
from .result import Result, job_of

__all__ = [
    "Approval",
    "Attempt",
    "AttemptQuerySet",
    "ComposerDraft",
    "EditSpec",
    "GenerateSpec",
    "Generation",
    "GenerationSpec",
    "Job",
    "JobQuerySet",
    "KeptReply",
    "Kind",
    "PlainSpec",
    "QueueHead",
    "Reference",
    "Result",
    "RunningCall",
    "TestPictureSpec",
    "TokenReused",
    "Worker",
    "job_of",
]
