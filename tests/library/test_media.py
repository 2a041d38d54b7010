"""Files over real HTTP: to their owner, whole or in part, and to nobody else."""

import uuid
from collections.abc import Callable

import httpx
import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.storage import default_storage
from django.utils import timezone

from studio.accounts.models import StudioSettings, User
from studio.generations.models import Generation, Job
from studio.images import ImageRequest
from studio.imaging.thumbnails import thumbnail_name
from studio.library import files, partials
from studio.library.models import Opening, Picture

from .conftest import picture_bytes

pytestmark = pytest.mark.django_db(transaction=True)

Browser = Callable[[User | None], httpx.Client]
Make = Callable[..., Picture]


def test_the_owner_gets_the_bytes_as_they_were_stored(ben: User, browser_of: Browser, picture_of: Make) -> None:
    data = picture_bytes(size=(700, 500))
    answer = browser_of(ben).get(picture_of(ben, data=data).original_url)
    assert answer.status_code == 200
    assert answer.content == data
    assert answer.headers["content-type"] == "image/png"


def test_both_thumbnails_are_served_as_webp(ben: User, browser_of: Browser, picture_of: Make) -> None:
    picture = picture_of(ben)
    for url in (picture.small_url, picture.large_url):
        answer = browser_of(ben).get(url)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
        assert answer.content[8:12] == b"WEBP"


def test_a_stranger_cannot_open_someone_elses_picture(
    ben: User, cleo: User, ada: User, browser_of: Browser, picture_of: Make
) -> None:
    picture = picture_of(ben)
    for other in (cleo, ada, None):
        for url in (picture.original_url, picture.small_url, f"{picture.original_url}?download=1"):
            assert browser_of(other).get(url).status_code == 404


def test_a_session_ends_with_a_new_password(ben: User, browser_of: Browser, picture_of: Make) -> None:
    picture, browser = picture_of(ben), browser_of(ben)
    ben.set_password("six green lanterns")
    ben.save()
    assert browser.get(picture.original_url).status_code == 404


def test_a_person_who_was_switched_off_sees_nothing(ben: User, browser_of: Browser, picture_of: Make) -> None:
    picture, browser = picture_of(ben), browser_of(ben)
    User.objects.filter(pk=ben.pk).update(is_active=False)
    assert browser.get(picture.original_url).status_code == 404


def test_a_session_that_names_a_person_without_proof_opens_nothing(
    ben: User, browser_of: Browser, picture_of: Make
) -> None:
    session = SessionStore()
    session[SESSION_KEY] = str(ben.pk)
    session.create()
    browser = browser_of(None)
    browser.cookies.set("sessionid", session.session_key)
    assert browser.get(picture_of(ben).original_url).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/media/",
        "/media/1",
        "/media/999999/original.png",
        "/media/{pk}/original.jpeg",
        "/media/{pk}/513.webp",
        "/media/{pk}/../{pk}/original.png.part",
        "/media/{pk}/original.png/",
        "/media/99999999999999999999999/original.png",
        "/media/pictures/2026/11/x.png",
        "/media/jobs/1/partial-0.webp",
        "/media/%2e%2e/easel.sqlite3",
        "/media/²/512.webp",
    ],
)
def test_what_is_no_address_of_a_file_is_not_found(path: str, ben: User, browser_of: Browser, picture_of: Make) -> None:
    assert browser_of(ben).get(path.format(pk=picture_of(ben).pk)).status_code == 404


def test_every_answer_forbids_sniffing_and_scripts(ben: User, browser_of: Browser, picture_of: Make) -> None:
    picture = picture_of(ben)
    for answer in (browser_of(ben).get(picture.small_url), browser_of(None).get(picture.small_url)):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_a_file_is_kept_by_the_browser_and_a_refusal_is_not(ben: User, browser_of: Browser, picture_of: Make) -> None:
    picture = picture_of(ben)
    assert browser_of(ben).get(picture.small_url).headers["cache-control"] == "private, max-age=31536000, immutable"
    assert browser_of(None).get(picture.small_url).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("requested", "start", "stop"),
    [("bytes=0-99", 0, 100), ("bytes=100-", 100, None), ("bytes=-50", -50, None), ("bytes=10-999999999", 10, None)],
)
def test_a_part_of_a_file_can_be_requested(
    requested: str, start: int, stop: int | None, ben: User, browser_of: Browser, picture_of: Make
) -> None:
    data = picture_bytes()
    answer = browser_of(ben).get(picture_of(ben, data=data).original_url, headers={"Range": requested})
    part = data[start:stop]
    first = start % len(data)
    assert answer.status_code == 206
    assert answer.content == part
    assert answer.headers["content-range"] == f"bytes {first}-{first + len(part) - 1}/{len(data)}"


@pytest.mark.parametrize("requested", ["bytes=999999999-", "bytes=-0"])
def test_a_part_the_file_does_not_have_is_416(requested: str, ben: User, browser_of: Browser, picture_of: Make) -> None:
    picture = picture_of(ben)
    answer = browser_of(ben).get(picture.original_url, headers={"Range": requested})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{picture.byte_count}"


@pytest.mark.parametrize("requested", ["bytes=0-1,5-6", "bytes=-", "bytes=9-3", "lines=1-2", "bytes=a-b"])
def test_a_range_that_makes_no_sense_gets_the_whole_file(
    requested: str, ben: User, browser_of: Browser, picture_of: Make
) -> None:
    picture = picture_of(ben)
    answer = browser_of(ben).get(picture.original_url, headers={"Range": requested})
    assert (answer.status_code, len(answer.content)) == (200, picture.byte_count)


def test_a_range_of_an_older_file_gets_the_whole_new_one(ben: User, browser_of: Browser, picture_of: Make) -> None:
    headers = {"Range": "bytes=0-9", "If-Range": '"another"'}
    assert browser_of(ben).get(picture_of(ben).original_url, headers=headers).status_code == 200


def test_a_browser_that_has_the_file_gets_304(ben: User, browser_of: Browser, picture_of: Make) -> None:
    browser, url = browser_of(ben), picture_of(ben).original_url
    etag = browser.get(url).headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = browser.get(url, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b"")
    assert browser.get(url, headers={"If-None-Match": '"other"'}).status_code == 200


def test_head_tells_everything_but_the_bytes(ben: User, browser_of: Browser, picture_of: Make) -> None:
    browser, picture = browser_of(ben), picture_of(ben)
    head, get = browser.head(picture.original_url), browser.get(picture.original_url)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-length", "content-type", "etag", "accept-ranges", "content-disposition"):
        assert head.headers[name] == get.headers[name]


def test_nothing_can_be_done_to_a_file_but_reading(ben: User, browser_of: Browser, picture_of: Make) -> None:
    for method in ("POST", "PUT", "DELETE"):
        assert browser_of(ben).request(method, picture_of(ben).original_url).status_code == 405


def test_a_download_is_named_after_picture_and_prompt(ben: User, browser_of: Browser, picture_of: Make) -> None:
    picture = picture_of(ben, prompt='A "lighthouse" / in fog\r\nX: y')
    url = f"{picture.original_url}?download=1"
    name = f"easel-{picture.pk}-a-lighthouse-in-fog-x-y.png"
    assert browser_of(ben).get(url).headers["content-disposition"] == f'attachment; filename="{name}"'


def test_a_chinese_prompt_names_the_file_in_chinese(ben: User, browser_of: Browser, picture_of: Make) -> None:
    picture = picture_of(ben, prompt="雾中的灯塔")
    disposition = browser_of(ben).get(picture.original_url).headers["content-disposition"]
    assert disposition.startswith("inline; filename*=utf-8''easel-")
    assert disposition.endswith("%E7%81%AF%E5%A1%94.png")


def test_a_picture_whose_file_is_gone_is_not_found(ben: User, browser_of: Browser, picture_of: Make) -> None:
    picture = picture_of(ben)
    picture.file.delete(save=False)
    assert browser_of(ben).get(f"/media/{picture.pk}/original.png").status_code == 404


def job_of(owner: User) -> Job:
    generation = Generation.objects.create(owner=owner, token=uuid.uuid4(), request=ImageRequest(prompt="Fog"))
    return Job.objects.create(generation=generation, owner=owner, position=0, lane="standard")


def test_partial_pictures_are_shown_to_the_jobs_owner_only(ben: User, cleo: User, browser_of: Browser) -> None:
    job = job_of(ben)
    files.store_partial(job.pk, 1, files.shrink(picture_bytes()))
    url = partials.partial_url(job.pk, 1)
    assert browser_of(ben).get(url).headers["content-type"] == "image/webp"
    assert browser_of(cleo).get(url).status_code == 404
    assert browser_of(None).get(url).status_code == 404


def test_a_partial_picture_is_revalidated_each_time(ben: User, browser_of: Browser) -> None:
    job, browser = job_of(ben), browser_of(ben)
    files.store_partial(job.pk, 1, b"first round")
    answer = browser.get(partials.partial_url(job.pk, 1))
    assert answer.headers["cache-control"] == "private, no-cache"
    files.store_partial(job.pk, 1, b"the second round")
    again = browser.get(partials.partial_url(job.pk, 1), headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (200, b"the second round")


def test_partial_pictures_that_were_removed_are_not_found(ben: User, browser_of: Browser) -> None:
    assert browser_of(ben).get(partials.partial_url(job_of(ben).pk, 1)).status_code == 404


def test_an_admin_sees_a_picture_they_have_opened_for_a_while_and_no_browser_keeps_it(
    ada: User, ben: User, cleo: User, browser_of: Browser, picture_of: Make
) -> None:
    picture, other = picture_of(ben), picture_of(ben)
    Opening.objects.create(picture=picture, admin=ada)
    answer = browser_of(ada).get(picture.large_url)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-store")
    assert browser_of(ada).get(other.large_url).status_code == 404
    assert browser_of(cleo).get(picture.large_url).status_code == 404
    Opening.objects.update(opened_at=timezone.now() - Opening.LASTS)
    assert browser_of(ada).get(picture.large_url).status_code == 404


def test_what_an_admin_has_opened_is_shut_again_by_the_studios_setting_or_another_role(
    ada: User, ben: User, browser_of: Browser, picture_of: Make
) -> None:
    picture, browser = picture_of(ben), browser_of(ada)
    Opening.objects.create(picture=picture, admin=ada)
    StudioSettings(pk=1, admins_may_open_pictures=False).save()
    assert browser.get(picture.original_url).status_code == 404
    StudioSettings(pk=1, admins_may_open_pictures=True).save()
    assert browser.get(picture.original_url).status_code == 200
    User.objects.filter(pk=ada.pk).update(role=User.Role.DESIGNER)
    assert browser.get(picture.original_url).status_code == 404


def test_a_picture_counts_as_opened_once_its_owner_fetched_the_original(
    ada: User, ben: User, browser_of: Browser, picture_of: Make
) -> None:
    picture = picture_of(ben)
    Opening.objects.create(picture=picture, admin=ada)
    browser_of(ben).get(picture.small_url)
    browser_of(ada).get(picture.original_url)
    assert Picture.objects.unopened().count() == 1
    browser_of(ben).get(picture.original_url)
    first = Picture.objects.get(pk=picture.pk).opened_at
    browser_of(ben).get(picture.original_url)
    assert Picture.objects.get(pk=picture.pk).opened_at == first is not None


@pytest.mark.parametrize("is_purged", [False, True])
def test_a_lost_or_deleted_file_is_said_in_the_place_of_the_picture_to_those_who_may_see_it(
    picture_of: Callable[..., Picture],
    browser_of: Callable[[User], httpx.Client],
    ben: User,
    cleo: User,
    *,
    is_purged: bool,
) -> None:
    picture, as_image = picture_of(ben), {"Accept": "image/avif,image/webp,*/*;q=0.8"}
    for name in (str(picture.file.name), thumbnail_name(str(picture.file.name), 512)):
        default_storage.delete(name)
    if is_purged:
        now = timezone.now()
        Picture.objects.filter(pk=picture.pk).update(file="", trashed_at=now, purged_at=now)
    for url in (picture.small_url, picture.original_url):
        said = browser_of(ben).get(url, headers=as_image)
        assert (said.status_code, said.headers["content-type"]) == (404, "image/svg+xml")
        assert "no longer" in said.text
        assert browser_of(ben).get(url).text == "Not found."
        hidden = browser_of(cleo).get(url, headers=as_image)
        assert (hidden.status_code, hidden.text) == (404, "Not found.")
