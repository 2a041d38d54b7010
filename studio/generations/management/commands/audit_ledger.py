"""`manage.py audit_ledger`: proves that the sums are right, or says where they are not."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from studio.generations.models import Attempt, Job
from studio.ledger import audit
from studio.ledger.models import Entry


class Command(BaseCommand):
    help = "Recompute the ledger from its entries and compare it with the jobs."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            findings = [*audit.findings(Job.objects.live().values_list("pk", "round")), *unpaid_attempts()]
            totals = Entry.objects.all().totals()
        for finding in findings:
            self.stderr.write(finding)
        if findings:
            raise CommandError(f"The ledger does not add up: {len(findings)} findings.")
        self.stdout.write(
            f"The ledger adds up: {Entry.objects.count()} entries, ${totals.spent:f} spent "
            f"(${totals.maybe:f} of it unsure), ${totals.held:f} held, ${totals.simulated:f} simulated."
        )


def unpaid_attempts() -> list[str]:
    """Attempts that brought a picture or may have been billed, and have no entry."""
    settled = Entry.objects.filter(verb=Entry.Verb.SETTLE).values("attempt_id")
    unpaid = Attempt.objects.exclude(pk__in=settled).exclude(outcome__in=["", Attempt.Outcome.FAILED])
    return [f"attempt {pk} {outcome}, but has no entry" for pk, outcome in unpaid.values_list("pk", "outcome")]
