"""The command: runs, kills, waits for rest, reconciles, and says what it found."""

import argparse
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from .books import UpstreamAccount
from .people import Meddler, Person, Submitting
from .plan import AT_FIRST, FAILURES, OFTEN, TASK_MODEL, Plan, fired
from .plants import PLANTS
from .processes import TASKER, Process, Town, studio_variables, town

PASSWORD = "five green lanterns"
PEOPLE = 4
KILLS = 5  # of the web process, and as many of the worker
JOBS_A_KILL = 60  # fewer jobs see fewer kills, or nothing would ever be finished
SEQUELS = 4  # times that submissions are added for what canceling and killing kept from firing often enough
REST = 240.0  # seconds in which everything must have come to an end


def main() -> None:
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="easel-chaos-") as folder:
        findings = list(run(Path(folder), **vars(options)))
    for finding in findings:
        print(f"✗ {finding}")
    print(f"{'Failed' if findings else 'Passed'}: seed {options.seed}, {len(findings)} findings")
    sys.exit(bool(findings))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--jobs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plant", choices=sorted(PLANTS), default="")
    return parser.parse_args()


def run(folder: Path, *, jobs: int, seed: int, plant: str = "") -> Iterator[str]:
    """One run in a folder of its own; yields every finding."""
    kills = min(KILLS, -(-jobs // JOBS_A_KILL))
    os.environ |= studio_variables(folder) | {"STUDIO_DOTENV": "off", "DJANGO_SETTINGS_MODULE": "studio.settings"}
    chance = random.Random(seed)
    with town(folder, plant=plant) as here:
        people = settle_in(here)
        inbox = InboxWatch(folder / "studio" / "media" / "inbox")
        count = Count()
        began = time.monotonic()
        with inbox, killing(here, count, jobs=jobs, kills=kills, chance=chance) as keeper:
            plan = Plan(jobs, chance=chance, lines=lambda: lines_of(here))
            meddler = Meddler({person_id(one): one for one in people}, chance, most_retries=jobs // 10)
            for _attempt in range(SEQUELS + 1):
                submitting = Submitting(people, plan, done=count.add)
                submitting.start()
                yield from until_rest(submitting, meddler, inbox, latest=began + REST + jobs)
                if not is_whole(jobs) or not plan.add():
                    break
        keeper.join()
        at_end = time.monotonic() - began
        # A sandbox that ends bills what it is still drawing; only then are the logs whole.
        for process in (here.web, here.worker, *(gateway.process for gateway in here.gateways)):
            process.stop()
        books = read_books(here, inbox)
        yield from books.findings()
        yield from audit()
        yield from coverage(books, jobs)
        print(
            f"{plan.count} jobs, {len(books.attempts)} attempts, {len(books.lines)} requests in {at_end:.0f} s; "
            f"web killed {here.web.deaths} times, worker {here.worker.deaths}; {meddler.canceled} canceled, "
            f"{meddler.retried} retried, {meddler.answered} answered; {outcomes(books)}"
        )


def until_rest(submitting: Submitting, meddler: Meddler, inbox: "InboxWatch", *, latest: float) -> Iterator[str]:
    """Let people do what people do until all submissions are filed and none is under way."""
    while submitting.is_alive() or not at_rest(inbox):
        meddler.meddle()
        keep_open()
        time.sleep(0.3)
        if time.monotonic() > latest:
            yield "the studio did not come to rest"
            return
    yield from map(str, submitting.failures)


def settle_in(here: Town) -> list[Person]:
    """Start the studio, with its people and a second gateway, and let everybody come in."""
    import django

    django.setup()
    from django.core.management import call_command

    from studio.accounts.models import User
    from studio.upstreams.models import Upstream

    call_command("migrate", verbosity=0, interactive=False)
    for gateway in here.gateways[1:]:
        Upstream.objects.declare(
            name=gateway.name,
            base_url=gateway.url,
            api_key=gateway.key,
            standard_slots=24,
            large_slots=6,
            can_async=gateway.takes_tasks,
            image_models=[TASK_MODEL if gateway.takes_tasks else "gpt-image-2"],
            is_private_allowed=True,
        )
    for number in range(PEOPLE):
        User.objects.create_user(email(number), PASSWORD, role=User.Role.ADMIN if number == 0 else User.Role.DESIGNER)
    for process in (here.web, here.worker):
        process.start()
    people = [Person(here.address, email(number), PASSWORD) for number in range(PEOPLE)]
    for person in people:
        person.come_in()
        person.bring()
    # Silence and endless calls are part of the run, so they must not take as long as in life.
    Upstream.objects.update(late_standard=4, late_large=8, deadline_standard=10, deadline_large=20, silence=5)
    Upstream.objects.filter(name="environment").update(image_models=["gpt-image-2"], has_moderations=True)
    return people


def email(number: int) -> str:
    return f"person{number}@example.com"


def person_id(person: Person) -> int:
    from studio.accounts.models import User

    return User.objects.get(email=person.email).pk


def at_rest(inbox: "InboxWatch") -> bool:
    """No job is under way, and the sweep has seen to every reply that a killed worker left after booking it."""
    from studio.generations.models import Attempt, Job

    is_busy = Job.objects.live().exists() or Attempt.objects.unfinished().exists()
    return not is_busy and not any(map(str.isdigit, inbox.left()))


def keep_open() -> None:
    """What an admin does all day: a gateway that was switched off or waits for hours is switched on again.

    What it was seen to refuse is forgotten, as by a key that was changed, or no refusal would be met twice.
    """
    from django.db.models import Q
    from django.utils import timezone

    from studio.generations.models import Job
    from studio.upstreams.models import Upstream
    from studio.upstreams.models.upstream import CAPABILITY_RESET

    # One statement each, as this goes on beside a studio that writes all the time.
    Upstream.objects.filter(Q(is_enabled=False) | ~Q(paused_until=None) | ~Q(**CAPABILITY_RESET)).update(
        is_enabled=True, disabled_reason="", paused_until=None, failure_count=0, **CAPABILITY_RESET
    )
    Upstream.objects.filter(name=TASKER, can_async=False).update(can_async=True)
    soon = timezone.now() + timedelta(seconds=10)
    Job.objects.not_on_hold().filter(not_before__gt=soon).update(not_before=soon)


class Count:
    """How many submissions have been filed so far."""

    def __init__(self) -> None:
        self.value, self._lock = 0, threading.Lock()

    def add(self, number: int) -> None:
        with self._lock:
            self.value += number


@contextmanager
def killing(here: Town, count: Count, *, jobs: int, kills: int, chance: random.Random) -> Iterator[threading.Thread]:
    """Kill web and worker in turn while the submissions come in, and take one gateway away for a moment."""
    victims = [(here.web, here.worker)[number % 2] for number in range(2 * kills)]
    marks = sorted(chance.uniform(0.05, 0.95) * jobs for _ in victims)
    over = threading.Event()

    def keep_killing() -> None:
        for number, (mark, victim) in enumerate(zip(marks, victims, strict=True)):
            while count.value < mark and not over.is_set():
                time.sleep(0.05)
            time.sleep(0.2)
            strike(victim)
            if number == kills:
                here.unplug(here.gateways[1], seconds=2)

    keeper = threading.Thread(target=keep_killing)
    keeper.start()
    try:
        yield keeper
    finally:
        over.set()
        keeper.join()


def strike(victim: Process) -> None:
    victim.kill()
    victim.start()


class InboxWatch(threading.Thread):
    """Notes every whole reply that ever lies in the inbox."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self.folder, self.seen, self.is_over = folder, set[int](), False

    def __enter__(self) -> "InboxWatch":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over = True
        self.join()

    def run(self) -> None:
        while not self.is_over:
            if self.folder.is_dir():
                self.seen |= {int(path.name) for path in self.folder.iterdir() if path.name.isdigit()}
            time.sleep(0.02)

    def left(self) -> frozenset[str]:
        return frozenset(path.name for path in self.folder.iterdir()) if self.folder.is_dir() else frozenset()


def lines_of(here: Town) -> list[dict[str, Any]]:
    return [line for gateway in here.gateways for line in gateway.lines()]


def read_books(here: Town, inbox: InboxWatch) -> UpstreamAccount:
    from studio.generations.models import Attempt, Job, KeptReply, Result
    from studio.ledger.models import Entry

    return UpstreamAccount(
        lines=lines_of(here),
        attempts=list(Attempt.objects.values()),
        jobs=list(Job.objects.values()),
        entries=list(Entry.objects.values()),
        pictures=frozenset(Result.objects.values_list("job_id", flat=True)),
        answers=frozenset(Job.objects.filter(generation__kind="refine").values_list("pk", flat=True)),
        inbox=inbox.left(),
        seen_in_inbox=frozenset(inbox.seen),
        kept=frozenset(KeptReply.objects.values_list("attempt_id", flat=True)),
    )


def audit() -> Iterator[str]:
    from django.core.management import CommandError, call_command

    try:
        call_command("audit_ledger")
    except CommandError as error:
        yield str(error)


def coverage(books: UpstreamAccount, jobs: int) -> Iterator[str]:
    """In a whole run every failure must have been met OFTEN times."""
    for name, count in fired(list(books.lines)).items() if is_whole(jobs) else ():
        if count < OFTEN:
            yield f"the failure {name} fired {count} times, not {OFTEN}"


def is_whole(jobs: int) -> bool:
    """Whether there are jobs enough to meet every failure."""
    return jobs >= AT_FIRST * len(FAILURES)


def outcomes(books: UpstreamAccount) -> str:
    states: dict[str, int] = {}
    for job in books.jobs:
        name = f"{job['state']} {job['charge']}".strip()
        states[name] = states.get(name, 0) + 1
    return ", ".join(f"{count} {name}" for name, count in sorted(states.items()))


if __name__ == "__main__":
    main()
