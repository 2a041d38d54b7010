"""The gallery page: own pictures, newest first, page by page."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from studio.accounts.models import StudioSettings, User
from studio.library.models import Picture, SearchEntry, Tag
from studio.library.views import gallery

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}


def rows_of(owner: User, count: int) -> list[Picture]:
    """Rows without files: the page itself never opens one."""
    facts = {"sha256": "0" * 64, "byte_count": 1, "width": 1536, "height": 1024, "format": "png", "colour": "#123456"}
    return [
        Picture.objects.create(owner=owner, file=f"pictures/{n}.png", prompt=f"Picture of {n} owls", **facts)
        for n in range(count)
    ]


def test_an_empty_gallery_leads_to_create(ben: User, client_of: ClientOf) -> None:
    page = client_of(ben).get("/gallery/").content.decode()
    assert "No pictures yet" in page
    assert 'href="/"' in page


def test_people_see_their_own_pictures_only(ben: User, cleo: User, client_of: ClientOf) -> None:
    [mine] = rows_of(ben, 1)
    assert mine.get_absolute_url() in client_of(ben).get("/gallery/").content.decode()
    assert mine.get_absolute_url() not in client_of(cleo).get("/gallery/").content.decode()


def test_whoever_is_not_signed_in_is_sent_to_sign_in(client: Client) -> None:
    assert client.get("/gallery/").status_code == 302


def test_every_picture_says_its_size_and_colour_before_it_has_loaded(ben: User, client_of: ClientOf) -> None:
    rows_of(ben, 1)
    page = client_of(ben).get("/gallery/").content.decode()
    assert 'width="1536" height="1024"' in page
    assert 'fill="#123456"' in page
    assert 'style="' not in page


def test_pages_meet_without_a_gap_or_a_picture_twice(ben: User, client_of: ClientOf) -> None:
    rows = rows_of(ben, gallery.PAGE * 2 + 5)
    browser, seen, url = client_of(ben), [], "/gallery/"
    while url:
        block = browser.get(url).context["rows"]
        seen += [picture.pk for picture in block.pictures]
        url = f"/gallery/?after={block.last}" if block.is_followed else ""
    assert seen == [row.pk for row in reversed(rows)]


def test_blocks_are_read_in_both_directions_and_from_any_place(ben: User, client_of: ClientOf) -> None:
    ids = [row.pk for row in reversed(rows_of(ben, gallery.PAGE * 2 + 5))]
    browser = client_of(ben)
    page = browser.get(f"/gallery/?at={ids[60]}").context["rows"]
    assert [picture.pk for picture in page.pictures] == ids[60:]
    assert (page.is_preceded, page.is_followed) == (True, False)
    earlier = browser.get(f"/gallery/?before={ids[60]}", headers=HTMX).context["rows"]
    assert [picture.pk for picture in earlier.pictures] == ids[60 - gallery.PAGE : 60]
    assert earlier.is_preceded
    span = browser.get(f"/gallery/?at={ids[3]}&to={ids[7]}", headers=HTMX).context["rows"]
    assert [picture.pk for picture in span.pictures] == ids[3:8]


def test_htmx_gets_only_the_next_pictures(ben: User, client_of: ClientOf) -> None:
    rows = rows_of(ben, 3)
    answer = client_of(ben).get(f"/gallery/?after={rows[2].pk}", headers=HTMX)
    text = answer.content.decode()
    assert text.lstrip().startswith("<section")
    assert "<html" not in text
    assert "HX-Request" in answer["Vary"]


def test_a_full_last_page_has_no_link_to_an_empty_one(ben: User, client_of: ClientOf) -> None:
    rows_of(ben, gallery.PAGE)
    assert not client_of(ben).get("/gallery/").context["rows"].is_followed


@pytest.mark.parametrize("name", ["at", "after"])
@pytest.mark.parametrize("place", ["x", "-1", "9" * 30, "²", "1-2"])
def test_a_place_that_does_not_exist_is_the_beginning(name: str, place: str, ben: User, client_of: ClientOf) -> None:
    rows_of(ben, 1)
    answer = client_of(ben).get("/gallery/", {name: place})
    assert (answer.status_code, len(answer.context["rows"].pictures)) == (200, 1)


def test_a_place_behind_the_last_picture_is_the_beginning_too(ben: User, client_of: ClientOf) -> None:
    [row] = rows_of(ben, 1)
    assert client_of(ben).get("/gallery/?at=0").context["rows"].pictures == [row]


def test_the_number_of_queries_does_not_grow_with_the_pictures(ben: User, client_of: ClientOf) -> None:
    browser, counts = client_of(ben), []
    for count in (2, 30):
        rows_of(ben, count)
        with CaptureQueriesContext(connection) as queries:
            browser.get(f"/gallery/?after={10**9}", headers=HTMX)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_an_archive_is_counted_no_further_than_a_page_has_time_for(
    ben: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery, "COUNTED", 3)
    monkeypatch.setattr(gallery, "PAGE", 2)
    rows_of(ben, 3)
    assert "3 pictures" in client_of(ben).get("/gallery/").text
    rows_of(ben, 2)
    with CaptureQueriesContext(connection) as queries:
        assert "more than 3 pictures" in client_of(ben).get("/gallery/").text
    [count] = [query["sql"] for query in queries if "COUNT(*)" in query["sql"] and "library_picture" in query["sql"]]
    assert "LIMIT 4" in count


def test_a_picture_page_shows_what_was_requested_and_what_was_received(ben: User, client_of: ClientOf) -> None:
    [picture] = rows_of(ben, 1)
    picture.requested = {"size": "2048x2048", "quality": "high", "output_format": "png"}
    picture.received = {"size": "1536x1024", "quality": "high", "output_format": "png"}
    picture.price = Decimal("0.05270000")
    picture.save()
    page = client_of(ben).get(picture.get_absolute_url()).content.decode()
    assert page.count("is-different") == 1
    assert "$0.0527" in page
    assert f"{picture.original_url}?download=1" in page
    assert f"/?reuse={picture.pk}" in page


def test_a_stranger_cannot_open_someone_elses_picture_page(ben: User, cleo: User, client_of: ClientOf) -> None:
    [picture] = rows_of(ben, 1)
    assert client_of(cleo).get(picture.get_absolute_url()).status_code == 404


def test_neighbours_on_the_picture_page_are_those_in_the_gallery(ben: User, cleo: User, client_of: ClientOf) -> None:
    first, second = rows_of(ben, 2)
    rows_of(cleo, 1)
    context = client_of(ben).get(second.get_absolute_url()).context
    assert (context["previous"], context["next"]) == (None, first)


def test_neighbours_on_the_picture_page_keep_the_filter_and_the_order_one_came_with(
    ben: User, client_of: ClientOf
) -> None:
    rows = rows_of(ben, 5)
    for row, rating in zip(rows, (5, 1, 4, 0, 3), strict=True):
        Picture.objects.filter(pk=row.pk).update(rating=rating)
    answer = client_of(ben).get(f"{rows[2].get_absolute_url()}?sort=rating&rating=3&nonsense=1")
    assert (answer.context["previous"], answer.context["next"]) == (rows[0], rows[4])
    page = answer.content.decode()
    for row in (rows[0], rows[4]):
        assert f'href="{row.get_absolute_url()}?rating=3&amp;sort=rating"' in page
        assert f'data-preload="{row.large_url}"' in page
    assert 'href="/gallery/?rating=3&amp;sort=rating" data-close' in page


def test_a_picture_thrown_away_on_its_page_leads_on_to_the_next_in_the_list(ben: User, client_of: ClientOf) -> None:
    first, second = rows_of(ben, 2)
    browser = client_of(ben)
    for picture, place in ((second, f"{first.get_absolute_url()}?format=png"), (first, "/gallery/?format=png")):
        page = browser.get(f"{picture.get_absolute_url()}?format=png").content.decode()
        assert f'name="next" value="{place}"' in page
        assert browser.post("/gallery/selection/trash/", {"picture": picture.pk, "next": place}).url == place
    page = browser.get(first.get_absolute_url()).content.decode()
    assert 'action="/gallery/selection/restoration/"' in page


def test_auto_accepts_every_received_value() -> None:
    picture = Picture(requested={"size": "auto", "quality": "low"}, received={"size": "1024x1024", "quality": "low"})
    assert picture.differences == []
    assert [row[0] for row in picture.comparison] == ["Size", "Quality"]


def test_a_dated_snapshot_is_the_requested_model() -> None:
    requested = {"model": "gpt-image-2"}
    assert Picture(requested=requested, received={"model": "gpt-image-2-2026-04-21"}).differences == []
    assert Picture(requested=requested, received={"model": "gpt-image-1"}).differences == [
        ("model", "gpt-image-2", "gpt-image-1")
    ]


def test_downgraded_pictures_are_marked_and_can_be_looked_at_alone(
    ben: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery, "PAGE", 1)
    rows = rows_of(ben, 4)
    Picture.objects.filter(pk__in=[rows[0].pk, rows[2].pk]).update(is_downgraded=True)
    browser = client_of(ben)
    page = browser.get("/gallery/?downgraded=1")
    assert [picture.pk for picture in page.context["rows"].pictures] == [rows[2].pk]
    assert "2 pictures" in page.content.decode()
    assert "chip-downgraded" in page.content.decode()
    assert f"?downgraded=1&amp;after={rows[2].pk}" in page.content.decode()
    rest = browser.get(f"/gallery/?downgraded=1&after={rows[2].pk}", headers=HTMX)
    assert [picture.pk for picture in rest.context["rows"].pictures] == [rows[0].pk]


def test_what_is_chosen_stands_as_chips_that_take_it_back(ben: User, client_of: ClientOf) -> None:
    rows_of(ben, 1)
    page = client_of(ben).get(
        "/gallery/?quality=high&quality=low&starred=1&rating=4&since=2026-03-02&kind=edited&q=owls"
    )
    chips = dict(page.context["chips"])
    assert set(chips) == {"Edited", "High", "Low", "Starred", "Rated 4 or better", "Since 2 Mar 2026"}
    assert "quality=low" in chips["High"]
    assert "quality=high" not in chips["High"]
    assert "starred" not in chips["Starred"]
    assert all("q=owls" in rest for rest in chips.values())
    assert "No picture matches" in page.text


def test_a_search_is_answered_with_its_results_and_their_one_address(ben: User, client_of: ClientOf) -> None:
    rows = rows_of(ben, 2)
    SearchEntry.objects.add(*rows)
    answer = client_of(ben).get("/gallery/?sort=newest&since=&rating=&q=+owls+of&model=", headers=HTMX)
    assert answer["HX-Replace-Url"] == "/gallery/?q=owls+of"
    assert "<html" not in answer.text
    assert "2 pictures" in answer.text
    # The page of a picture knows which list one came from.
    assert f'href="{rows[1].get_absolute_url()}?q=owls+of"' in answer.text


def test_the_choices_of_filters_are_what_ones_pictures_have(ben: User, cleo: User, client_of: ClientOf) -> None:
    rows_of(ben, 2)
    Picture.objects.filter(owner=ben).update(model="gpt-image-2", upstream_name="Main")
    rows_of(cleo, 1)
    Picture.objects.filter(owner=cleo).update(model="secret-model")
    Tag.objects.get_or_add(ben, "Poster")
    Tag.objects.get_or_add(ben, "Draft")
    choices = client_of(ben).get("/gallery/?choices=1&model=other", headers=HTMX).text
    assert 'value="gpt-image-2"' in choices
    assert 'value="other" checked' in choices
    assert 'value="poster"' in choices
    assert "secret-model" not in choices
    assert "Person" not in choices


def test_only_an_admin_who_may_open_pictures_chooses_a_person(ada: User, ben: User, client_of: ClientOf) -> None:
    for is_allowed in (True, False):
        settings = StudioSettings.load()
        settings.admins_may_open_pictures = is_allowed
        settings.save()
        choices = client_of(ada).get("/gallery/?choices=1", headers=HTMX).text
        assert (f'<option value="{ben.pk}">' in choices) == is_allowed


def test_an_upscaled_picture_says_so_and_lists_its_fallback_steps(ben: User, client_of: ClientOf) -> None:
    [picture] = rows_of(ben, 1)
    step = {
        "from": {"size": "3840x2160", "quality": "high"},
        "size": "1536x864",
        "quality": "medium",
        "price": "0.0323",
        "why": "unavailable",
        "charge": "no",
        "by": "person",
        "at": "2026-11-25T12:00:00+00:00",
    }
    requested, received = {"size": "3840x2160", "quality": "high"}, {"size": "1536x864", "quality": "medium"}
    facts = {"width": 3840, "height": 2160, "requested": requested, "received": received}
    Picture.objects.filter(pk=picture.pk).update(upscaled_from="1536x864", steps=[step], **facts)
    page = client_of(ben).get(picture.get_absolute_url()).content.decode()
    assert "Upscaled from 1536×864 in the studio." in page
    assert "3840×2160, upscaled from 1536×864" in page
    assert "The gateway has a problem right now." in page
    assert "about $0.032" in page
    picture.refresh_from_db()
    assert [row[0] for row in picture.differences] == ["quality"]
    assert ">upscaled<" in client_of(ben).get("/gallery/").content.decode()
