"""The reconciliation: what the gateways billed against what the studio says of it; every disagreement is a sentence."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

type Line = dict[str, Any]


@dataclass(frozen=True)
class UpstreamAccount:
    """Everything to compare, read once the studio has come to rest.

    `lines` are the gateways' billing logs; `attempts`, `jobs` and `entries` the studio's rows as mappings; `pictures`
    the numbers of the jobs that have one, `answers` of those that were answered in words; `seen_in_inbox` the attempts
    whose whole reply was ever seen there, `kept` those whose reply is kept for its person.
    """

    lines: Sequence[Line]
    attempts: Sequence[Line]
    jobs: Sequence[Line]
    entries: Sequence[Line]
    pictures: frozenset[int]
    answers: frozenset[int]
    inbox: frozenset[str]
    seen_in_inbox: frozenset[int]
    kept: frozenset[int] = frozenset()

    def findings(self) -> Iterator[str]:
        yield from self.requests_without_their_attempt()
        yield from self.replies_without_their_picture()
        yield from self.bills_nobody_admits()
        yield from self.sums_out_of_bounds()
        yield from self.jobs_without_an_end()
        yield from self.sent_twice()

    def requests_without_their_attempt(self) -> Iterator[str]:
        known = {str(attempt["client_request_id"]) for attempt in self.attempts}
        for name, count in Counter(line["client_id"] for line in self.lines).items():
            if name not in known:
                yield f"request {name} was made, and no attempt knows of it"
            if count > 1:
                yield f"request {name} was made {count} times"

    def replies_without_their_picture(self) -> Iterator[str]:
        yield from (f"the inbox still holds {name}" for name in sorted(self.inbox) if name.isdigit())
        for attempt in self.attempts:
            if attempt["id"] not in self.seen_in_inbox or attempt["outcome"] == "succeeded":
                continue
            if attempt["id"] not in self.kept:
                yield f"attempt {attempt['id']} had a whole reply in the inbox, and became no picture"
        for attempt in self.attempts:
            if attempt["outcome"] == "succeeded" and attempt["job_id"] not in self.pictures | self.answers:
                yield f"attempt {attempt['id']} succeeded, and its job {attempt['job_id']} has no picture"

    def bills_nobody_admits(self) -> Iterator[str]:
        """A billed request is a picture that was settled, or is marked as one that may have been charged."""
        attempts = {str(attempt["client_request_id"]): attempt for attempt in self.attempts}
        settled = {(entry["attempt_id"], entry["certainty"]) for entry in self.entries if entry["verb"] == "settle"}
        for line in self.lines:
            attempt = attempts.get(line["client_id"])
            if not line["billed"] or attempt is None:
                continue
            certainties = {certainty for number, certainty in settled if number == attempt["id"]}
            if not certainties:
                yield f"attempt {attempt['id']} was billed ({line['fault']}), and nothing was settled for it"
            elif attempt["outcome"] != "succeeded" and "maybe" not in certainties and not self.is_told(attempt):
                yield f"attempt {attempt['id']} was billed and failed, and does not say that it may have been charged"

    def is_told(self, attempt: dict[str, Any]) -> bool:
        """Whether its person is told that it was charged without a picture, for the gateway named the usage.

        Who has tried once more since then was told before.
        """
        [job] = [job for job in self.jobs if job["id"] == attempt["job_id"]]
        return job["round"] > attempt["round"] or (job["state"], job["charge"]) == ("failed", "yes")

    def sums_out_of_bounds(self) -> Iterator[str]:
        """Σ settled ≤ Σ log ≤ Σ settled + Σ maybe, in USD."""
        corrected = {entry["attempt_id"] for entry in self.entries if entry["verb"] == "correct"}
        sure = maybe = Decimal(0)
        for entry in self.entries:
            if entry["verb"] not in ("settle", "correct"):
                continue
            if entry["certainty"] == "maybe" and entry["attempt_id"] not in corrected:
                maybe += entry["amount"]
            else:
                sure += entry["amount"]
        billed = sum((Decimal(line["cost"]) + Decimal(line["text_cost"]) for line in self.lines), Decimal(0))
        if not sure <= billed <= sure + maybe:
            yield f"${sure} settled and ${maybe} in doubt do not agree with ${billed} billed"

    def jobs_without_an_end(self) -> Iterator[str]:
        for job in self.jobs:
            if job["state"] not in ("succeeded", "failed", "canceled"):
                yield f"job {job['id']} is still {job['state']}"
            if job["state"] == "failed" and not job["charge"]:
                yield f"job {job['id']} failed and does not say whether it was charged"
        for attempt in self.attempts:
            if attempt["finished_at"] is None:
                yield f"attempt {attempt['id']} never ended"

    def sent_twice(self) -> Iterator[str]:
        """Within a round, which a person's word begins, nothing follows a request that may have been billed."""
        lines = {line["client_id"]: line for line in self.lines}
        rounds: dict[tuple[int, int], list[Line]] = defaultdict(list)
        for attempt in sorted(self.attempts, key=lambda attempt: attempt["id"]):
            rounds[attempt["job_id"], attempt["round"]].append(attempt)
        for (job_id, number), attempts in rounds.items():
            for earlier in attempts[:-1]:
                line = lines.get(str(earlier["client_request_id"]))
                if earlier["outcome"] in ("unknown", "succeeded") or (line and line["billed"]):
                    yield f"job {job_id} was sent again in round {number} after attempt {earlier['id']}, unasked"
