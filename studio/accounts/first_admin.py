"""The first admin: named by the environment, or signed in by a link that `up` prints."""

from datetime import datetime

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.urls import reverse

from .models import SignInLink, User

PLACEHOLDER_EMAIL = "admin@localhost"
ONLY_TOGETHER = "STUDIO_ADMIN_EMAIL and STUDIO_ADMIN_PASSWORD only work together; one of them is empty."


def check_variables() -> None:
    """Raise ImproperlyConfigured if the variables could not make an admin; an address alone may be left over."""
    email, password = settings.ADMIN_EMAIL.strip().lower(), settings.ADMIN_PASSWORD
    if password and not email:
        raise ImproperlyConfigured(ONLY_TOGETHER)
    if password:
        require_strong(password, email)


def require_strong(password: str, email: str) -> None:
    try:
        validate_password(password, User(email=email))
    except ValidationError as error:
        raise ImproperlyConfigured(f"STUDIO_ADMIN_PASSWORD is too weak. {' '.join(error.messages)}") from None


def prepare_admin(now: datetime) -> User | None:
    """Create the admin that the environment names, unless there is one; raise ImproperlyConfigured with the reason."""
    email, password = settings.ADMIN_EMAIL.strip().lower(), settings.ADMIN_PASSWORD
    if not (email or password) or User.objects.admins().exists():
        return None
    if not (email and password):
        raise ImproperlyConfigured(ONLY_TOGETHER)
    require_strong(password, email)
    if User.objects.with_email(email):
        raise ImproperlyConfigured("STUDIO_ADMIN_EMAIL belongs to a person who is not an active admin.")
    return User.objects.create_user(email, password, role=User.Role.ADMIN, date_joined=now)


def admin_has_signed_in() -> bool:
    return bool(User.objects.admins().filter(last_login__isnull=False).exists())


def new_sign_in_path(now: datetime) -> str:
    """The path of a new sign-in link. It works once, for thirty minutes."""
    SignInLink.objects.filter(expires_at__lte=now).delete()
    _link, token = SignInLink.issue(now=now)
    return reverse("sign_in_link", args=[token])


def first_admin() -> User:
    """The admin whom a sign-in link signs in; created with a placeholder address where there is none."""
    return User.objects.admins().order_by("pk").first() or User.objects.create_user(
        PLACEHOLDER_EMAIL, role=User.Role.ADMIN
    )
