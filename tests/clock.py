"""A clock that is turned by hand, for tests that a slow machine must not change."""

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.core.cache.backends import base, locmem
from django.utils import timezone


class Clock:
    """The time of the studio's rows and caches; it stands still until it is told to `pass_by`."""

    def __init__(self) -> None:
        self.now = timezone.now()

    def pass_by(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Every `timezone.now()` and every time at which something cached expires. Sleeping and waiting are as ever."""
    clock = Clock()
    monkeypatch.setattr(timezone, "now", lambda: clock.now)
    for module in (base, locmem):
        monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: clock.now.timestamp()))
    return clock
