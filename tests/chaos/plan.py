"""What is asked for in a run: every fault often enough, by a call that it applies to, in an order of chance."""

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from studio.sandbox import faults
from studio.sandbox.faults import DRAWINGS, MODERATIONS, ONCE, RESPONSES, TASKS

# What brings the picture all the same, only oddly said, is no failure; a parameter that is refused costs an attempt.
FAULTS = {name: fault for name, fault in faults.FAULTS.items() if not fault.is_quirk or name.startswith("lacks-")}

# These bring it oddly as well, or something else that is no failure: met now and then, but not counted.
ODD = {
    "b64-lines", "chat-usage", "data-url", "downgraded", "json-for-sse", "keepalive", "late-header", "no-usage",
    "odd-stream", "rescale", "revised", "shift", "slow", "sse-for-json", "url", "url-data", "url-moved", "wrong-format",
    "zero-usage", "at-length", "bare-item", "bare-partials", "completed-empty", "done-marker", "images-counted",
    "no-text-usage", "no-tool-usage", "no-words", "picture-at-end", "two-pictures", "words-first",
}  # fmt: skip
FAILURES = FAULTS.keys() - ODD

OFTEN = 5  # times each failure fires
# Submissions for each failure, before it is looked which fired too seldom: an automatic retry meets it again.
AT_FIRST = 3
# Faults that only an edit or only a stream can have.
OF_EDITS = {"image-field", "images-lost", "rescale", "shift"}
OF_STREAMS = {"silent", "cut-stream", "no-completed", "late-header", "json-for-sse", "odd-stream", "stream-error",
              "stream-error-event", "stream-error-type", "stream-error-nested", "stream-error-flat", "lacks-stream",
              "lacks-partial-images"}  # fmt: skip
# What has to be asked for before a gateway can refuse it.
ASKING = {
    "lacks-output-compression": {"output_format": "jpeg", "output_compression": "60"},
    "lacks-moderation": {"moderation": "low"},
    "lacks-background": {"background": "opaque"},
}
# What makes the studio ask whether something smaller may be drawn, where a large picture was wanted.
TOO_MUCH = {"502", "502-leak", "503"}
# One gateway takes its calls as tasks, and it alone offers this model.
TASK_MODEL = "gpt-image-2-2026-04-21"
SIZES = ("1024x640", "1024x640", "1024x1024", "640x1024")


@dataclass(frozen=True)
class Submission:
    """One form, for one picture: of the composer, or the first words of a conversation."""

    prompt: str
    fields: dict[str, str] = field(default_factory=dict)
    has_reference: bool = False
    is_thread: bool = False


class Plan:
    """`count` submissions, handed out one by one; the last make up for failures that fired too seldom."""

    def __init__(self, count: int, *, chance: random.Random, lines: Callable[[], Sequence[Any]]) -> None:
        self.count, self.lines = count, lines
        self._chance, self._lock, self._given = chance, threading.Lock(), 0
        self._names = [*ODD, *(name for name in sorted(FAILURES) for _ in range(AT_FIRST))]
        chance.shuffle(self._names)

    def __iter__(self) -> Iterator[Submission]:
        while (submission := self.next()) is not None:
            yield submission

    def next(self) -> Submission | None:
        with self._lock:
            if self._given == self.count:
                return None
            self._given += 1
            if not self._names:
                self._names = self.missing() or [self._chance.choice(["", *FAULTS])]
            return made(self._given, self._names.pop(), chance=self._chance)

    def missing(self) -> list[str]:
        """One of each fault that has not fired often enough yet."""
        # Half of what is on its way fires in time, so that no fault eats up the rest.
        names = [name for name, count in fired(self.lines()).items() if count < OFTEN]
        self._chance.shuffle(names)
        return names

    def add(self) -> bool:
        """Add what is still missing when all has come to rest; False where nothing is."""
        met = fired(self.lines())
        self._names = [name for name, count in met.items() for _ in range(OFTEN - count)]
        self.count += len(self._names)
        return bool(self._names)


def made(number: int, fault: str, *, chance: random.Random) -> Submission:
    # One that fails once fires once for each gateway, and then shows that the job goes on.
    once = ONCE if fault and chance.random() < 0.2 else ""
    prompt = f"Harbour number {number}" + (f" sandbox:{fault}{once}" if fault else "")
    kind = FAULTS[fault].applies_to if fault else ""
    is_plain = fault in OF_STREAMS or fault in OF_EDITS or kind in (RESPONSES, TASKS, MODERATIONS)
    is_large = not is_plain and chance.random() < (0.7 if fault in TOO_MUCH else 0.1)
    fields = {
        "size": "2048x2048" if is_large else chance.choice(SIZES),
        "quality": chance.choice(["low", "low", "low", "medium"]),
        "output_format": chance.choice(["jpeg", "png", "webp"]),
        "partial_images": str(chance.randint(1, 3)) if fault in OF_STREAMS or chance.random() < 0.2 else "0",
        "fallback": chance.choice(["ask", "automatic", "never"]),
    }
    if kind == TASKS or (kind == DRAWINGS and not is_plain and chance.random() < 0.1):
        fields["model"] = TASK_MODEL
    return Submission(
        prompt,
        fields | ASKING.get(fault, {}),
        has_reference=fault in OF_EDITS or (kind == DRAWINGS and chance.random() < 0.15),
        is_thread=kind == RESPONSES or (not fault and chance.random() < 0.2),
    )


def fired(lines: Sequence[Any]) -> dict[str, int]:
    """How often each failure was met, by the billing logs; one that fails only once counts once for a prompt and key.

    Asking a moderation is no request for a picture: who was asked is not in the logs, and counts as having been.
    """
    met: dict[str, set[object]] = {name: set() for name in sorted(FAILURES)}
    for line in lines:
        asked = str(line["fault"] or "")
        name = asked.removesuffix(ONCE)
        if name in met and is_met(name, line):
            met[name].add((line["key"], line["prompt_sha256"]) if asked.endswith(ONCE) else line["id"])
    return {name: len(marks) for name, marks in met.items()}


def is_met(name: str, line: Any) -> bool:
    """Whether a request that named a fault was one that it applies to."""
    fault = FAULTS[name]
    if fault.applies_to == MODERATIONS:
        return True
    if fault.applies_to == RESPONSES and line["endpoint"] != "responses":
        return False
    if fault.applies_to == TASKS and not line["is_task"]:
        return False
    if name in OF_EDITS and not line["images"]:
        return False
    return not (fault.error and fault.delivery == "plain" and line["status"] != fault.status)
