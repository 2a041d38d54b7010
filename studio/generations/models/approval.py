"""An admin's approval of a job whose ceiling exceeds what a picture may cost without one."""

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from studio.core.wakeups import wake_on_commit
from studio.ledger.money import MoneyField

from .generation import Generation
from .job import Job


class ApprovalQuerySet(models.QuerySet["Approval"]):
    def open(self) -> Self:
        """Approvals whose job still waits for a decision."""
        return self.filter(decided_at=None, job__state=Job.State.QUEUED, job__waiting_for=Job.WaitingFor.APPROVAL)

    @transaction.atomic
    def decide(self, generation: Generation, *, is_granted: bool, by: Any, now: datetime) -> int:
        """Decide on all waiting jobs of a generation; return how many were still undecided."""
        waiting = self.open().filter(job__generation=generation).select_related("job").order_by("pk")
        return sum(approval.decide(is_granted=is_granted, by=by, now=now) for approval in waiting)


class Approval(models.Model):
    """Requested when a job is queued, once per round. The job waits until it is granted and fails if it is refused."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="approvals")
    round = models.PositiveSmallIntegerField()
    amount = MoneyField()  # USD; the most the job may cost
    asked_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    is_granted = models.BooleanField(default=False)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "round"], name="one_approval_a_round")]
        indexes = [models.Index(fields=["id"], condition=Q(decided_at=None), name="approval_open")]

    def __str__(self) -> str:
        return f"approval of job {self.job_id}"

    def decide(self, *, is_granted: bool, by: Any, now: datetime) -> bool:
        """Release the job, or fail it with nothing charged; False when it was decided or canceled meanwhile."""
        waiting = self.job.row.queued().filter(waiting_for=Job.WaitingFor.APPROVAL, round=self.round)
        if is_granted:
            has_changed = waiting.touch(waiting_for=Job.WaitingFor.SLOT)
        else:
            has_changed = waiting.touch(
                state=Job.State.FAILED, charge=Job.Charge.NO, error_kind="declined", finished_at=now
            )
        if not has_changed:
            return False
        Approval.objects.filter(pk=self.pk).update(decided_at=now, decided_by=by, is_granted=is_granted)
        if is_granted:
            wake_on_commit()
        else:
            self.job.release(now=now)
        return True
