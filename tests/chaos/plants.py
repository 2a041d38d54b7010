"""`manage.py` as a run starts it: on the sandbox's clock, and where asked with a fault planted in the studio.

The run must find what is planted, or it finds nothing worth finding.
"""

import os
import sys
from datetime import timedelta
from typing import Any

EARLY = 0.15  # seconds


def lost() -> None:
    """Every fifth reply leaves the inbox without becoming a picture, and its job looks refused."""
    from studio.gateway.errors import RequestRefused
    from studio.library import inbox
    from studio.worker import runner

    keep = runner.outcomes.deliver

    def deliver(attempt_id: int, **facts: Any) -> None:
        if attempt_id % 5 == 0 and inbox.find(attempt_id):
            inbox.remove(attempt_id)
            raise RequestRefused("planted")
        keep(attempt_id, **facts)

    runner.DECODING.add(deliver)
    runner.outcomes.deliver = deliver


def double() -> None:
    """What may have been billed is sent again, and nobody is asked."""
    from studio.gateway.errors import OutcomeUnknown

    OutcomeUnknown.maybe_billed, OutcomeUnknown.retryable = False, True


def unmarked() -> None:
    """An unknown outcome is taken for one that cost nothing."""
    from studio.gateway.errors import OutcomeUnknown

    OutcomeUnknown.maybe_billed = False


def keep_the_sandbox_s_time() -> None:
    """Pictures come twenty times as fast as in life, so what is counted in seconds has to as well.

    A 502 is believed to have cost nothing for less time than the quickest drawing takes, and a worker is dead sooner.
    """
    from studio.gateway import Timeouts
    from studio.generations.models import Worker

    Worker.SILENCE, Worker.BEAT = timedelta(seconds=8), 2

    original = Timeouts.__init__

    def quick(self: Timeouts, **seconds: float) -> None:
        original(self, **seconds | {"early": EARLY})  # type: ignore[arg-type]

    Timeouts.__init__ = quick  # type: ignore[method-assign]


PLANTS = {plant.__name__: plant for plant in (lost, double, unmarked)}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")
    import django
    from django.core.management import execute_from_command_line

    django.setup()
    keep_the_sandbox_s_time()
    if name := os.environ.get("CHAOS_PLANT"):
        PLANTS[name]()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
