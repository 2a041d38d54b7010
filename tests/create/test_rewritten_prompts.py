"""A prompt that the gateway revised is shown wherever the picture is shown."""

import pytest
from django.template.loader import render_to_string
from django.test import Client

from studio.accounts.models import User
from studio.generations.models import Job
from studio.library.models import Picture
from studio.worker.runner import Runner
from tests.running import Submit, wait_for_jobs

pytestmark = pytest.mark.usefixtures("transactional_db")
REVISED = "A picture, kindly revised."


def test_the_tile_and_the_pictures_page_show_the_revised_prompt(
    runner: Runner, ben: User, submit: Submit, client: Client
) -> None:
    [job] = wait_for_jobs(submit(ben, "A harbour sandbox:revised"))
    tile = render_to_string("create/cards.html#tile", {"job": Job.objects.get(pk=job.pk)})
    assert f"Rewritten as <q>{REVISED}</q>" in tile
    client.force_login(ben)
    page = client.get(Picture.objects.get().get_absolute_url()).content.decode()
    assert '<details class="picture-revised" open>' in page
    assert REVISED in page


def test_an_unchanged_prompt_is_no_revised_prompt(ben: User) -> None:
    picture = Picture(owner=ben, prompt="A harbour", revised_prompt=" A harbour\n")
    assert picture.rewritten_prompt == ""
    picture.revised_prompt = "A harbour at dawn"
    assert picture.rewritten_prompt == "A harbour at dawn"
