"""Writes to the audit log; nothing else does."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from .models import AuditEvent, User

# The label of each action on the page; a new action needs one.
ACTIONS = {
    "month.close": _("Month closed"),
    "picture.open": _("Someone else's picture opened"),
    "person.erase": _("Person deleted"),
    "person.invite": _("Person invited"),
    "person.invitation.withdraw": _("Invitation withdrawn"),
    "person.join": _("Person joined"),
    "person.role": _("Role changed"),
    "person.deactivate": _("Person deactivated"),
    "person.reactivate": _("Person reactivated"),
    "person.reset_link": _("Reset link created"),
    "person.second_factor.remove": _("Second factor removed"),
    "sign_in_link.use": _("Sign-in link from the console used"),
    "storage.change": _("Storage rules changed"),
    "studio.change": _("Studio settings changed"),
    "upstream.add": _("Upstream added"),
    "upstream.change": _("Upstream changed"),
    "upstream.forget": _("What was learned about an upstream forgotten"),
    "upstream.switch": _("Upstream switched on or off, or its pause ended"),
    "upstream.remove": _("Upstream removed"),
    "upstream.rotate": _("Encryption keys rotated"),
    "price.add": _("Price added"),
    "price.change": _("Price changed"),
    "price.remove": _("Price removed"),
    "budget.change": _("Budget changed"),
    "budget.remove": _("Personal budget removed"),
    "budget.raise": _("Limit raised once"),
    "approval.grant": _("Pictures approved"),
    "approval.decline": _("Pictures declined"),
    "safety.mistake": _("Refusal marked as wrong"),
    "safety.dismissal": _("Objection to a refusal dismissed"),
    "safety.thresholds": _("Thresholds of the second check changed"),
}
# A fact whose name contains one of these may be a secret: the log says that it changed, never its value.
SECRET_WORDS = ("key", "password", "secret", "token")
SHOWABLE = ("hint", "fingerprint", "count")
REDACTED = "•••"


def record(
    *,
    actor: User | None,
    action: str,
    subject: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    now: datetime,
) -> AuditEvent | None:
    """Record one change; None when nothing differs. Call it in the transaction of the change.

    `before` and `after` are facts by name, None where the subject did not exist; `actor` None is the studio itself.
    """
    before, after = differing(before, after)
    if before == after == {}:
        return None
    return AuditEvent.objects.create(
        actor=actor, action=action, subject=subject[:200], before=redacted(before), after=redacted(after), at=now
    )


def differing(
    before: dict[str, Any] | None, after: dict[str, Any] | None
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Both sides without the facts that did not change."""
    if before is None or after is None:
        return before, after
    same = {name for name in before.keys() & after.keys() if before[name] == after[name]}
    return (
        {name: value for name, value in before.items() if name not in same},
        {name: value for name, value in after.items() if name not in same},
    )


def redacted(facts: dict[str, Any] | None) -> dict[str, Any] | None:
    return facts and {name: REDACTED if may_be_secret(name) else value for name, value in facts.items()}


def may_be_secret(name: str) -> bool:
    return any(word in name.lower() for word in SECRET_WORDS) and not name.lower().endswith(SHOWABLE)
