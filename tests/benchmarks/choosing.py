"""What it costs to find the next job and the upstream for it: 50 upstreams, 10,000 queued jobs of 200 people.

`uv run python -m tests.benchmarks.choosing`
"""

import os
import tempfile
import time
import uuid
from collections.abc import Callable
from itertools import islice
from types import ModuleType

import django
from django.db.models.functions import Mod

from .measure import middle, p95

UPSTREAMS, PEOPLE, JOBS, ROUNDS = 50, 200, 10_000, 200
AIM = 5.0  # ms
MODELS = ("gpt-image-2", "gpt-image-2", "gpt-image-2", "gpt-image-1.5")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="easel-benchmark-") as folder:
        os.environ |= {"STUDIO_DATA": folder, "STUDIO_DOTENV": "off", "DJANGO_SETTINGS_MODULE": "studio.settings"}
        django.setup()
        from django.core.management import call_command
        from django.utils import timezone

        call_command("migrate", verbosity=0)
        fill()
        from studio.generations import claims
        from studio.worker import sweep

        worker = sweep.register(home="benchmark")
        report("a yardstick: 100,000 additions", lambda: sum(range(100_000)))
        report("one look at everything", lambda: next(claims.assignments(now=timezone.now())), aim=AIM)
        report("a batch of 16 choices, each", lambda: batch(claims), per=claims.BATCH, aim=AIM)
        report("a batch claimed and written, each", lambda: claims.claim_batch(worker=worker, now=timezone.now()),
               rounds=10, per=claims.BATCH)  # fmt: skip
        avoid_somewhere()
        report("one look, every job avoids an upstream", lambda: next(claims.assignments(now=timezone.now())), aim=AIM)
        nobody_offers()
        report("one look, a model nobody offers heads a line", lambda: next(claims.assignments(now=timezone.now())))


def batch(claims: ModuleType) -> None:
    """What `claim_batch` decides before it writes."""
    from django.utils import timezone

    chosen = list(islice(claims.assignments(now=timezone.now()), claims.BATCH))
    assert len(chosen) == claims.BATCH


def fill() -> None:
    from studio.accounts.models import User
    from studio.generations.models import Generation, Job
    from studio.upstreams.models import Upstream

    for number in range(UPSTREAMS):
        Upstream.objects.declare(
            name=f"Team {number}",
            api_key=f"sk-benchmark-{number:032}",
            base_url="https://gateway.example.com/v1",
            plan=("team", "free", "api", "plus")[number % 4],
            priority=number % 3,
            image_models=[] if number % 2 else ["gpt-image-2"],
        )
    people = User.objects.bulk_create(User(email=f"person{number}@example.com") for number in range(PEOPLE))
    facts = {"prompt": "A bench", "size": "1024x1024", "quality": "low", "output_format": "png", "background": "auto"}
    submissions = Generation.objects.bulk_create(
        Generation(owner=people[number % PEOPLE], token=uuid.uuid4(), model=MODELS[number % 4], n=1,
                   partial_images=0, moderation="auto", **facts)
        for number in range(JOBS)
    )  # fmt: skip
    Job.objects.bulk_create(
        Job(generation=submission, owner=submission.owner, position=0, model=submission.model,
            lane="large" if number % 5 == 0 else "standard")
        for number, submission in enumerate(submissions)
    )  # fmt: skip


def avoid_somewhere() -> None:
    from studio.generations.models import Job

    for number in range(UPSTREAMS):
        every_fiftieth = Job.objects.queued().annotate(rest=Mod("pk", UPSTREAMS)).filter(rest=number)
        every_fiftieth.update(avoided=[number + 1])


def nobody_offers() -> None:
    from studio.generations.models import Job

    first = Job.objects.queued().order_by("pk").first()
    Job.objects.filter(pk=first.pk if first else None).update(model="gpt-image-9")
    from studio.upstreams.models import Upstream

    Upstream.objects.update(image_models=list(MODELS))


def report(
    what: str, function: Callable[[], object], *, rounds: int = ROUNDS, per: int = 1, aim: float | None = None
) -> None:
    function()
    took = [clocked(function) for _ in range(rounds)]
    wall, work = ([one[at] / per for one in took] for at in (0, 1))
    goal = f"; aim {aim:.0f} ms" if aim else ""
    print(f"{what}: {middle(wall):.2f} ms (p95 {p95(wall):.2f}, processor {middle(work):.2f}{goal})")


def clocked(function: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds by the wall and by the processor."""
    began, worked = time.perf_counter(), time.thread_time()
    function()
    return (time.perf_counter() - began) * 1000, (time.thread_time() - worked) * 1000


if __name__ == "__main__":
    main()
