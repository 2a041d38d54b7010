"""The audit log: what admins, people and commands changed, never changed itself."""

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
    """One change: who, when, what was done to which thing, and how the thing stood before and after.

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
        """Each thing that differs with its value before and after; None where there was or is nothing."""
        before, after = self.before or {}, self.after or {}
        return [(name, before.get(name), after.get(name)) for name in dict.fromkeys([*before, *after])]

    @property
    def spoken_changes(self) -> list[tuple[str, Any, Any]]:
        """The same in words: names without underscores, yes and no."""
        return [(name.replace("_", " "), spoken(before), spoken(after)) for name, before, after in self.changes]


def spoken(value: Any) -> Any:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "—"
    return "—" if value == "" else value
