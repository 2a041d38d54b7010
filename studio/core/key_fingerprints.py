"""Fingerprints of the studio's secrets, by which its processes notice that they do not have the same.

Short on purpose: enough to tell two keys apart, too little to try out guesses of a weak one.
"""

from django.conf import settings
from django.utils.crypto import salted_hmac

LENGTH = 8  # hexadecimal digits


def fingerprint(secret: str) -> str:
    return salted_hmac("studio.core.key_fingerprints", "", secret=secret, algorithm="sha256").hexdigest()[:LENGTH]


def of_secret_key() -> str:
    return fingerprint(settings.SECRET_KEY)


def of_encryption_keys() -> list[str]:
    """The first is that of the key that encrypts."""
    return [fingerprint(key) for key in settings.SEAL_KEYS]
