"""The people of a chaos run: they ask, cancel, retry and answer over HTTP, and wait for a studio that is gone."""

import io
import random
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
from PIL import Image

from tests.server.visitor import CSRF, GENERATION_FORM

from .plan import Submission

PATIENCE = 90.0
ALERT_TEXT = re.compile(r'role="alert"[^>]*>(.*?)</', re.DOTALL)  # what a form says that was refused
THREAD_FORM = {"main_model": "gpt-5.5", "way": "open", "parent": "", "base": "", "mask": "", "n": ""}


class Gone(Exception):
    """The studio did not answer for longer than any restart takes."""


@dataclass
class Person:
    """Somebody signed in at the studio; every request is repeated until the studio is there to answer it."""

    address: str
    email: str
    password: str
    http: httpx.Client = field(init=False, repr=False)
    csrf: str = ""
    reference: str = ""

    def __post_init__(self) -> None:
        self.http = httpx.Client(
            base_url=self.address, timeout=30, trust_env=False, limits=httpx.Limits(keepalive_expiry=0)
        )

    def come_in(self) -> None:
        form = {"login": self.email, "password": self.password, "csrfmiddlewaretoken": self.csrf_of("/accounts/login/")}
        answer = self.ask("POST", "/accounts/login/", data=form)
        assert answer.status_code == 302, answer.text
        self.csrf = self.csrf_of("/")

    def csrf_of(self, address: str) -> str:
        found = CSRF.search(self.ask("GET", address).text)
        assert found, f"no form at {address}"
        return found[1]

    def bring(self) -> None:
        """Upload the picture that edits are made of."""
        picture = io.BytesIO()
        Image.linear_gradient("L").resize((256, 256)).convert("RGB").save(picture, "png")
        answer = self.ask(
            "POST",
            "/pictures/",
            data={"csrfmiddlewaretoken": self.csrf},
            files={"file": ("gradient.png", picture.getvalue(), "image/png")},
            headers={"Accept": "application/json"},
        )
        self.reference = str(answer.json()["id"])

    def submit(self, submission: Submission) -> None:
        """Submit a request. With its token, a form that is sent again is the same submission."""
        form = GENERATION_FORM | submission.fields | (THREAD_FORM if submission.is_thread else {})
        form |= {"prompt": submission.prompt, "token": str(uuid.uuid4()), "csrfmiddlewaretoken": self.csrf}
        if submission.has_reference:
            form["reference"] = self.reference
        answer = self.ask("POST", "/threads/" if submission.is_thread else "/generations/", data=form)
        assert answer.status_code == 302, (
            f"{answer.status_code} for {submission}: {ALERT_TEXT.findall(answer.text) or answer.text}"
        )

    def act(self, job_id: int, noun: str, **fields: str) -> int:
        """A button on a tile; the job may be past it."""
        answer = self.ask("POST", f"/jobs/{job_id}/{noun}/", data={"csrfmiddlewaretoken": self.csrf} | fields)
        return answer.status_code

    def ask(self, method: str, address: str, **options: Any) -> httpx.Response:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                answer = self.http.request(method, address, **options)
            except httpx.TransportError:
                time.sleep(0.2)
                continue
            if answer.status_code != 429:
                return answer
            time.sleep(min(float(answer.headers.get("retry-after", "1")), 5))
        raise Gone(address)


class Submitting(threading.Thread):
    """Everybody takes a submission and files it, each in a thread of their own; ends when the last has."""

    def __init__(
        self, people: Sequence[Person], submissions: Iterable[Submission], *, done: Callable[[int], None]
    ) -> None:
        super().__init__()
        self.failures: list[BaseException] = []
        self._submissions, self._done = submissions, done
        self._threads = [threading.Thread(target=self._share, args=(person,)) for person in people]

    def run(self) -> None:
        for thread in self._threads:
            thread.start()
        for thread in self._threads:
            thread.join()

    def _share(self, person: Person) -> None:
        try:
            for submission in self._submissions:
                person.submit(submission)
                self._done(1)
        except BaseException as failure:
            self.failures.append(failure)


@dataclass
class Meddler:
    """What people do to jobs under way, at random: cancel a few, retry some that failed, answer what is asked."""

    people: dict[int, Person]
    chance: random.Random
    most_retries: int
    canceled: int = 0
    retried: int = 0
    answered: int = 0

    def meddle(self) -> None:
        from studio.generations.models import Job

        live = list(Job.objects.live().exclude(waiting_for__in=Job.ON_HOLD_FOR).values_list("pk", "owner_id")[:200])
        if live and self.chance.random() < 0.1:
            job_id, owner = self.chance.choice(live)
            self.people[owner].act(job_id, "cancellation")
            self.canceled += 1
        for job_id, owner in (
            Job.objects.queued().filter(waiting_for=Job.WaitingFor.CONSENT).values_list("pk", "owner_id")
        ):
            self.people[owner].act(job_id, self.chance.choice(["fallback", "cancellation"]))
            self.answered += 1
        failed = list(Job.objects.filter(state=Job.State.FAILED, round=1).values_list("pk", "owner_id")[:200])
        if failed and self.retried < self.most_retries and self.chance.random() < 0.2:
            job_id, owner = self.chance.choice(failed)
            self.people[owner].act(job_id, "retry")
            self.retried += 1
