"""What is asked for in a run: every fault often enough, at an endpoint that it befalls, in an order of chance."""

import random
from dataclasses import dataclass, field

from studio.sandbox.faults import FAULTS

OFTEN = 5  # times each fault fires
# Faults that only an edit or only a stream can have.
OF_EDITS = {"image-field", "images-lost", "rescale", "shift"}
OF_STREAMS = {"silent", "cut-stream", "no-completed", "late-header", "json-for-sse", "odd-stream", "stream-error",
              "stream-error-event", "stream-error-type", "stream-error-nested", "stream-error-flat"}  # fmt: skip
SIZES = ("1024x640", "1024x640", "1024x1024", "640x1024")


@dataclass(frozen=True)
class Wish:
    """One form of the composer, for one picture."""

    prompt: str
    fields: dict[str, str] = field(default_factory=dict)
    has_reference: bool = False


def wishes(count: int, *, chance: random.Random) -> list[Wish]:
    """`count` wishes; with enough of them, each fault is among them OFTEN times and some go well."""
    names = [name for name in FAULTS for _ in range(OFTEN)]
    chance.shuffle(names)
    names = names[:count]
    while len(names) < count:
        names.append(chance.choice(["", "", "", *FAULTS]))
    chance.shuffle(names)
    return [wish(number, name, chance=chance) for number, name in enumerate(names)]


def wish(number: int, fault: str, *, chance: random.Random) -> Wish:
    # A fault of the first OFTEN must not be spent on a job that never meets it, so most are there every time.
    once = "-once" if fault and chance.random() < 0.3 else ""
    prompt = f"Harbour number {number}" + (f" sandbox:{fault}{once}" if fault else "")
    is_large = chance.random() < 0.03
    fields = {
        "size": "2048x2048" if is_large else chance.choice(SIZES),
        "quality": "low" if is_large else chance.choice(["low", "low", "medium"]),
        "output_format": chance.choice(["jpeg", "png", "webp"]),
        "partial_images": str(chance.randint(1, 3)) if fault in OF_STREAMS or chance.random() < 0.2 else "0",
    }
    return Wish(prompt, fields, has_reference=fault in OF_EDITS or (chance.random() < 0.15))


def fired(lines: list[dict[str, object]]) -> dict[str, int]:
    """How often each fault was met, by the billing logs; one that fails only once counts once for a prompt and key."""
    met: dict[str, set[object]] = {name: set() for name in FAULTS}
    for line in lines:
        name = str(line["fault"] or "")
        mark = (line["key"], line["prompt_sha256"]) if name.endswith("-once") else line["id"]
        if name:
            met[name.removesuffix("-once")].add(mark)
    return {name: len(marks) for name, marks in met.items()}
