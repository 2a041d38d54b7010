"""The models of accounts."""

from .audit_event import AuditEvent
from .link import Invitation, Link, SignInLink
from .outgoing_mail import OutgoingMail
from .person import LastAdmin, User
from .studio_settings import StudioSettings

__all__ = ["AuditEvent", "Invitation", "LastAdmin", "Link", "OutgoingMail", "SignInLink", "StudioSettings", "User"]
