"""Links that let a person in: invitations and sign-in links."""

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
        """The open link of this token, or None, whether it is unknown, used or expired."""
        return self.open(now=now).filter(digest=digest(token)).first()


class Link(models.Model):
    """A secret address that works once. Only the digest of its token is stored."""

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
        """Create a link and return it with its token, which cannot be read again."""
        token = secrets.token_urlsafe(24)
        link = cls(digest=digest(token), created_at=now, expires_at=now + cls.LIFETIME, **fields)
        link.save(force_insert=True)
        return link, token

    def redeem(self, *, now: datetime) -> bool:
        """Mark the link as used; False when it was used or expired meanwhile."""
        return type(self)._default_manager.filter(pk=self.pk, used_at=None, expires_at__gt=now).update(used_at=now) == 1


class Invitation(Link):
    """An admin's invitation of an email address, with the role of the new person."""

    LIFETIME = timedelta(days=14)

    email = models.EmailField()
    role = models.CharField(max_length=10, choices=User.Role, default=User.Role.DESIGNER)
    invited_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="invitations")

    def __str__(self) -> str:
        return f"invitation for {self.email}"

    @classmethod
    @transaction.atomic
    def replace(cls, *, email: str, role: str, invited_by: User, now: datetime) -> tuple[Self, str]:
        """Invite an address; its older invitations stop working."""
        email = email.strip().lower()
        cls._default_manager.filter(email=email, used_at=None).delete()
        return cls.issue(now=now, email=email, role=role, invited_by=invited_by)

    @transaction.atomic
    def accept(self, *, password: str, now: datetime) -> User | None:
        """Create the invited person; None when the link was used meanwhile."""
        if not self.redeem(now=now):
            return None
        return User.objects.create_user(self.email, password, role=self.role)


class SignInLink(Link):
    """The link that `up` prints until an admin has signed in."""

    LIFETIME = timedelta(minutes=30)

    def __str__(self) -> str:
        return f"sign-in link of {self.created_at:%Y-%m-%d %H:%M}"
