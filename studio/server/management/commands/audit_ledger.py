"""`manage.py audit_ledger`: checks every sum of the ledger, and lists those that are wrong."""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Exists, OuterRef, Sum

from studio.generations.models import Attempt, Job
from studio.ledger import audit, recount
from studio.ledger.models import Entry, RollUp


class Command(BaseCommand):
    help = "Add the ledger up again from its entries, and compare roll-ups, budgets and jobs with that."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--repair", action="store_true", help="write roll-ups and budgets anew from the entries before comparing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["repair"]:
            recount.rebuild()
        with audit.snapshot():
            found = 0
            for finding in all_findings():
                found += 1
                self.stderr.write(finding)
            summary = f"{Entry.objects.count()} entries, {sums()}"
        if found:
            raise CommandError(f"The ledger does not add up: {found} findings.")
        self.stdout.write(f"The ledger adds up: {summary}.")


def all_findings() -> Iterator[str]:
    yield from audit.findings(Job.objects.live().values_list("pk", "round"))
    yield from unpaid_attempts()


def sums() -> str:
    """What was spent, reserved and simulated, in USD, from the roll-ups that were just checked."""
    real = RollUp.objects.filter(is_simulated=False).aggregate(
        spent=Sum("spent", default=0), maybe=Sum("maybe", default=0)
    )
    play = RollUp.objects.filter(is_simulated=True).aggregate(spent=Sum("spent", default=0))
    held = Entry.objects.real().open_reservations().sum()
    return f"${real['spent']:f} spent (${real['maybe']:f} of it unsure), ${held:f} held, ${play['spent']:f} simulated"


def unpaid_attempts() -> Iterator[str]:
    """Attempts that brought a picture or may have been billed, but have no entry."""
    settled = Entry.objects.filter(verb=Entry.Verb.SETTLE, attempt_id=OuterRef("pk"))
    unpaid = Attempt.objects.filter(~Exists(settled)).exclude(outcome__in=["", Attempt.Outcome.FAILED])
    for pk, outcome in unpaid.values_list("pk", "outcome").iterator():
        yield f"attempt {pk} {outcome}, but has no entry"
