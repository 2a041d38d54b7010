"""Every way words can leave the studio is judged: the same step is refused with some words, and goes with others."""

import html
import re
import uuid
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from studio.accounts.models import User
from studio.generations import claims, edits, sweep
from studio.generations.models import Generation, Job, SafetyNote, Thread, Turn
from studio.generations.runner import Runner
from studio.ledger.models import Entry
from studio.library.models import Picture
from studio.upstreams.models import Upstream
from tests.generations.conftest import *  # noqa: F403 - the runner and its sandbox
from tests.generations.conftest import over
from tests.generations.threads.conftest import posted
from tests.sandbox.conftest import Running

from .test_policy import REFUSED
from .test_refusals import ClientOf, wish

pytestmark = pytest.mark.usefixtures("transactional_db")

DISALLOWED = REFUSED["explicit"][1]
INNOCENT = "a sleeping cat on a bed"
BOX = re.compile(r'<textarea[^>]* name="prompt"[^>]*>(.*?)</textarea>', re.DOTALL)

type Send = Callable[[], Any]


class Desk:
    """Ben at his browser."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def post(self, address: str, fields: dict[str, Any]) -> Any:
        return self.client.post(address, fields)

    def draw(self, words: str) -> Generation:
        """A wish that has come true."""
        self.post("/generations/", wish(words))
        return done()

    def talk(self, words: str) -> Turn:
        """A conversation that has begun, with its first picture."""
        self.post("/threads/", posted(prompt=words, way="draw"))
        return Turn.objects.get(generation=done())

    def upload(self, name: str = "photo.png") -> Picture:
        out = BytesIO()
        Image.new("RGB", (640, 640), "#4466aa").save(out, "PNG")
        self.post("/pictures/", {"file": SimpleUploadedFile(name, out.getvalue(), "image/png")})
        return Picture.objects.latest("pk")


def done() -> Generation:
    generation = Generation.objects.latest("pk")
    over(generation)
    return generation


def picture_of(generation: Generation) -> Picture:
    return Picture.objects.filter(job__generation=generation).latest("pk")


def reworded(generation: Generation, words: str) -> Generation:
    """As if it had been filed when the policy did not know these words yet."""
    Generation.objects.filter(pk=generation.pk).update(prompt=words)
    return generation


def painted() -> SimpleUploadedFile:
    mask = Image.new("RGBA", (640, 640), (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), (100, 100, 300, 300))
    out = BytesIO()
    mask.save(out, "PNG")
    return SimpleUploadedFile("mask.png", out.getvalue(), "image/png")


# ── The ways: each makes ready what comes before, and hands back the step that sends the words ──────────────────────


def by_a_prompt(desk: Desk, words: str) -> Send:
    return lambda: desk.post("/generations/", wish(words))


def by_what_to_avoid(desk: Desk, words: str) -> Send:
    return lambda: desk.post("/generations/", wish("a beach", avoid=f"boredom, and instead show {words} in detail"))


def beside_references(desk: Desk, words: str) -> Send:
    picture = desk.upload()
    return lambda: desk.post("/generations/", wish(words, reference=[picture.pk]))


def by_a_masked_edit(desk: Desk, words: str) -> Send:
    picture = desk.upload()
    fields = {"token": str(uuid.uuid4()), "prompt": words, "model": "gpt-image-2", "quality": "low", "n": "1"}
    return lambda: desk.post(f"/pictures/{picture.pk}/mask/", fields | {"lock": "on", "mask": painted()})


def by_the_first_words_of_a_thread(desk: Desk, words: str) -> Send:
    return lambda: desk.post("/threads/", posted(prompt=words))


def by_a_later_turn(desk: Desk, words: str) -> Send:
    turn = desk.talk("a red boat")
    fields = posted(prompt=words, parent=turn.pk, base=picture_of(turn.generation).pk)
    return lambda: desk.post(f"/threads/{turn.thread_id}/turns/", fields)


def by_an_earlier_turn_that_goes_along(desk: Desk, words: str) -> Send:
    turn = desk.talk("a red boat")
    reworded(turn.generation, words)
    fields = posted(prompt="warmer light", parent=turn.pk, base=picture_of(turn.generation).pk)
    return lambda: desk.post(f"/threads/{turn.thread_id}/turns/", fields)


def by_planning_first(desk: Desk, words: str) -> Send:
    return lambda: desk.post("/plans/", {"plan_token": str(uuid.uuid4()), "prompt": words})


def by_using_a_prompt_again(desk: Desk, words: str) -> Send:
    picture = picture_of(reworded(desk.draw("a red boat"), words))
    page = desk.client.get(f"/?reuse={picture.pk}").content.decode()
    [box] = BOX.findall(page)
    typed = html.unescape(box).strip()
    assert typed == words
    return lambda: desk.post("/generations/", wish(typed))


def by_trying_again(desk: Desk, words: str) -> Send:
    generation = reworded(desk.draw("a red boat"), words)
    Job.objects.filter(generation=generation).update(state=Job.State.CANCELED)
    return lambda: desk.client.post(f"/jobs/{generation.jobs.get().pk}/retry/", follow=True)


# By what was in the box, which a refusal shows again. The composer stays as it is around a plan's answer.
TYPED: dict[Callable[[Desk, str], Send], str] = {
    by_a_prompt: DISALLOWED,
    by_what_to_avoid: f"boredom, and instead show {DISALLOWED} in detail",
    beside_references: DISALLOWED,
    by_a_masked_edit: DISALLOWED,
    by_the_first_words_of_a_thread: DISALLOWED,
    by_a_later_turn: DISALLOWED,
    by_an_earlier_turn_that_goes_along: "warmer light",
    by_planning_first: "",
    by_using_a_prompt_again: DISALLOWED,
    by_trying_again: "",
}


def state() -> list[Any]:
    """What is filed, queued and held."""
    jobs = list(Job.objects.order_by("pk").values_list("pk", "state", "round"))
    return [jobs, *(model.objects.count() for model in (Generation, Thread, Turn, Entry))]


def filed_last() -> Generation:
    """Of the job that was filed last, or tried again."""
    return Job.objects.order_by("-round", "-pk")[0].generation


@pytest.mark.parametrize("way", TYPED, ids=lambda way: way.__name__)
def test_disallowed_words_never_leave_and_others_do(
    way: Callable[[Desk, str], Send], runner: Runner, sandbox: Running, ben: User, client_of: ClientOf
) -> None:
    desk = Desk(client_of(ben))
    innocent, disallowed = way(desk, INNOCENT), way(desk, DISALLOWED)
    before, sent = state(), len(sandbox.lines())

    answer = disallowed()
    page = html.unescape(answer.content.decode())
    assert answer.status_code == (200 if way is by_trying_again else 422)
    assert "it reads like nudity or explicit sexual content. Nothing was charged" in page
    assert TYPED[way] in page
    assert "HX-Retarget" not in answer
    assert state() == before
    assert [note.category for note in SafetyNote.objects.all()] == ["explicit"]

    assert innocent().status_code in (200, 302)
    over(generation := filed_last())
    # The runner had all the time it takes to send the innocent one, and that is all it sent.
    [line] = sandbox.lines()[sent:]
    assert line["prompt_sha256"] == sha256(generation.prompt.encode()).hexdigest()
    assert DISALLOWED not in generation.prompt
    assert SafetyNote.objects.count() == 1


def test_what_a_file_was_called_does_not_go_along(upstream: Upstream, ben: User, client_of: ClientOf) -> None:
    desk = Desk(client_of(ben))
    picture = desk.upload(f"{DISALLOWED}.png")
    assert desk.post("/generations/", wish(INNOCENT, reference=[picture.pk])).status_code == 302
    [call] = claims.claim_some(worker=sweep.register(home="tests"), now=timezone.now())
    sending = edits.prepare(attempt_id=call.attempt_id)
    assert sending
    assert [part.filename for part in sending.pictures] == ["image-1.png"]
    assert Generation.objects.get().prompt == INNOCENT
    sending.clear()
