"""`manage.py rotate_keys`: seals every secret in the database anew, with the first of STUDIO_SEAL_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from studio import seal
from studio.accounts import audit, second_factor
from studio.upstreams.models import Upstream


class Command(BaseCommand):
    help = (
        "Seal the keys of all upstreams and people's second factors anew with the first seal key; "
        "afterwards the others are no longer needed."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        lost, count = rotate()
        keys = "1 key is" if count == 1 else f"{count} keys are"
        self.stdout.write(f"{keys} sealed anew.")
        unopened, factors = second_factor.reseal()
        self.stdout.write(f"Second factors sealed anew: {factors}.")
        if unopened:
            self.stderr.write(f"The second factors of {', '.join(unopened)} cannot be opened: remove them in People.")
        if lost:
            raise CommandError(
                f"None of the present seal keys opens the key of {', '.join(lost)}. "
                "Put the old seal key behind the new one in STUDIO_SEAL_KEYS, or enter the key again in Settings."
            )


@transaction.atomic
def rotate() -> tuple[list[str], int]:
    """Seal every key anew; return the names of those that cannot be opened, and how many were sealed."""
    lost, count = [], 0
    for upstream in Upstream.objects.exclude(sealed_key=b"").select_for_update().order_by("name"):
        try:
            resealed = seal.reseal(bytes(upstream.sealed_key))
        except seal.Unsealable:
            if upstream.removed_at is None:
                lost.append(upstream.name)
            continue
        # Whoever entered another key meanwhile sealed it with the first one anyway.
        count += Upstream.objects.filter(pk=upstream.pk, sealed_key=upstream.sealed_key).update(sealed_key=resealed)
    if count:
        audit.note(
            actor=None, action="upstream.rotate", subject="STUDIO_SEAL_KEYS", before={}, after={"count": count},
            now=timezone.now(),
        )  # fmt: skip
    return lost, count
