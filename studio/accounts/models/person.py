"""The people of the studio and their roles."""

import uuid
from typing import Any, Self

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

ERASED_DOMAIN = "erased.invalid"  # domain of the addresses of erased people; a reserved name that never exists


class LastAdmin(Exception):
    """Raised instead of leaving the studio without an active admin."""


class UserQuerySet(models.QuerySet["User"]):
    def admins(self) -> Self:
        """The admins who can sign in."""
        return self.filter(role=User.Role.ADMIN, is_active=True)

    def erased(self) -> Self:
        return self.filter(email__endswith=f"@{ERASED_DOMAIN}")

    def with_email(self, email: str) -> "User | None":
        """The person with this address, ignoring case."""
        return self.filter(email__iexact=email.strip()).first()


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a person with one verified, primary EmailAddress, as allauth requires."""
        user: User = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        with transaction.atomic(using=self._db):
            user.save(using=self._db)
            user.emailaddress_set.create(email=user.email, primary=True, verified=True)  # type: ignore[attr-defined]
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, role=User.Role.ADMIN, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person: designers make pictures, admins also manage people, upstreams and money."""

    class Role(models.TextChoices):
        DESIGNER = "designer", _("Designer")
        ADMIN = "admin", _("Admin")

    class Theme(models.TextChoices):
        SYSTEM = "system", _("Like the system")
        DARK = "dark", _("Dark")
        LIGHT = "light", _("Light")

    class Fallback(models.TextChoices):
        """What happens when a large picture fails and a smaller or simpler one might work."""

        ASK = "ask", _("Ask me first")
        AUTOMATIC = "automatic", _("Continue automatically where nothing was charged")
        NEVER = "never", _("Never generate anything else")

    email = models.EmailField(_("email"), unique=True)
    name = models.CharField(_("name"), max_length=80, blank=True)
    role = models.CharField(max_length=10, choices=Role, default=Role.DESIGNER)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)
    # Sent to upstreams as `user`: random, so that no address leaves the studio; stored, so that abuse can be traced.
    alias = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    theme = models.CharField(max_length=6, choices=Theme, default=Theme.SYSTEM)
    fallback = models.CharField(max_length=9, choices=Fallback, default=Fallback.ASK)
    has_shortcuts = models.BooleanField(_("single-key shortcuts"), default=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []

    objects = UserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique"),
            models.CheckConstraint(condition=models.Q(role__in=["designer", "admin"]), name="user_role_known"),
        ]

    def __str__(self) -> str:
        if self.is_erased:
            return gettext("Deleted person %(number)s") % {"number": self.pk}
        return self.name or self.email

    @property
    def is_erased(self) -> bool:
        return self.email.endswith(f"@{ERASED_DOMAIN}")

    @property
    def is_admin(self) -> bool:
        return self.role == self.Role.ADMIN

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in str(self).replace("@", " ").replace(".", " ").split()[:2]).upper()

    @transaction.atomic
    def change_role(self, role: str) -> None:
        """Change the person's role; raise LastAdmin when no active admin would be left."""
        if role != self.Role.ADMIN:
            self.require_another_admin()
        self.role = role
        self.save(update_fields=["role"])

    @transaction.atomic
    def deactivate(self) -> None:
        """Sign the person out everywhere and keep them out; raise LastAdmin when no other admin is left."""
        self.require_another_admin()
        self.is_active = False
        self.save(update_fields=["is_active"])
        # Sessions of inactive people are refused anyway; deleted, they do not work again after a reactivation.
        self.end_sessions()

    @transaction.atomic
    def erase(self) -> None:
        """Remove all personal data for good; what the person made and spent stays, without a name."""
        self.deactivate()
        self.email, self.name, self.alias = f"{self.pk}@{ERASED_DOMAIN}", "", uuid.uuid4()
        self.set_unusable_password()
        self.save(update_fields=["email", "name", "alias", "password"])
        self.emailaddress_set.all().delete()  # type: ignore[attr-defined]

    def reactivate(self) -> None:
        self.is_active = True
        self.save(update_fields=["is_active"])

    @transaction.atomic
    def change_email(self, email: str) -> None:
        """Change the address the person signs in with; reset links to the old one stop working."""
        self.email = email.strip().lower()
        self.save(update_fields=["email"])
        addresses = self.emailaddress_set  # type: ignore[attr-defined]
        addresses.all().delete()
        addresses.create(email=self.email, primary=True, verified=True)

    def require_another_admin(self) -> None:
        # Locked, so that two admins cannot remove each other at the same moment.
        admins = set(User.objects.admins().select_for_update().values_list("pk", flat=True))
        if admins == {self.pk}:
            raise LastAdmin

    def end_sessions(self) -> None:
        mine = [row.pk for row in Session.objects.iterator() if row.get_decoded().get(SESSION_KEY) == str(self.pk)]
        Session.objects.filter(pk__in=mine).delete()
