"""The two kinds of link that let a person in."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models, transaction
from django.utils import timezone

from .person import User


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class LinkQuerySet(models.QuerySet[Any]):
    def open(self, *, now: datetime) -> Self:
        return self.filter(used_at=None, expires_at__gt=now)

    def find(self, token: str, *, now: datetime) -> Any | None:
        """The open link this token belongs to, or None: unknown, spent and expired look alike from outside."""
        return self.open(now=now).filter(digest=digest(token)).first()


class Link(models.Model):
    """A secret address that works once; only the digest of its token is kept."""

    LIFETIME: timedelta

    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    objects = LinkQuerySet.as_manager()

    class Meta:
        abstract = True

    @classmethod
    def issue(cls, *, now: datetime, **fields: Any) -> tuple[Self, str]:
        """Make a link and return it with its token, which is never to be had again."""
        token = secrets.token_urlsafe(24)
        link = cls(digest=digest(token), created_at=now, expires_at=now + cls.LIFETIME, **fields)
        link.save(force_insert=True)
        return link, token

    def spend(self, *, now: datetime) -> bool:
        """Use the link up; False when somebody else was faster."""
        return type(self)._default_manager.filter(pk=self.pk, used_at=None, expires_at__gt=now).update(used_at=now) == 1


class Invitation(Link):
    """An admin's invitation for one address, with the role it will have."""

    LIFETIME = timedelta(days=14)

    email = models.EmailField()
    role = models.CharField(max_length=10, choices=User.Role, default=User.Role.DESIGNER)
    invited_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="invitations")

    def __str__(self) -> str:
        return f"invitation for {self.email}"

    @classmethod
    @transaction.atomic
    def replace(cls, *, email: str, role: str, invited_by: User, now: datetime) -> tuple[Self, str]:
        """Invite an address; older links sent to it stop working."""
        email = email.strip().lower()
        cls._default_manager.filter(email=email, used_at=None).delete()
        return cls.issue(now=now, email=email, role=role, invited_by=invited_by)

    @transaction.atomic
    def accept(self, *, password: str, now: datetime) -> User | None:
        """Make the person the invitation was for; None when the link was used meanwhile."""
        if not self.spend(now=now):
            return None
        return User.objects.create_user(self.email, password, role=self.role)


class SignInLink(Link):
    """The link that `up` prints until an admin has signed in."""

    LIFETIME = timedelta(minutes=30)

    def __str__(self) -> str:
        return f"sign-in link of {self.created_at:%Y-%m-%d %H:%M}"
