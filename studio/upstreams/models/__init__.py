"""The tables of upstreams, a module for each."""

from .alert import Alert
from .check import Check
from .reading import Reading
from .upstream import Billing, Lane, Upstream, fingerprint, hint

__all__ = ["Alert", "Billing", "Check", "Lane", "Reading", "Upstream", "fingerprint", "hint"]
