"""Candidates: the results of an edit, compared with their source, and the decision on each of them."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from studio.accounts.models import User
from studio.create.views.candidates import leak_sentence
from studio.generations.models import Generation, Job, Result
from studio.library.models import Picture
from studio.upstreams.models import Upstream
from studio.worker.runner import Runner
from tests.running import wait_for_jobs
from tests.worker.test_edits import edit, mask_png, photo, upload  # noqa: F401

pytestmark = pytest.mark.usefixtures("transactional_db")

ClientOf = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
UNDECIDED = '<span class="chip">undecided</span>'  # on a picture of the gallery; its filter has the word too


@pytest.fixture
def candidate(owner_picture: Callable[..., Picture], ben: User) -> Picture:
    return owner_picture(ben, decision="undecided", source=owner_picture(ben))


@pytest.fixture
def owner_picture() -> Callable[..., Picture]:
    """A row without files: these pages never open one."""

    def made(owner: User, **facts: Any) -> Picture:
        bytes_facts = {"sha256": "0" * 64, "byte_count": 1, "width": 1024, "height": 768, "format": "png"}
        return Picture.objects.create(owner=owner, file="pictures/1.png", **bytes_facts | facts)

    return made


def test_an_edit_leads_to_its_undecided_candidates(
    runner: Runner,
    upload: Callable[..., Picture],  # noqa: F811
    edit: Callable[..., Any],  # noqa: F811
    client_of: ClientOf,
    ben: User,
) -> None:
    source = upload(photo())
    answer = edit(source, mask_png(), n="2")
    assert answer.url == f"/pictures/{source.pk}/candidates/"
    wait_for_jobs(Generation.objects.get())
    pictures = list(Picture.objects.candidates())
    assert [picture.decision for picture in pictures] == ["undecided", "undecided"]
    page = client_of(ben).get(answer.url).content.decode()
    for picture in pictures:
        assert f'data-original="{picture.original_url}"' in page
        assert f"/pictures/{picture.pk}/acceptance/" in page
    assert UNDECIDED in client_of(ben).get("/gallery/").content.decode()
    assert "undecided" in client_of(ben).get("/").content.decode()


def test_candidates_that_are_still_awaited_are_live_tiles(
    upstream: Upstream,
    upload: Callable[..., Picture],  # noqa: F811
    edit: Callable[..., Any],  # noqa: F811
    client_of: ClientOf,
    ben: User,
) -> None:
    source = upload(photo())
    address = edit(source, mask_png(), n="3").url
    jobs = Generation.objects.get().jobs.all()
    page = client_of(ben).get(address).content.decode()
    for job in jobs:
        assert f'id="job-{job.pk}" data-state="queued"' in page
    answer = client_of(ben).get(f"{address}?job={jobs[0].pk}", headers=HTMX)
    assert f'id="candidate-{jobs[0].pk}"' in answer.content.decode()
    assert "<html" not in answer.content.decode()
    assert "HX-Request" in answer["Vary"]


def test_an_accepted_candidate_stays_and_waits_no_longer(candidate: Picture, client_of: ClientOf, ben: User) -> None:
    answer = client_of(ben).post(f"/pictures/{candidate.pk}/acceptance/", headers=HTMX)
    assert 'data-decision="accepted"' in answer.content.decode()
    candidate.refresh_from_db()
    assert (candidate.decision, candidate.trashed_at) == ("accepted", None)
    assert UNDECIDED not in client_of(ben).get("/gallery/").content.decode()


def test_a_discarded_candidate_is_seen_on_its_own_page_only(
    candidate: Picture, owner_picture: Callable[..., Picture], client_of: ClientOf, ben: User
) -> None:
    newer, browser = owner_picture(ben), client_of(ben)
    assert browser.post(f"/pictures/{candidate.pk}/discarding/").url == candidate.get_absolute_url()
    candidate.refresh_from_db()
    assert candidate.trashed_at is not None
    address = f'"{candidate.get_absolute_url()}"'
    assert address not in browser.get("/gallery/").content.decode()
    assert address not in browser.get(newer.get_absolute_url()).content.decode()
    assert address not in browser.get(candidate.source.get_absolute_url()).content.decode()
    assert "Restore" in browser.get(candidate.get_absolute_url()).content.decode()


def test_a_discarded_candidate_can_be_taken_back(candidate: Picture, client_of: ClientOf, ben: User) -> None:
    browser = client_of(ben)
    browser.post(f"/pictures/{candidate.pk}/discarding/")
    browser.post(f"/pictures/{candidate.pk}/acceptance/")
    candidate.refresh_from_db()
    assert (candidate.decision, candidate.trashed_at) == ("accepted", None)


def test_a_second_discarding_does_not_move_the_day_of_the_first(
    candidate: Picture, client_of: ClientOf, ben: User
) -> None:
    browser, days = client_of(ben), []
    for _again in range(2):
        browser.post(f"/pictures/{candidate.pk}/discarding/")
        candidate.refresh_from_db()
        days.append(candidate.trashed_at)
    assert days[0] == days[1]


def test_a_picture_that_is_no_candidate_can_be_neither_accepted_nor_discarded(
    owner_picture: Callable[..., Picture], client_of: ClientOf, ben: User
) -> None:
    picture = owner_picture(ben)
    for noun in ("acceptance", "discarding", "reopening"):
        assert client_of(ben).post(f"/pictures/{picture.pk}/{noun}/").status_code == 404


def test_a_stranger_can_neither_see_nor_decide_someone_elses_candidates(
    candidate: Picture, client_of: ClientOf, cleo: User
) -> None:
    stranger = client_of(cleo)
    assert stranger.get(f"/pictures/{candidate.source_id}/candidates/").status_code == 404
    for noun in ("acceptance", "discarding", "reopening"):
        assert stranger.post(f"/pictures/{candidate.pk}/{noun}/").status_code == 404
    candidate.refresh_from_db()
    assert candidate.decision == "undecided"


@pytest.fixture
def four(
    upstream: Upstream,
    owner_picture: Callable[..., Picture],
    upload: Callable[..., Picture],  # noqa: F811
    edit: Callable[..., Any],  # noqa: F811
    ben: User,
) -> list[Picture]:
    """The four candidates of an edit, all undecided."""
    source = upload(photo())
    edit(source, mask_png(), n="4")
    pictures = []
    for job in Generation.objects.get().jobs.all():
        picture = owner_picture(ben, decision="undecided", source=source)
        Result.objects.create(job=job, picture=picture)
        job.row.touch(state="succeeded", finished_at=timezone.now())
        pictures.append(picture)
    return pictures


def decisions_of(pictures: list[Picture]) -> list[str]:
    return [Picture.objects.get(pk=picture.pk).decision for picture in pictures]


def test_accepting_one_of_four_candidates_decides_all_four(four: list[Picture], client_of: ClientOf, ben: User) -> None:
    browser = client_of(ben)
    browser.post(f"/pictures/{four[1].pk}/acceptance/")
    assert decisions_of(four) == ["passed", "accepted", "passed", "passed"]
    assert not Picture.objects.trashed().exists()
    assert UNDECIDED not in browser.get("/gallery/").content.decode()
    page = browser.get(f"/pictures/{four[0].source_id}/candidates/").content.decode()
    assert page.count("not chosen") == 3


def test_a_decision_on_four_candidates_can_be_undone(four: list[Picture], client_of: ClientOf, ben: User) -> None:
    browser = client_of(ben)
    browser.post(f"/pictures/{four[0].pk}/discarding/")
    browser.post(f"/pictures/{four[1].pk}/acceptance/")
    browser.post(f"/pictures/{four[1].pk}/reopening/")
    assert decisions_of(four) == ["discarded", "undecided", "undecided", "undecided"]
    browser.post(f"/pictures/{four[0].pk}/reopening/")
    assert decisions_of(four) == ["undecided"] * 4
    assert not Picture.objects.trashed().exists()


def test_a_candidate_taken_out_of_the_trash_after_the_choice_is_one_that_was_not_chosen(
    four: list[Picture], client_of: ClientOf, ben: User
) -> None:
    browser = client_of(ben)
    browser.post(f"/pictures/{four[0].pk}/discarding/")
    browser.post(f"/pictures/{four[1].pk}/acceptance/")
    browser.post(f"/pictures/{four[0].pk}/reopening/")
    assert decisions_of(four) == ["passed", "accepted", "passed", "passed"]


def test_going_on_from_the_accepted_candidate_is_the_first_button(
    four: list[Picture], client_of: ClientOf, ben: User
) -> None:
    browser, address = client_of(ben), f"/pictures/{four[0].source_id}/candidates/"
    first = re.compile(r'id="candidates-next".*?href="([^"]+)"', re.DOTALL)
    assert first.findall(browser.get(address).content.decode()) == [f"/pictures/{four[0].source_id}/mask/"]
    headers = HTMX | {"HX-Current-URL": f"http://testserver{address}"}
    answer = browser.post(f"/pictures/{four[2].pk}/acceptance/", headers=headers).content.decode()
    assert first.findall(answer) == [f"/pictures/{four[2].pk}/mask/"]
    assert first.findall(browser.get(address).content.decode()) == [f"/pictures/{four[2].pk}/mask/"]
    for other in (four[0], four[1], four[3]):
        assert re.search(rf'id="decision-{other.pk}" data-decision="passed"\s+hx-swap-oob', answer)


def test_every_tile_of_a_set_follows_the_decision(four: list[Picture], client_of: ClientOf, ben: User) -> None:
    before = list(Job.objects.order_by("pk").values_list("version", flat=True))
    client_of(ben).post(f"/pictures/{four[0].pk}/acceptance/")
    after = Job.objects.order_by("pk").values_list("version", flat=True)
    assert [new - old for old, new in zip(before, after, strict=True)] == [1, 1, 1, 1]


@pytest.mark.parametrize("query", ["edit=x", "edit=999", "edit=" + "9" * 40, "job=x"])
def test_an_invalid_query_shows_the_page_without_edits(
    owner_picture: Callable[..., Picture], client_of: ClientOf, ben: User, query: str
) -> None:
    page = client_of(ben).get(f"/pictures/{owner_picture(ben).pk}/candidates/?{query}")
    assert "No edits yet" in page.content.decode()


def test_a_locked_picture_offers_its_views_and_its_lineage(
    runner: Runner,
    upload: Callable[..., Picture],  # noqa: F811
    edit: Callable[..., Any],  # noqa: F811
    client_of: ClientOf,
    ben: User,
) -> None:
    source, browser = upload(photo()), client_of(ben)
    edit(source, mask_png())
    wait_for_jobs(Generation.objects.get())
    picture = Picture.objects.latest("pk")
    page = browser.get(picture.get_absolute_url()).content.decode()
    for part in (
        picture.raw_url,
        picture.difference_url,
        f"/comparison/?picture={source.pk}&amp;picture={picture.pk}",
        "they were restored in your picture",
    ):
        assert part in page
    assert picture.small_url in browser.get(source.get_absolute_url()).content.decode()


@pytest.mark.parametrize("verdict", ["shifted", "rescaled", "different", "wrong_ratio"])
def test_the_page_says_why_a_result_was_not_locked(
    owner_picture: Callable[..., Picture], client_of: ClientOf, ben: User, verdict: str
) -> None:
    picture = owner_picture(ben, source=owner_picture(ben), decision="undecided", lock_verdict=verdict)
    page = client_of(ben).get(picture.get_absolute_url()).content.decode()
    assert "You are seeing the model’s own output." in page
    assert "As generated" not in page


@pytest.mark.parametrize(
    ("leak", "words"), [(None, ""), (0.0, "changed none of"), (0.004, "less than 1 %"), (0.139, "changed 14 % of")]
)
def test_the_leak_is_shown_in_whole_percents(leak: float | None, words: str) -> None:
    assert words in leak_sentence(leak)
    assert bool(words) == bool(leak_sentence(leak))
