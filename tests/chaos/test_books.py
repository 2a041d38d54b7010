"""The reconciliation finds what it looks for; whole runs are started by hand: `python -m tests.chaos`."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from .books import UpstreamAccount

LINE = {"id": "a", "client_id": "a", "billed": True, "cost": "0.01", "text_cost": "0", "fault": None}
ATTEMPT = {
    "id": 1,
    "job_id": 1,
    "round": 1,
    "client_request_id": "a",
    "outcome": "succeeded",
    "error_kind": "",
    "finished_at": "now",
}
JOB = {"id": 1, "round": 1, "state": "succeeded", "charge": "yes"}
ENTRY = {"verb": "settle", "attempt_id": 1, "certainty": "exact", "amount": Decimal("0.01")}
GOOD = UpstreamAccount(
    lines=[LINE],
    attempts=[ATTEMPT],
    jobs=[JOB],
    entries=[ENTRY],
    pictures=frozenset({1}),
    answers=frozenset(),
    inbox=frozenset(),
    seen_in_inbox=frozenset({1}),
)
MAYBE = {"attempts": [ATTEMPT | {"outcome": "unknown", "error_kind": "deadline_passed"}], "seen_in_inbox": frozenset()}


def test_books_that_agree_have_no_findings() -> None:
    assert list(GOOD.findings()) == []


def test_a_bill_that_is_marked_as_maybe_is_no_finding() -> None:
    books = replace(GOOD, **MAYBE, entries=[ENTRY | {"certainty": "maybe", "amount": Decimal("0.02")}])

    assert list(books.findings()) == []


def test_who_was_told_of_a_charge_and_tried_once_more_is_no_finding() -> None:
    books = replace(GOOD, **MAYBE, jobs=[JOB | {"round": 2, "state": "canceled", "charge": "no"}])

    assert list(books.findings()) == []


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"lines": [LINE, LINE | {"client_id": "b", "cost": "0"}]}, "no attempt knows of it"),
        ({"lines": [LINE, LINE]}, "made 2 times"),
        ({"inbox": frozenset({"1"})}, "still holds 1"),
        (MAYBE | {"seen_in_inbox": frozenset({1})}, "became no picture"),
        ({"pictures": frozenset()}, "has no picture"),
        ({"entries": []}, "nothing was settled"),
        (MAYBE, "does not say that it may have been charged"),
        ({"entries": [ENTRY | {"amount": Decimal("0.02")}]}, "do not agree"),
        ({"entries": [ENTRY | {"amount": Decimal("0.005")}]}, "do not agree"),
        ({"jobs": [JOB | {"state": "running"}]}, "still running"),
        ({"jobs": [JOB | {"state": "failed", "charge": ""}]}, "does not say whether it was charged"),
        ({"attempts": [ATTEMPT | {"finished_at": None}]}, "never ended"),
        ({"attempts": [ATTEMPT, ATTEMPT | {"id": 2, "client_request_id": "b"}]}, "sent again in round 1"),
    ],
)
def test_each_disagreement_is_found(change: dict[str, Any], finding: str) -> None:
    assert any(finding in found for found in replace(GOOD, **change).findings())
