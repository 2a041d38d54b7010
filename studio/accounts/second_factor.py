"""Second factors: what the studio decides for allauth, and the rotation of their encryption keys."""

import ipaddress
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from studio.core import encryption

from .allauth_private import ENCRYPTED_DATA
from .models import User


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This code is not correct. The app shows a new one every 30 seconds."),
    }

    def encrypt(self, text: str) -> str:
        return encryption.encrypt(text).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return encryption.decrypt(encrypted_text.encode())

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:  # noqa: A002 - allauth's name
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return gettext("Passkey") if not count else gettext("Passkey %(number)s") % {"number": count + 1}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return super().get_public_key_credential_rp_entity() | {"name": "Easel"}


def can_have_passkeys(request: HttpRequest) -> bool:
    """Whether browsers offer passkeys for the requested host: passkeys belong to names, never to IP addresses."""
    host = request.get_host().rpartition(":")[0] or request.get_host()
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return request.is_secure() or host == "localhost" or host.endswith(".localhost")
    return False


def has_second_factor(user: User) -> bool:
    return Authenticator.objects.filter(user=user).exists()


def remove_all(user: User) -> int:
    """Remove all second factors of a person who lost theirs; return how many there were."""
    return Authenticator.objects.filter(user=user).delete()[0]


@transaction.atomic
def reencrypt() -> tuple[list[str], int]:
    """Encrypt every secret with the first key; return whose cannot be decrypted, and how many were encrypted."""
    lost, count = [], 0
    rows = Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).select_related("user").order_by("pk")
    for row in rows.select_for_update(of=["self"]):
        try:
            row.data = {name: rotated(value) if name in ENCRYPTED_DATA else value for name, value in row.data.items()}
        except encryption.Undecryptable:
            lost.append(row.user.email)
            continue
        row.save(update_fields=["data"])
        count += 1
    return sorted(set(lost)), count


def rotated(encrypted: str) -> str:
    return encryption.rotate(encrypted.encode()).decode()
