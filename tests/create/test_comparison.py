"""Comparing two to four pictures, whatever they were chosen from."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from studio.accounts.models import User
from studio.create.comparison import compared, comparison_of
from studio.library.models import Picture

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]
MakePicture = Callable[..., Picture]


@pytest.fixture
def picture_of() -> MakePicture:
    """A row without files: this page never opens one."""

    def made(owner: User, **facts: Any) -> Picture:
        bytes_facts = {"sha256": "0" * 64, "byte_count": 1000, "width": 1024, "height": 768, "format": "png"}
        return Picture.objects.create(owner=owner, file="pictures/1.png", **bytes_facts | facts)

    return made


def rows_of(pictures: list[Picture], user: User) -> dict[str, list[str]]:
    """The parameters that differ, by label."""
    comparison = comparison_of(compared(pictures, user=user))
    return {row.label: [cell.text for cell in row.cells] for row in comparison.different}


def test_up_to_four_pictures_stand_beside_each_other_in_their_order(
    ben: User, picture_of: MakePicture, client_of: ClientOf
) -> None:
    ids = [picture_of(ben).pk for _ in range(5)][::-1]
    for count in (1, 2, 3, 4):
        answer = client_of(ben).get("/comparison/", {"picture": ids[:count]})
        assert [one.picture.pk for one in answer.context["compared"]] == ids[:count]
    answer = client_of(ben).get("/comparison/", {"picture": ids})
    assert [one.picture.pk for one in answer.context["compared"]] == ids[:4]
    assert "at most 4 pictures can be compared at once" in answer.content.decode()


@pytest.mark.parametrize(
    "query",
    ["", "picture=", "picture=0", "picture=x", "picture=-1", "picture=" + "9" * 40, "picture=1%00", "picture=²"],
)
def test_nothing_to_compare_is_not_found(ben: User, client_of: ClientOf, query: str) -> None:
    assert client_of(ben).get(f"/comparison/?{query}").status_code == 404


def test_nonsense_among_the_numbers_and_numbers_twice_are_passed_over(
    ben: User, picture_of: MakePicture, client_of: ClientOf
) -> None:
    one, other = picture_of(ben), picture_of(ben)
    query = {"picture": ["x", one.pk, one.pk, "9" * 10_000, other.pk], "view": "'; DROP TABLE"}
    answer = client_of(ben).get("/comparison/", query)
    assert [each.picture for each in answer.context["compared"]] == [one, other]
    assert answer.context["view"] == "slider"


def test_a_picture_of_somebody_else_is_as_if_it_did_not_exist(
    ben: User, cleo: User, picture_of: MakePicture, client_of: ClientOf
) -> None:
    mine, other = picture_of(ben), picture_of(cleo, prompt="A hidden lake")
    page = client_of(ben).get("/comparison/", {"picture": [other.pk, mine.pk]})
    assert [one.picture for one in page.context["compared"]] == [mine]
    assert "A hidden lake" not in page.content.decode()
    assert client_of(ben).get("/comparison/", {"picture": [other.pk]}).status_code == 404


def test_only_the_parameters_that_differ_are_rows(ben: User, picture_of: MakePicture) -> None:
    shared = {"model": "gpt-image-2", "background": "auto"}
    low = picture_of(ben, requested=shared | {"quality": "low"}, price=Decimal("0.0047"), upstream_name="Team A")
    high = picture_of(ben, requested=shared | {"quality": "high"}, price=Decimal("0.211"), upstream_name="Team A")
    rows = rows_of([low, high], ben)
    assert rows["Quality"] == ["Low", "High"]
    assert rows["Price"] == ["$0.0047", "$0.2110"]
    assert not {"Model", "Background", "Upstream", "Size", "Prompt"} & set(rows)
    assert {"Model", "Background", "Upstream", "Size"} <= set(comparison_of(compared([low, high], user=ben)).same)


def test_prompts_are_compared_word_by_word_with_the_first(
    ben: User, picture_of: MakePicture, client_of: ClientOf
) -> None:
    one = picture_of(ben, prompt="A red boat in the fog <b>")
    other = picture_of(ben, prompt="A blue boat in the fog <b>")
    page = client_of(ben).get("/comparison/", {"picture": [one.pk, other.pk]}).content.decode()
    assert "A <del>red</del><ins>blue</ins> boat in the fog &lt;b&gt;" in page.replace("<del\n>", "<del>")


def test_what_a_shared_picture_cost_is_its_owners_business(ben: User, cleo: User, picture_of: MakePicture) -> None:
    mine = picture_of(ben, price=Decimal("0.1"), upstream_name="Team A")
    shared = picture_of(cleo, price=Decimal("0.2"), upstream_name="Team B")
    rows = rows_of([mine, shared], ben)
    assert rows["Price"] == ["$0.1000", "—"]
    assert rows["Upstream"] == ["Team A", "—"]


def test_every_picture_has_its_own_ground_and_its_original(
    ben: User, picture_of: MakePicture, client_of: ClientOf
) -> None:
    clear, plain = picture_of(ben, ground="#ffffff"), picture_of(ben)
    page = client_of(ben).get("/comparison/", {"picture": [clear.pk, plain.pk]}).content.decode()
    layers = re.findall(r'<div class="compare-layer.*?</div>', page, re.DOTALL)
    assert [re.findall(r'id="(chequers-[^"]+)"', layer) for layer in layers] == [
        [f"chequers-{clear.pk}"],
        [],
        [f"chequers-over-{clear.pk}"],
        [],
    ]
    assert [re.findall(r'data-original="([^"]+)"', layer) for layer in layers] == [
        [clear.original_url],
        [plain.original_url],
    ] * 2


def test_relatives_that_are_not_compared_yet_can_be_added(
    ben: User, cleo: User, picture_of: MakePicture, client_of: ClientOf
) -> None:
    source = picture_of(ben)
    edits = [picture_of(ben, source=source) for _ in range(3)]
    picture_of(cleo, source=source)
    page = client_of(ben).get("/comparison/", {"picture": [source.pk, edits[0].pk]})
    assert [other for other, _url in page.context["others"]] == [edits[2], edits[1]]
    assert page.context["others"][0][1] == (
        f"/comparison/?picture={source.pk}&picture={edits[0].pk}&picture={edits[2].pk}"
    )


def test_four_pictures_take_as_many_queries_as_two(ben: User, picture_of: MakePicture, client_of: ClientOf) -> None:
    ids, browser = [picture_of(ben).pk for _ in range(4)], client_of(ben)
    counts = []
    for few in (ids[:2], ids[:3]):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            browser.get("/comparison/", {"picture": few})
        counts.append(len(queries))
    assert counts[0] == counts[1]
