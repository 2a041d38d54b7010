"""Encryption at rest: the first of STUDIO_SEAL_KEYS encrypts, all of them decrypt."""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class Undecryptable(Exception):
    """None of the configured keys decrypts a secret: the encryption key was changed or lost."""


def cipher() -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in settings.SEAL_KEYS])
    except ValueError:
        raise ImproperlyConfigured(
            "STUDIO_SEAL_KEYS must hold keys of 32 bytes in URL-safe base64, separated by commas."
        ) from None


def encrypt(secret: str) -> bytes:
    return cipher().encrypt(secret.encode())


def decrypt(encrypted: bytes) -> str:
    """The secret in plain text; raise Undecryptable when no configured key fits."""
    try:
        return cipher().decrypt(encrypted).decode()
    except InvalidToken:
        raise Undecryptable from None


def rotate(encrypted: bytes) -> bytes:
    """Encrypt a secret again with the first key, with its old timestamp; raise Undecryptable when no key fits."""
    try:
        return cipher().rotate(encrypted)
    except InvalidToken:
        raise Undecryptable from None
