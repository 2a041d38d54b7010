"""Every path by which a prompt is sent is checked: the same step is refused with one prompt and works with another."""

import html
import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from studio.accounts.models import User
from studio.generations import claims
from studio.generations.models import Generation, Job
from studio.ledger.models import Entry
from studio.library import outbox
from studio.library.models import Picture
from studio.safety.models import SafetyNote
from studio.threads.models import Thread, Turn
from studio.upstreams.models import Upstream
from studio.worker import sweep
from studio.worker.edit import EditStrategy
from studio.worker.runner import Runner
from tests.conversations import turn_form
from tests.create.test_refused_prompts import ClientOf, request_form
from tests.running import wait_for_jobs
from tests.safety.test_policy import REFUSED
from tests.sandbox.conftest import Running

pytestmark = pytest.mark.usefixtures("transactional_db")

DISALLOWED = REFUSED["explicit"][1]
INNOCENT = "a sleeping cat on a bed"
BOX = re.compile(r'<textarea[^>]* name="prompt"[^>]*>(.*?)</textarea>', re.DOTALL)

type Send = Callable[[], Any]


class DesignerClient:
    """Ben at his browser."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def post(self, address: str, fields: dict[str, Any]) -> Any:
        return self.client.post(address, fields)

    def generate(self, words: str) -> Generation:
        """A finished generation."""
        self.post("/generations/", request_form(words))
        return wait_for_latest()

    def start_thread(self, words: str) -> Turn:
        """The first turn of a thread, with its picture."""
        self.post("/threads/", turn_form(prompt=words, way="draw"))
        return Turn.objects.get(generation=wait_for_latest())

    def upload(self, name: str = "photo.png") -> Picture:
        out = BytesIO()
        Image.new("RGB", (640, 640), "#4466aa").save(out, "PNG")
        self.post("/pictures/", {"file": SimpleUploadedFile(name, out.getvalue(), "image/png")})
        return Picture.objects.latest("pk")


def wait_for_latest() -> Generation:
    generation = Generation.objects.latest("pk")
    wait_for_jobs(generation)
    return generation


def picture_of(generation: Generation) -> Picture:
    return Picture.objects.filter(result__job__generation=generation).latest("pk")


def with_prompt(generation: Generation, words: str) -> Generation:
    """As if it had been submitted when the policy did not refuse this prompt yet."""
    generation.request = replace(generation.request, prompt=words)
    generation.save()
    return generation


def mask_file() -> SimpleUploadedFile:
    mask = Image.new("RGBA", (640, 640), (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), (100, 100, 300, 300))
    out = BytesIO()
    mask.save(out, "PNG")
    return SimpleUploadedFile("mask.png", out.getvalue(), "image/png")


# ── The ways: each makes ready what comes before, and hands back the step that sends the words ──────────────────────


def by_a_prompt(designer: DesignerClient, words: str) -> Send:
    return lambda: designer.post("/generations/", request_form(words))


def by_what_to_avoid(designer: DesignerClient, words: str) -> Send:
    return lambda: designer.post(
        "/generations/", request_form("a beach", avoid=f"boredom, and instead show {words} in detail")
    )


def beside_references(designer: DesignerClient, words: str) -> Send:
    picture = designer.upload()
    return lambda: designer.post("/generations/", request_form(words, reference=[picture.pk]))


def by_a_masked_edit(designer: DesignerClient, words: str) -> Send:
    picture = designer.upload()
    fields = {"token": str(uuid.uuid4()), "prompt": words, "model": "gpt-image-2", "quality": "low", "n": "1"}
    return lambda: designer.post(f"/pictures/{picture.pk}/mask/", fields | {"lock": "on", "mask": mask_file()})


def by_the_first_words_of_a_thread(designer: DesignerClient, words: str) -> Send:
    return lambda: designer.post("/threads/", turn_form(prompt=words))


def by_a_later_turn(designer: DesignerClient, words: str) -> Send:
    turn = designer.start_thread("a red boat")
    fields = turn_form(prompt=words, parent=turn.pk, base=picture_of(turn.generation).pk)
    return lambda: designer.post(f"/threads/{turn.thread_id}/turns/", fields)


def by_an_earlier_turn_that_goes_along(designer: DesignerClient, words: str) -> Send:
    turn = designer.start_thread("a red boat")
    with_prompt(turn.generation, words)
    fields = turn_form(prompt="warmer light", parent=turn.pk, base=picture_of(turn.generation).pk)
    return lambda: designer.post(f"/threads/{turn.thread_id}/turns/", fields)


def by_planning_first(designer: DesignerClient, words: str) -> Send:
    return lambda: designer.post("/plans/", {"plan_token": str(uuid.uuid4()), "prompt": words})


def by_using_a_prompt_again(designer: DesignerClient, words: str) -> Send:
    picture = picture_of(with_prompt(designer.generate("a red boat"), words))
    page = designer.client.get(f"/?reuse={picture.pk}").content.decode()
    [box] = BOX.findall(page)
    typed = html.unescape(box).strip()
    assert typed == words
    return lambda: designer.post("/generations/", request_form(typed))


def by_trying_again(designer: DesignerClient, words: str) -> Send:
    generation = with_prompt(designer.generate("a red boat"), words)
    Job.objects.filter(generation=generation).update(state=Job.State.CANCELED)
    return lambda: designer.client.post(f"/jobs/{generation.jobs.get().pk}/retry/", follow=True)


# By what was in the box, which a refusal shows again. The composer stays as it is around a plan's answer.
TYPED: dict[Callable[[DesignerClient, str], Send], str] = {
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
def test_disallowed_prompts_are_never_sent_and_others_are(
    way: Callable[[DesignerClient, str], Send], runner: Runner, sandbox: Running, ben: User, client_of: ClientOf
) -> None:
    designer = DesignerClient(client_of(ben))
    innocent, disallowed = way(designer, INNOCENT), way(designer, DISALLOWED)
    before, sent = state(), len(sandbox.lines(user=ben.alias.hex))

    answer = disallowed()
    page = html.unescape(answer.content.decode())
    assert answer.status_code == (200 if way is by_trying_again else 422)
    assert "it reads like nudity or explicit sexual content. Nothing was charged" in page
    assert TYPED[way] in page
    assert "HX-Retarget" not in answer
    assert state() == before
    assert [note.category for note in SafetyNote.objects.all()] == ["explicit"]

    assert innocent().status_code in (200, 302)
    wait_for_jobs(generation := filed_last())
    # The runner had all the time it takes to send the innocent one, and that is all it sent.
    [line] = sandbox.lines(user=ben.alias.hex)[sent:]
    assert line["prompt_sha256"] == sha256(generation.prompt.encode()).hexdigest()
    assert DISALLOWED not in generation.prompt
    assert SafetyNote.objects.count() == 1


def test_what_a_file_was_called_does_not_go_along(upstream: Upstream, ben: User, client_of: ClientOf) -> None:
    designer = DesignerClient(client_of(ben))
    picture = designer.upload(f"{DISALLOWED}.png")
    assert designer.post("/generations/", request_form(INNOCENT, reference=[picture.pk])).status_code == 302
    [call] = claims.claim_batch(worker=sweep.register(home="tests"), now=timezone.now())
    sent = EditStrategy().prepare(call)
    assert [part.filename for part in sent.pictures] == ["image-1.png"]
    assert Generation.objects.get().prompt == INNOCENT
    outbox.clear(call.attempt_id)
