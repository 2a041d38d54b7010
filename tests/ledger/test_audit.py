"""The audit finds every sum that differs from its entries, and can repair it."""

from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.utils import timezone

from studio.accounts.models import User
from studio.ledger import audit, recount
from studio.ledger.models import Entry, Period, RollUp, StudioRollUp

from .test_entries import reserve, settle


@pytest.fixture(autouse=True)
def past(ben: User) -> None:
    """One picture paid for, one reservation held."""
    reserve(ben)
    settle()
    reserve(ben, job_id=2)


OPEN = [(2, 1)]


@pytest.mark.parametrize(
    ("model", "change", "words"),
    [
        (RollUp, {"spent": F("spent") + 1}, "roll-up"),
        (RollUp, {"picture_count": 7}, "picture_count is stored as 7, but the entries sum to 1"),
        (StudioRollUp, {"output_image_tokens": 1}, "roll-up of the studio"),
        (Period, {"held": 0}, "held is stored as 0"),
        (Period, {"spent": F("spent") - 1}, "period"),
    ],
)
def test_a_wrong_sum_is_found_and_repaired(model, change, words) -> None:
    assert list(audit.findings(OPEN)) == []
    model.objects.update(**change)
    assert words in " ".join(audit.findings(OPEN))
    recount.rebuild()
    assert list(audit.findings(OPEN)) == []


def test_a_sum_without_entries_is_found(cleo: User) -> None:
    RollUp.objects.filter(person__email="ben@example.com").update(person=cleo)
    assert any(f"· {cleo.pk} ·" in finding for finding in audit.findings(OPEN))
    Period.objects.all().delete()
    recount.rebuild()
    assert list(audit.findings(OPEN)) == []


def test_the_command_prints_its_findings_and_repairs_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    Entry.objects.release(job_id=2, round=1, now=timezone.now())
    RollUp.objects.update(spent=Decimal(7))
    with pytest.raises(CommandError, match="does not add up: 1 findings"):
        call_command("audit_ledger")
    assert "spent is stored as 7" in capsys.readouterr().err
    call_command("audit_ledger", repair=True)
    assert "The ledger adds up: 4 entries, $0.030000000000 spent" in capsys.readouterr().out
