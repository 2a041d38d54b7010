"""A prompt that the gateway rewrote is told wherever the picture is: nothing is drawn from other words in silence."""

import pytest
from django.template.loader import render_to_string
from django.test import Client

from studio.accounts.models import User
from studio.generations.models import Job
from studio.generations.runner import Runner
from studio.library.models import Picture

from .conftest import Submit, over

pytestmark = pytest.mark.usefixtures("transactional_db")
REVISED = "A picture, kindly revised."


def test_the_tile_and_the_pictures_page_say_what_was_drawn(
    runner: Runner, ben: User, submit: Submit, client: Client
) -> None:
    [job] = over(submit(ben, "A harbour sandbox:revised"))
    tile = render_to_string("generations/cards.html#tile", {"job": Job.objects.get(pk=job.pk)})
    assert f"Drawn as <q>{REVISED}</q>" in tile
    client.force_login(ben)
    page = client.get(Picture.objects.get().get_absolute_url()).content.decode()
    assert '<details class="picture-revised" open>' in page
    assert REVISED in page


def test_nothing_is_said_of_the_same_words(ben: User) -> None:
    picture = Picture(owner=ben, prompt="A harbour", revised_prompt=" A harbour\n")
    assert picture.rewritten_prompt == ""
    picture.revised_prompt = "A harbour at dawn"
    assert picture.rewritten_prompt == "A harbour at dawn"
