"""How the first admin comes in: named by the environment, or by a link that `up` prints."""

from datetime import datetime

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from django.urls import reverse

from .models import SignInLink, User

PLACEHOLDER_EMAIL = "admin@localhost"


def prepare_admin(now: datetime) -> User | None:
    """Create the admin that the environment names while there is none; raise ImproperlyConfigured with the reason."""
    email, password = settings.ADMIN_EMAIL.strip().lower(), settings.ADMIN_PASSWORD
    if not (email or password) or User.objects.admins().exists():
        return None
    if not (email and password):
        raise ImproperlyConfigured("STUDIO_ADMIN_EMAIL and STUDIO_ADMIN_PASSWORD only work together; one is empty.")
    try:
        validate_email(email)
    except ValidationError:
        raise ImproperlyConfigured(f"STUDIO_ADMIN_EMAIL is not an email address: {email!r}.") from None
    try:
        validate_password(password, User(email=email))
    except ValidationError as error:
        raise ImproperlyConfigured(f"STUDIO_ADMIN_PASSWORD is too weak. {' '.join(error.messages)}") from None
    if User.objects.called(email):
        raise ImproperlyConfigured(f"STUDIO_ADMIN_EMAIL belongs to somebody who is not an active admin: {email}.")
    return User.objects.create_user(email, password, role=User.Role.ADMIN, date_joined=now)


def admin_has_signed_in() -> bool:
    return bool(User.objects.admins().filter(last_login__isnull=False).exists())


def fresh_sign_in_path(now: datetime) -> str:
    """The path of a new sign-in link; it works once, for thirty minutes."""
    SignInLink.objects.filter(expires_at__lte=now).delete()
    _link, token = SignInLink.issue(now=now)
    return reverse("sign_in_link", args=[token])


def first_admin() -> User:
    """The admin a sign-in link lets in, created with a placeholder address when the studio has none."""
    return User.objects.admins().order_by("pk").first() or User.objects.create_user(
        PLACEHOLDER_EMAIL, role=User.Role.ADMIN
    )
