"""Review links: what whoever has one sees, says and never learns; and what their owner reads."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from PIL import Image

from studio.accounts import outgoing_mail
from studio.accounts.models import User
from studio.library.models import Picture
from studio.review.models import Reviewer, ReviewLink, ReviewNote
from tests.library.conftest import picture_bytes

pytestmark = pytest.mark.django_db

SECRET = "A rabbit in armour"
HTMX = {"HX-Request": "true"}


class Review:
    """A link of Ben's with three pictures, and a browser without an account that follows it."""

    def __init__(self, owner: User, pictures: list[Picture], **facts: Any) -> None:
        self.owner, self.pictures, self.browser = owner, pictures, Client()
        options = {"name": "Posters", "lifetime": timedelta(days=7), "password": "", "now": timezone.now()} | facts
        self.link, self.token = ReviewLink.issue(owner=owner, pictures=pictures, **options)

    def get(self, path: str = "", **options: Any) -> Any:
        return self.browser.get(f"/review/{self.token}/{path}", **options)

    def post(self, path: str, fields: dict[str, Any] | None = None, **options: Any) -> Any:
        return self.browser.post(f"/review/{self.token}/{path}", fields or {}, **options)

    def notes(self) -> list[tuple[str, int, str]]:
        found = ReviewNote.objects.filter(reviewer__link=self.link).order_by("pk")
        return [(note.kind, self.pictures.index(note.picture) + 1, note.text) for note in found]


@pytest.fixture
def review_of(ben: User, picture_of: Callable[..., Picture]) -> Callable[..., Review]:
    def make(**facts: Any) -> Review:
        return Review(ben, [picture_of(ben, prompt=SECRET) for _ in range(3)], **facts)

    return make


def pages_of(review: Review) -> list[str]:
    paths = ["", "pictures/1/", "comparison/?picture=1&picture=2"]
    return [review.get(path).content.decode() for path in paths]


# ── What is shown ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_whoever_has_the_link_sees_the_pictures_and_nothing_that_was_not_allowed(review_of: Any) -> None:
    review = review_of()

    for page in pages_of(review):
        assert SECRET not in page
        assert "rabbit" not in page
        assert "0.0527" not in page
        assert "ben@example.com" not in page
        assert "/media/" not in page
    assert review.get("pictures/1/512.webp")["Content-Type"] == "image/webp"


def test_prompts_and_prices_are_shown_where_the_owner_allows_it(review_of: Any) -> None:
    page = review_of(shows_prompts=True, shows_prices=True).get("pictures/2/").content.decode()

    assert SECRET in page
    assert "0.0527" in page


@pytest.mark.parametrize("allowed", [True, False])
def test_originals_are_served_only_where_they_are_offered_and_without_a_word(
    ben: User, picture_of: Any, allowed: bool
) -> None:
    exif = Image.Exif()
    exif[0x010E] = SECRET
    picture = picture_of(ben, data=picture_bytes("JPEG", exif=exif), prompt=SECRET)
    review = Review(ben, [picture], shows_originals=allowed)

    answer = review.get("pictures/1/original.jpeg?download=1")

    assert answer.status_code == (200 if allowed else 404)
    if allowed:
        data = b"".join(answer)
        assert SECRET.encode() not in data
        assert Image.open(io.BytesIO(data)).size == (96, 64)
        assert answer["Content-Disposition"] == 'attachment; filename="picture-1.jpeg"'


@pytest.mark.parametrize("path", ["", "pictures/1/", "pictures/1/512.webp", "pictures/9/", "comparison/", "nothing/"])
def test_no_answer_below_a_link_is_kept_indexed_framed_or_told_to_other_sites(review_of: Any, path: str) -> None:
    headers = review_of().get(path).headers

    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    if path != "nothing/":
        assert headers["Cache-Control"] == "private, no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Robots-Tag"].startswith("noindex")


def test_only_the_digest_of_the_address_and_the_hash_of_the_password_are_stored(review_of: Any) -> None:
    review = review_of(password="blue kites")
    row = str(ReviewLink.objects.values().get())

    assert review.token not in row
    assert "blue kites" not in row


def test_a_picture_in_the_trash_is_not_shown_and_neither_is_one_of_another_link(
    review_of: Any, picture_of: Any, cleo: User
) -> None:
    review = review_of()
    Picture.objects.filter(pk=review.pictures[1].pk).update(trashed_at=timezone.now())

    assert review.get().content.decode().count("review-card") == 2
    assert review.get("pictures/2/").status_code == review.get("pictures/2/512.webp").status_code == 404
    assert review.get(f"pictures/{picture_of(cleo).pk + 100}/").status_code == 404


# ── When it is over ─────────────────────────────────────────────────────────────────────────────────────────────────


def ended(review: Review) -> None:
    ReviewLink.objects.filter(pk=review.link.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def revoked(review: Review) -> None:
    review.link.revoke(now=timezone.now())


def deactivated(review: Review) -> None:
    User.objects.filter(pk=review.owner.pk).update(is_active=False)


@pytest.mark.parametrize("end", [ended, revoked, deactivated])
def test_after_its_end_a_link_shows_and_takes_nothing_any_more(review_of: Any, end: Callable[[Review], None]) -> None:
    review = review_of()
    end(review)

    for path in ("", "pictures/1/", "pictures/1/512.webp", "comparison/?picture=1&picture=2"):
        answer = review.get(path)
        assert answer.status_code == 410
        assert "Posters" not in answer.content.decode()
    assert review.post("pictures/1/comments/", {"text": "Late"}).status_code == 410
    assert review.notes() == []


@pytest.mark.parametrize("token", ["x", "0" * 32, "é" * 40, "a" * 10_000, "%2500"])
def test_a_guessed_link_is_nothing(token: str, ben: User) -> None:
    assert Client().get(f"/review/{token}/").status_code in (404, 400)


def test_an_address_that_tries_many_links_is_told_to_wait(review_of: Any, settings: Any) -> None:
    settings.RATES = settings.RATES | {"review": 3}
    review = review_of()

    assert [review.get().status_code for _ in range(4)] == [200, 200, 200, 429]


# ── The password ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_password_stands_before_everything_and_is_asked_once(review_of: Any) -> None:
    review = review_of(password="blue kites")

    for path in ("", "pictures/1/", "pictures/1/512.webp"):
        assert review.get(path).status_code == 403
    assert review.post("pictures/1/comments/", {"text": "Hello"}).status_code == 403
    assert review.post("password/", {"password": "red kites"}).status_code == 422
    assert review.get().status_code == 403

    assert review.post("password/", {"password": "blue kites"})["Location"] == f"/review/{review.token}/"
    cookie = review.browser.cookies["review-key"]
    assert (cookie["path"], cookie["httponly"]) == (f"/review/{review.token}/", True)
    assert review.get("pictures/1/512.webp").status_code == 200


def test_the_password_of_one_link_opens_no_other_and_none_after_it_changed(review_of: Any) -> None:
    one, other = review_of(password="blue kites"), review_of(password="blue kites")
    one.post("password/", {"password": "blue kites"})

    other.browser = one.browser
    assert other.get().status_code == 403
    ReviewLink.objects.filter(pk=one.link.pk).update(password="another hash")
    assert one.get().status_code == 403


def test_passwords_are_tried_only_so_often(review_of: Any, settings: Any) -> None:
    settings.RATES = settings.RATES | {"review_password": 2}
    review = review_of(password="blue kites")

    statuses = [review.post("password/", {"password": "x"}).status_code for _ in range(2)]
    assert [*statuses, review.post("password/", {"password": "blue kites"}).status_code] == [422, 422, 429]


# ── What is said ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_reviewer_comments_at_a_point_approves_and_picks(review_of: Any) -> None:
    review = review_of()
    words = {"reviewer": "Dora", "text": "Warmer, please.", "x": "0.25", "y": "0.5"}

    answer = review.post("pictures/1/comments/", words, headers=HTMX)
    review.post("pictures/2/approval/")
    review.post("pictures/1/pick/")
    review.post("pictures/2/pick/")  # instead of the first

    assert "Warmer, please." in answer.content.decode()
    assert 'hx-swap-oob="true"' in answer.content.decode()
    assert "translate(24.0 32.0)" in answer.content.decode()
    assert review.notes() == [("comment", 1, "Warmer, please."), ("approval", 2, ""), ("pick", 2, "")]
    assert [reviewer.name for reviewer in Reviewer.objects.all()] == ["Dora"]


def test_what_was_approved_or_picked_is_taken_back_by_the_same_button(review_of: Any) -> None:
    review = review_of()

    for _ in range(2):
        review.post("pictures/1/approval/")
        review.post("pictures/1/pick/")

    assert review.notes() == []


def test_two_reviewers_speak_for_themselves(review_of: Any) -> None:
    review = review_of()
    review.post("pictures/1/pick/", {"reviewer": "Dora"})
    review.browser = Client()
    review.post("pictures/2/pick/", {"reviewer": "Emil"})

    assert review.notes() == [("pick", 1, ""), ("pick", 2, "")]
    assert review.browser.cookies["reviewer"]["path"] == f"/review/{review.token}/"


def test_words_are_words_on_every_page(review_of: Any, client_of: Any, ben: User) -> None:
    review = review_of()
    review.post("pictures/1/comments/", {"reviewer": "<b>Dora</b>", "text": "<script>alert(1)</script>"})
    owner = client_of(ben)

    pages = [review.get("pictures/1/"), owner.get(review.link.get_absolute_url())]
    for page in [*pages, owner.get(f"/pictures/{review.pictures[0].pk}/")]:
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.content.decode()
        assert "<b>Dora" not in page.content.decode()


@pytest.mark.parametrize(
    "fields",
    [{}, {"text": " "}, {"text": "x" * 2001}, {"text": "a", "x": "nan"}, {"text": "a", "x": "1.01", "y": "0"},
     {"text": "a\0b"}, {"text": "a", "reviewer": "n" * 61}],
    ids=lambda fields: str(fields)[:30],
)  # fmt: skip
def test_what_cannot_be_taken_is_refused_with_a_sentence(review_of: Any, fields: dict[str, str]) -> None:
    review = review_of()

    assert review.post("pictures/1/comments/", fields).status_code == 422
    assert review.notes() == []
    assert Reviewer.objects.count() == 0


def test_a_review_takes_only_so_much_and_only_so_fast(
    review_of: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.review.views.notes.MAX_NOTES", 2)
    review = review_of()

    assert [review.post("pictures/1/comments/", {"text": "a"}).status_code for _ in range(3)] == [302, 302, 422]
    settings.RATES = settings.RATES | {"review_note": 1}
    other = review_of()
    assert [other.post("pictures/1/approval/").status_code for _ in range(2)] == [302, 429]


def test_a_cookie_that_was_made_up_is_nobody(review_of: Any) -> None:
    review = review_of()
    review.post("pictures/1/approval/", {"reviewer": "Dora"})
    review.browser.cookies["reviewer"] = "1:forged"

    review.post("pictures/1/approval/", {"reviewer": "Mallory"})

    assert len(review.notes()) == 2


# ── The owner ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_link_is_made_for_own_pictures_and_its_address_is_shown_once(
    client_of: Any, picture_of: Any, ben: User, cleo: User
) -> None:
    own, strange = picture_of(ben, prompt=SECRET), picture_of(cleo)
    owner = client_of(ben)
    fields = {"picture": [own.pk, strange.pk, "x", "9" * 30], "name": "Posters", "days": "7", "password": ""}

    page = owner.post("/reviews/new/", fields)
    link = ReviewLink.objects.get()

    assert [shown.picture for shown in link.shown_pictures()] == [own]
    address = page.content.decode().partition('value="http://testserver/review/')[2].partition("/")[0]
    assert Client().get(f"/review/{address}/").status_code == 200
    assert address not in owner.get(link.get_absolute_url()).content.decode()
    assert SECRET not in owner.get(f"/reviews/new/?picture={own.pk}").content.decode().partition('id="name"')[2][:300]


def test_a_new_address_ends_the_old_one(review_of: Any, client_of: Any, ben: User) -> None:
    review = review_of()
    page = client_of(ben).post(f"/reviews/{review.link.pk}/address/").content.decode()
    fresh = page.partition('value="http://testserver/review/')[2].partition("/")[0]

    assert review.get().status_code == 404
    assert Client().get(f"/review/{fresh}/").status_code == 200


def test_what_was_said_stands_at_the_picture_and_counts_until_it_is_read(
    review_of: Any, client_of: Any, ben: User, cleo: User
) -> None:
    review = review_of()
    review.post("pictures/1/comments/", {"reviewer": "Dora", "text": "Warmer, please.", "x": "0.5", "y": "0.5"})
    owner = client_of(ben)

    gallery = owner.get("/gallery/").content.decode()
    page = owner.get(f"/pictures/{review.pictures[0].pk}/").content.decode()

    assert "review note" in gallery
    assert "Warmer, please." in page
    assert 'class="pin"' in page
    assert "review note" not in owner.get("/gallery/").content.decode()
    assert client_of(cleo).get(review.link.get_absolute_url()).status_code == 404


def test_the_owner_is_mailed_once_an_hour_about_each_link(
    review_of: Any, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.EMAIL_URL = "smtp://127.0.0.1:9"
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    review = review_of()

    for text in ("Warmer, please.", "And larger."):
        review.post("pictures/1/comments/", {"reviewer": "Dora", "text": text})
    outgoing_mail.deliver_due(now=timezone.now())

    assert len(mail.outbox) == 1
    assert mail.outbox[0].to == ["ben@example.com"]
    assert "Dora commented" in mail.outbox[0].body
    assert review.link.get_absolute_url() in mail.outbox[0].body
    assert review.token not in mail.outbox[0].body


def test_revoked_links_stay_in_the_list_with_what_was_said(review_of: Any, client_of: Any, ben: User) -> None:
    review = review_of()
    review.post("pictures/1/approval/")
    owner = client_of(ben)
    owner.post(f"/reviews/{review.link.pk}/revocation/")

    page = owner.get("/reviews/").content.decode()

    assert "revoked" in page
    assert "1 note" in page
    assert review.get().status_code == 410
