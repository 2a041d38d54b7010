"""What a person can do next where an edit's result could not be put back onto its source."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from studio.accounts.models import User
from studio.generations.models import Generation
from studio.library.models import Picture
from studio.upstreams.models import Upstream
from studio.worker.runner import Runner
from tests.answering_gateway import USAGE, AnsweringGateway, answering, drawn, text_of
from tests.running import upstream_at, wait_for_jobs

from .test_edits import edit, mask_png, photo, upload  # noqa: F401

pytestmark = pytest.mark.usefixtures("transactional_db")

SIZE = (2400, 1600)
KEY = "sk-test-0123456789abcdef"


@pytest.fixture
def gateway() -> Iterator[AnsweringGateway]:
    with answering() as gateway:
        yield gateway


@pytest.fixture
def upstream(gateway: AnsweringGateway, transactional_db: None) -> Upstream:
    return upstream_at(gateway.base_url, name="north")


@pytest.fixture
def unlocked(runner: Runner, gateway: AnsweringGateway, upload: Any, edit: Any) -> Picture:  # noqa: F811
    """The result of an edit of the painted part, which came in other proportions."""
    odd = {"data": [{"b64_json": text_of(drawn(size=(1312, 1199)))}], "usage": USAGE}
    gateway.answer(odd)
    assert edit(upload(photo(*SIZE)), mask_png(*SIZE), send="precise").status_code == 302
    [job] = wait_for_jobs(Generation.objects.get())
    picture = Picture.objects.get(result__job=job)
    assert picture.lock_verdict == "wrong_ratio"
    return picture


def submit(client: Client, picture: Picture, how: str) -> Generation:
    """Press the button of this name on the picture's page."""
    page = client.get(picture.get_absolute_url()).content.decode()
    form = re.search(rf'name="how" value="{how}">\s*<input type="hidden" name="token" value="([^"]+)"', page)
    assert form, page
    for _double_click in range(2):
        answer = client.post(f"/pictures/{picture.pk}/repetition/", {"how": how, "token": form[1]})
    generation = Generation.objects.latest("pk")
    assert answer.url.endswith(f"?edit={generation.pk}")
    return generation


def test_an_edit_that_came_in_other_proportions_is_sent_whole_by_one_click(
    unlocked: Picture, client_of: Callable[[User], Client], ben: User
) -> None:
    before = Generation.objects.get()
    repeated = submit(client_of(ben), unlocked, "whole")
    assert Generation.objects.count() == 2
    assert (repeated.is_precise, repeated.is_locked, repeated.mask) == (False, True, before.mask)
    assert (repeated.prompt, str(repeated.request.size)) == (before.prompt, "2400x1600")
    wait_for_jobs(repeated)


def test_an_edit_that_came_in_other_proportions_goes_to_another_upstream_by_one_click(
    unlocked: Picture, client_of: Callable[[User], Client], ben: User, upstream: Upstream, gateway: AnsweringGateway
) -> None:
    page = client_of(ben).get(unlocked.get_absolute_url()).content.decode()
    assert "Send the whole picture" in page
    assert "Try another upstream" not in page
    Upstream.objects.declare(name="south", base_url=gateway.base_url, api_key=KEY, is_private_allowed=True)
    cache.clear()
    repeated = submit(client_of(ben), unlocked, "elsewhere")
    [job] = wait_for_jobs(repeated)
    assert (repeated.is_precise, job.avoided) == (True, [upstream.pk])
    assert job.attempts.get().upstream_name == "south"
