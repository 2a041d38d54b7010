"""Encrypted keys: rotated by one command, and reported where they cannot be decrypted."""

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from studio.accounts.models import AuditEvent, User
from studio.accounts.second_factor import MFAAdapter
from studio.core import encryption
from studio.upstreams.models import Upstream

pytestmark = pytest.mark.django_db

KEY = "sk-0123456789abcdef"


def upstream(name: str) -> Upstream:
    return Upstream.objects.declare(name=name, api_key=KEY, base_url="https://gw.example.com/v1")


def fresh() -> str:
    return Fernet.generate_key().decode()


def test_rotating_encrypts_every_key_with_the_first_encryption_key(settings: LazySettings) -> None:
    upstream("A"), upstream("B")
    new = fresh()
    settings.SEAL_KEYS = [new, *settings.SEAL_KEYS]
    call_command("rotate_keys")
    settings.SEAL_KEYS = [new]
    assert {each.api_key for each in Upstream.objects.all()} == {KEY}
    assert AuditEvent.objects.get().action == "upstream.rotate"


def test_rotating_encrypts_second_factors_as_well(settings: LazySettings, ben: User) -> None:
    secret = MFAAdapter().encrypt("JBSWY3DPEHPK3PXP")
    Authenticator.objects.create(user=ben, type=Authenticator.Type.TOTP, data={"secret": secret})
    new = fresh()
    settings.SEAL_KEYS = [new, *settings.SEAL_KEYS]
    call_command("rotate_keys")
    settings.SEAL_KEYS = [new]
    assert MFAAdapter().decrypt(Authenticator.objects.get().data["secret"]) == "JBSWY3DPEHPK3PXP"


def test_rotating_names_the_keys_that_cannot_be_decrypted_and_rotates_the_others(settings: LazySettings) -> None:
    upstream("Lost")
    settings.SEAL_KEYS = [fresh()]
    upstream("Kept")
    new = fresh()
    settings.SEAL_KEYS = [new, *settings.SEAL_KEYS]
    with pytest.raises(CommandError, match="Lost") as raised:
        call_command("rotate_keys")
    assert "Kept" not in str(raised.value)
    settings.SEAL_KEYS = [new]
    assert Upstream.objects.get(name="Kept").api_key == KEY
    assert not Upstream.objects.get(name="Lost").has_readable_key


def test_a_secret_of_an_unknown_key_cannot_be_decrypted_or_rotated(settings: LazySettings) -> None:
    encrypted = encryption.encrypt(KEY)
    settings.SEAL_KEYS = [fresh()]
    with pytest.raises(encryption.Undecryptable):
        encryption.decrypt(encrypted)
    with pytest.raises(encryption.Undecryptable):
        encryption.rotate(encrypted)
