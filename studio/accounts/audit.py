"""The one door of the audit log."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from .models import AuditEvent, User

# What each action is called on the page; whoever notes a new one adds its line.
ACTIONS = {
    "month.close": _("Month closed"),
    "picture.open": _("Picture of somebody else opened"),
    "person.erase": _("Person deleted"),
    "person.invite": _("Person invited"),
    "person.invitation.withdraw": _("Invitation withdrawn"),
    "person.join": _("Person joined"),
    "person.role": _("Role changed"),
    "person.deactivate": _("Person deactivated"),
    "person.reactivate": _("Person reactivated"),
    "person.reset_link": _("Reset link made"),
    "person.second_factor.remove": _("Second factor removed"),
    "sign_in_link.use": _("Sign-in link of the console used"),
    "studio.change": _("Studio settings changed"),
    "upstream.add": _("Upstream added"),
    "upstream.change": _("Upstream changed"),
    "upstream.switch": _("Upstream switched on, off or back to use"),
    "upstream.remove": _("Upstream removed"),
    "upstream.rotate": _("Secrets sealed anew"),
    "price.add": _("Price added"),
    "price.change": _("Price changed"),
    "price.remove": _("Price removed"),
    "budget.change": _("Budget changed"),
    "budget.remove": _("Own budget removed"),
    "budget.raise": _("Limit raised once"),
    "approval.grant": _("Pictures approved"),
    "approval.decline": _("Pictures declined"),
    "safety.mistake": _("A refusal marked as wrong"),
    "safety.thresholds": _("Thresholds of the second check changed"),
}
# A name that holds one of these may hold a secret: that it changed is noted, what it is never.
SECRET_WORDS = ("key", "password", "secret", "token")
SHOWABLE = ("hint", "fingerprint", "count")
HIDDEN = "•••"


def note(
    *,
    actor: User | None,
    action: str,
    subject: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    now: datetime,
) -> AuditEvent | None:
    """Write one change into the log; None when nothing differs. Call it in the transaction that makes the change.

    `before` and `after` are facts by name, None where the thing did not exist; `actor` None is the studio itself.
    """
    before, after = differing(before, after)
    if before == after == {}:
        return None
    return AuditEvent.objects.create(
        actor=actor, action=action, subject=subject[:200], before=hidden(before), after=hidden(after), at=now
    )


def differing(
    before: dict[str, Any] | None, after: dict[str, Any] | None
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Both sides without the facts that stayed as they were."""
    if before is None or after is None:
        return before, after
    same = {name for name in before.keys() & after.keys() if before[name] == after[name]}
    return (
        {name: value for name, value in before.items() if name not in same},
        {name: value for name, value in after.items() if name not in same},
    )


def hidden(facts: dict[str, Any] | None) -> dict[str, Any] | None:
    return facts and {name: HIDDEN if may_be_secret(name) else value for name, value in facts.items()}


def may_be_secret(name: str) -> bool:
    return any(word in name.lower() for word in SECRET_WORDS) and not name.lower().endswith(SHOWABLE)
