"""What the studio decides for allauth's second factors: their secrets are sealed, passkeys bind to a name."""

import ipaddress
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from studio import seal

from .models import User

SEALED = ("secret", "seed")  # the parts of an authenticator's data that are kept sealed


class SecondFactor(DefaultMFAAdapter):  # type: ignore[misc]
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This code is not right. Codes of the app change every 30 seconds."),
    }

    def encrypt(self, text: str) -> str:
        return seal.seal(text).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return seal.unseal(encrypted_text.encode())

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:  # noqa: A002 - allauth's name
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return gettext("Passkey") if not count else gettext("Passkey %(number)s") % {"number": count + 1}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return super().get_public_key_credential_rp_entity() | {"name": "Easel"}


def can_have_passkeys(request: HttpRequest) -> bool:
    """Whether browsers offer passkeys for the host they asked: they bind to names, never to a bare address."""
    host = request.get_host().rpartition(":")[0] or request.get_host()
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return request.is_secure() or host == "localhost" or host.endswith(".localhost")
    return False


def has_second_factor(user: User) -> bool:
    return Authenticator.objects.filter(user=user).exists()


def forget(user: User) -> int:
    """Take away all of a person's second factors, for somebody who lost theirs; return how many there were."""
    return Authenticator.objects.filter(user=user).delete()[0]


@transaction.atomic
def reseal() -> tuple[list[str], int]:
    """Seal every secret anew with the first of the present keys; whose cannot be opened, and how many were sealed."""
    lost, count = [], 0
    rows = Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).select_related("user").order_by("pk")
    for row in rows.select_for_update(of=["self"]):
        try:
            row.data = {name: resealed(value) if name in SEALED else value for name, value in row.data.items()}
        except seal.Unsealable:
            lost.append(row.user.email)
            continue
        row.save(update_fields=["data"])
        count += 1
    return sorted(set(lost)), count


def resealed(sealed: str) -> str:
    return seal.reseal(sealed.encode()).decode()
