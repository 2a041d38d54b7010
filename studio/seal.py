"""Secrets at rest: the first of STUDIO_SEAL_KEYS seals, all of them open."""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class Unsealable(Exception):
    """A sealed secret that none of the present keys opens: the seal key was changed or lost."""


def box() -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in settings.SEAL_KEYS])
    except ValueError:
        raise ImproperlyConfigured(
            "STUDIO_SEAL_KEYS must hold keys of 32 bytes in URL-safe base64, separated by commas."
        ) from None


def seal(secret: str) -> bytes:
    return box().encrypt(secret.encode())


def unseal(sealed: bytes) -> str:
    """Open a sealed secret; raise Unsealable when no present key fits."""
    try:
        return box().decrypt(sealed).decode()
    except InvalidToken:
        raise Unsealable from None


def reseal(sealed: bytes) -> bytes:
    """Seal it again with the first key, keeping when it was sealed; raise Unsealable when no present key fits."""
    try:
        return box().rotate(sealed)
    except InvalidToken:
        raise Unsealable from None
