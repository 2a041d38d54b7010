"""`manage.py rotate_keys`: seals every secret anew, with the first of STUDIO_SEAL_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from studio import seal
from studio.accounts import audit, second_factor
from studio.upstreams.models import Upstream


class Command(BaseCommand):
    help = "Seal upstreams' keys and second factors anew with the first seal key; the others are then needed no more."

    def handle(self, *args: Any, **options: Any) -> None:
        lost, count = rotate()
        secrets = "1 secret is" if count == 1 else f"{count} secrets are"
        self.stdout.write(f"{secrets} sealed anew.")
        if lost:
            raise CommandError(
                f"None of the present seal keys opens {', '.join(lost)}. "
                "Put the old seal key behind the new one in STUDIO_SEAL_KEYS, or enter these again."
            )


def rotate() -> tuple[list[str], int]:
    """Seal what can be opened; return what cannot be, in words, and how many secrets were sealed anew."""
    lost, count = reseal_keys()
    try:
        count += second_factor.reseal()
    except seal.Unsealable:
        lost.append("the second factor of a person")
    if count:
        audit.note(
            actor=None, action="upstream.rotate", subject="STUDIO_SEAL_KEYS", before={}, after={"count": count},
            now=timezone.now(),
        )  # fmt: skip
    return lost, count


@transaction.atomic
def reseal_keys() -> tuple[list[str], int]:
    lost, count = [], 0
    for upstream in Upstream.objects.exclude(sealed_key=b"").select_for_update().order_by("name"):
        try:
            resealed = seal.reseal(bytes(upstream.sealed_key))
        except seal.Unsealable:
            if upstream.removed_at is None:
                lost.append(f"the key of {upstream.name}")
            continue
        # Whoever entered another key meanwhile sealed it with the first one anyway.
        count += Upstream.objects.filter(pk=upstream.pk, sealed_key=upstream.sealed_key).update(sealed_key=resealed)
    return lost, count
