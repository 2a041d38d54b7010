"""Review links with their pictures, the people who followed them, and what these said."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import models, transaction
from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from studio.library.models import Picture

MAX_PICTURES = 200  # of one link
MAX_REVIEWERS = 200  # of one link
MAX_NOTES = 2000  # of one link
MAX_TEXT = 2000  # characters of a comment
MAX_NAME = 60  # characters of a reviewer's name
QUIET = timedelta(hours=1)  # between two mails about one link


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class ReviewLinkQuerySet(models.QuerySet["ReviewLink"]):
    def owned_by(self, user: Any) -> Self:
        return self.filter(owner=user)

    def find(self, token: str) -> "ReviewLink | None":
        """The link of this token, whether it is open or over; None for an unknown one."""
        return self.filter(digest=digest(token)).select_related("owner").first()

    def with_counts(self) -> Self:
        """With `picture_count`, and of what reviewers said `note_count` and `unseen_count`."""
        notes = "reviewers__notes"
        return self.annotate(
            picture_count=Count("pictures", distinct=True),
            note_count=Count(notes, distinct=True),
            unseen_count=Count(notes, distinct=True, filter=Q(reviewers__notes__seen_at=None)),
        )


class ReviewLink(models.Model):
    """A secret address where some pictures can be seen and spoken about. Only the digest of its token is stored."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="review_links")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    password = models.CharField(max_length=128, blank=True)  # hashed; empty where none is asked for
    shows_prompts = models.BooleanField(default=False)
    shows_prices = models.BooleanField(default=False)
    shows_originals = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    notified_at = models.DateTimeField(null=True, blank=True)  # when the last mail about it was written

    objects = ReviewLinkQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["owner", "-id"], name="review_links_of_owner")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Where its owner reads what was said."""
        return reverse("review_notes", args=[self.pk])

    @classmethod
    @transaction.atomic
    def issue(
        cls, *, owner: Any, pictures: Iterable[Picture], lifetime: timedelta, password: str, now: datetime, **facts: Any
    ) -> tuple[Self, str]:
        """Create a link and return it with its token, which cannot be read again."""
        token = secrets.token_urlsafe(24)
        link = cls.objects.create(
            owner=owner,
            digest=digest(token),
            password=make_password(password) if password else "",
            created_at=now,
            expires_at=now + lifetime,
            **facts,
        )
        shown = [ReviewPicture(link=link, picture=picture, position=at) for at, picture in enumerate(pictures, 1)]
        ReviewPicture.objects.bulk_create(shown)
        return link, token  # type: ignore[return-value]

    def replace_token(self) -> str:
        """A new token, which cannot be read again; the old address stops working."""
        token = secrets.token_urlsafe(24)
        ReviewLink.objects.filter(pk=self.pk).update(digest=digest(token))
        return token

    def revoke(self, *, now: datetime) -> bool:
        """End the link for good; False where that was done before."""
        return ReviewLink.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=now) == 1

    def is_open(self, *, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at and self.owner.is_active

    def accepts(self, password: str) -> bool:
        return check_password(password, self.password)

    @property
    def key(self) -> str:
        """What a browser keeps that has told the password; another password makes another key."""
        return salted_hmac("studio.review.password", f"{self.pk}:{self.password}", algorithm="sha256").hexdigest()[:32]

    def shown_pictures(self) -> "models.QuerySet[ReviewPicture]":
        """Those that are there, in order; what its owner has put into the trash is not shown."""
        return self.pictures.filter(picture__trashed_at=None).select_related("picture").order_by("position")

    def notify(self, *, now: datetime) -> bool:
        """Note that a mail is written; False where one was not long ago."""
        recent = Q(notified_at=None) | Q(notified_at__lt=now - QUIET)
        return ReviewLink.objects.filter(recent, pk=self.pk).update(notified_at=now) == 1


class ReviewPicture(models.Model):
    """A picture of a review; reviewers know it by its position."""

    link = models.ForeignKey(ReviewLink, on_delete=models.CASCADE, related_name="pictures")
    picture = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="reviews")
    position = models.PositiveSmallIntegerField()  # from 1

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["link", "position"], name="one_picture_a_position"),
            models.UniqueConstraint(fields=["link", "picture"], name="one_review_picture_once"),
        ]

    def __str__(self) -> str:
        return f"picture {self.position} of review {self.link_id}"


class Reviewer(models.Model):
    """Somebody who followed a link and said something, by the name they gave."""

    link = models.ForeignKey(ReviewLink, on_delete=models.CASCADE, related_name="reviewers")
    name = models.CharField(max_length=MAX_NAME)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class ReviewNoteQuerySet(models.QuerySet["ReviewNote"]):
    def of_owner(self, user: Any) -> Self:
        return self.filter(reviewer__link__owner=user)

    def unseen(self) -> Self:
        return self.filter(seen_at=None)

    def mark_seen(self, *, now: datetime) -> int:
        """Their owner has read them; only the first time counts."""
        return self.unseen().update(seen_at=now)

    def about(self, shown: ReviewPicture) -> Self:
        """All that the reviewers of a link said about one picture, in order."""
        found = self.filter(reviewer__link=shown.link_id, picture=shown.picture_id)
        return found.select_related("reviewer").order_by("pk")


class ReviewNote(models.Model):
    """What a reviewer said about a picture: a comment, at a point or in general, an approval, or their pick."""

    class Kind(models.TextChoices):
        COMMENT = "comment", _("comment")
        APPROVAL = "approval", _("approved")
        PICK = "pick", _("picked")

    reviewer = models.ForeignKey(Reviewer, on_delete=models.CASCADE, related_name="notes")
    picture = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="review_notes")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.COMMENT)
    text = models.TextField(blank=True)
    # The point it is about, as shares of the picture's width and height, 0 to 1; none for the picture as a whole.
    x = models.FloatField(null=True, blank=True)
    y = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True, blank=True)  # by the owner of the link

    objects = ReviewNoteQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["picture", "id"], name="review_notes_of_picture"),
            # Counted on every page of their owner; few are unseen.
            models.Index(fields=["reviewer"], condition=models.Q(seen_at=None), name="review_notes_unseen"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["comment", "approval", "pick"]), name="review_note_kind_known"
            ),
            models.UniqueConstraint(
                fields=["reviewer", "picture"], condition=models.Q(kind="approval"), name="one_approval_each"
            ),
            models.UniqueConstraint(fields=["reviewer"], condition=models.Q(kind="pick"), name="one_pick_each"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.reviewer_id}"

    number = 0  # of its point among those of a picture, from 1; see `numbered`

    @property
    def has_point(self) -> bool:
        return self.x is not None and self.y is not None

    @property
    def point(self) -> tuple[float, float]:
        """Its point in px of the picture."""
        return round((self.x or 0) * self.picture.width, 1), round((self.y or 0) * self.picture.height, 1)


def numbered(notes: Iterable[ReviewNote], *, picture: Picture) -> list[ReviewNote]:
    """Notes about one picture, their points numbered in order."""
    found, count = list(notes), 0
    for note in found:
        note.picture = picture
        if note.has_point:
            count += 1
            note.number = count
    return found
