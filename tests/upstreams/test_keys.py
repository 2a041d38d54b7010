"""Sealed keys: sealed anew by one command, and told apart when they cannot be opened."""

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from studio import seal
from studio.accounts.models import AuditEvent, User
from studio.accounts.second_factor import SecondFactor
from studio.upstreams.models import Upstream

pytestmark = pytest.mark.django_db

KEY = "sk-0123456789abcdef"


def upstream(name: str) -> Upstream:
    return Upstream.objects.declare(name=name, api_key=KEY, base_url="https://gw.example.com/v1")


def fresh() -> str:
    return Fernet.generate_key().decode()


def test_rotating_seals_every_key_with_the_first_seal_key(settings: LazySettings) -> None:
    upstream("A"), upstream("B")
    new = fresh()
    settings.SEAL_KEYS = [new, *settings.SEAL_KEYS]
    call_command("rotate_keys")
    settings.SEAL_KEYS = [new]
    assert {each.api_key for each in Upstream.objects.all()} == {KEY}
    assert AuditEvent.objects.get().action == "upstream.rotate"


def test_rotating_seals_second_factors_as_well(settings: LazySettings, ben: User) -> None:
    secret = SecondFactor().encrypt("JBSWY3DPEHPK3PXP")
    Authenticator.objects.create(user=ben, type=Authenticator.Type.TOTP, data={"secret": secret})
    new = fresh()
    settings.SEAL_KEYS = [new, *settings.SEAL_KEYS]
    call_command("rotate_keys")
    settings.SEAL_KEYS = [new]
    assert SecondFactor().decrypt(Authenticator.objects.get().data["secret"]) == "JBSWY3DPEHPK3PXP"


def test_rotating_names_the_keys_that_cannot_be_opened_and_does_the_others(settings: LazySettings) -> None:
    upstream("Lost")
    settings.SEAL_KEYS = [fresh()]
    upstream("Kept")
    new = fresh()
    settings.SEAL_KEYS = [new, *settings.SEAL_KEYS]
    with pytest.raises(CommandError, match="Lost") as told:
        call_command("rotate_keys")
    assert "Kept" not in str(told.value)
    settings.SEAL_KEYS = [new]
    assert Upstream.objects.get(name="Kept").api_key == KEY
    assert not Upstream.objects.get(name="Lost").has_readable_key


def test_a_key_of_another_seal_is_told_apart_from_a_wrong_one(settings: LazySettings) -> None:
    sealed = seal.seal(KEY)
    settings.SEAL_KEYS = [fresh()]
    with pytest.raises(seal.Unsealable):
        seal.unseal(sealed)
    with pytest.raises(seal.Unsealable):
        seal.reseal(sealed)
