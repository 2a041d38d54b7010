"""The tables of accounts, a module for each."""

from .audit_event import AuditEvent
from .link import Invitation, Link, SignInLink
from .person import LastAdmin, User
from .studio_settings import StudioSettings

__all__ = ["AuditEvent", "Invitation", "LastAdmin", "Link", "SignInLink", "StudioSettings", "User"]
