"""The models of upstreams."""

from .alert import Alert
from .check import Check
from .reading import Reading
from .upstream import ENVIRONMENT, RESERVED_NAMES, SANDBOX, Billing, Lane, Upstream, fingerprint, hint

__all__ = [
    "ENVIRONMENT",
    "RESERVED_NAMES",
    "SANDBOX",
    "Alert",
    "Billing",
    "Check",
    "Lane",
    "Reading",
    "Upstream",
    "fingerprint",
    "hint",
]
