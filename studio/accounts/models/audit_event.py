"""The audit log: what people and commands changed. Append-only."""

from typing import Any, Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext

from .person import User


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def older_than(self, event_id: int) -> Self:
        return self.filter(pk__lt=event_id)


class AuditEvent(models.Model):
    """One change: who did what to which subject, when, and the facts before and after.

    The database refuses UPDATE and DELETE. No actor means the studio itself: its environment or a command.
    """

    at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="audit_events")
    action = models.CharField(max_length=60, db_index=True)
    subject = models.CharField(max_length=200)
    # Only what differs, by name; never a secret.
    before = models.JSONField(null=True, blank=True, encoder=DjangoJSONEncoder)
    after = models.JSONField(null=True, blank=True, encoder=DjangoJSONEncoder)

    objects = AuditEventQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.action}: {self.subject}"

    @property
    def changes(self) -> list[tuple[str, Any, Any]]:
        """Each fact that differs, with its value before and after; None where there is none."""
        before, after = self.before or {}, self.after or {}
        return [(name, before.get(name), after.get(name)) for name in dict.fromkeys([*before, *after])]

    @property
    def displayed_changes(self) -> list[tuple[str, Any, Any]]:
        """The changes for display: names without underscores, booleans as yes and no."""
        return [(name.replace("_", " "), displayed(before), displayed(after)) for name, before, after in self.changes]


def displayed(value: Any) -> Any:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "—"
    return "—" if value == "" else value
