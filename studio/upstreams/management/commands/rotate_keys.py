"""`manage.py rotate_keys`: encrypts every secret in the database again, with the first of STUDIO_SEAL_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from studio.accounts import audit, second_factor
from studio.core import encryption

from ...models import Upstream


class Command(BaseCommand):
    help = (
        "Encrypt the keys of all upstreams and people's second factors with the first encryption key. "
        "Afterwards the other keys are no longer needed."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        lost, count = rotate()
        keys = "1 key is" if count == 1 else f"{count} keys are"
        self.stdout.write(f"{keys} encrypted again.")
        undecryptable, factors = second_factor.reencrypt()
        self.stdout.write(f"Second factors encrypted again: {factors}.")
        if undecryptable:
            people = ", ".join(undecryptable)
            self.stderr.write(f"The second factors of {people} cannot be decrypted: remove them in People.")
        if lost:
            raise CommandError(
                f"None of the encryption keys decrypts the key of {', '.join(lost)}. "
                "Add the old encryption key after the new one in STUDIO_SEAL_KEYS, or enter the key again in Settings."
            )


@transaction.atomic
def rotate() -> tuple[list[str], int]:
    """Encrypt every key again; return the upstreams whose key cannot be decrypted, and the count of the others."""
    lost, count = [], 0
    for upstream in Upstream.objects.exclude(encrypted_key=b"").select_for_update().order_by("name"):
        try:
            encrypted = encryption.rotate(bytes(upstream.encrypted_key))
        except encryption.Undecryptable:
            if upstream.removed_at is None:
                lost.append(upstream.name)
            continue
        # A key that was entered meanwhile is encrypted with the first one already.
        count += Upstream.objects.filter(pk=upstream.pk, encrypted_key=upstream.encrypted_key).update(
            encrypted_key=encrypted
        )
    if count:
        audit.record(
            actor=None, action="upstream.rotate", subject="STUDIO_SEAL_KEYS", before={}, after={"count": count},
            now=timezone.now(),
        )  # fmt: skip
    return lost, count
