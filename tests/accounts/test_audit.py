import ast
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from studio.accounts import audit
from studio.accounts.models import AuditEvent, StudioSettings

pytestmark = pytest.mark.django_db


def recorded(**facts):
    return audit.record(
        **{"actor": None, "action": "price.change", "subject": "gpt-image-2", "now": timezone.now()} | facts
    )


def test_an_event_keeps_only_what_differs(ada):
    event = recorded(
        actor=ada, before={"rate": Decimal("8.0"), "name": "a"}, after={"rate": Decimal("9.0"), "name": "a"}
    )
    event.refresh_from_db()
    assert (event.before, event.after) == ({"rate": "8.0"}, {"rate": "9.0"})
    assert event.changes == [("rate", "8.0", "9.0")]
    assert event.actor == ada


def test_without_a_difference_there_is_no_event():
    assert recorded(before={"rate": 8}, after={"rate": 8}) is None
    assert AuditEvent.objects.count() == 0


def test_a_new_subject_has_no_before():
    event = recorded(before=None, after={"rate": 8})
    assert event.changes == [("rate", None, 8)]


def test_a_secret_passed_by_mistake_is_not_stored():
    event = recorded(
        before={"api_key": "sk-old", "key_hint": "sk-…1234"}, after={"api_key": "sk-new", "key_hint": "sk-…9876"}
    )
    assert "sk-old" not in str(event.before)
    assert "sk-new" not in str(event.after)
    assert event.changes[1] == ("key_hint", "sk-…1234", "sk-…9876")


@pytest.mark.parametrize("change", [lambda rows: rows.update(subject="x"), lambda rows: rows.delete()])
def test_the_log_is_never_changed_or_deleted(change):
    recorded(before=None, after={"rate": 8})
    with pytest.raises(DatabaseError, match="audit log"), transaction.atomic():
        change(AuditEvent.objects.all())


def recorded_actions(source: str) -> set[object]:
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    calls = [call for call in calls if ast.unparse(call.func) in {"audit.record", "record"}]
    values = [keyword.value for call in calls for keyword in call.keywords if keyword.arg == "action"]
    return {value.value for value in values if isinstance(value, ast.Constant)}


def test_every_recorded_action_has_a_label():
    sources = [path.read_text() for path in (settings.BASE_DIR / "studio").rglob("*.py")]
    actions = set().union(*(recorded_actions(source) for source in sources if "record(" in source))
    assert "studio.change" in actions
    assert actions <= set(audit.ACTIONS)


def test_an_admins_change_of_the_studios_settings_is_recorded(client_of, ada):
    answer = client_of(ada).post("/settings/studio/", {"moderation_fails_open": "on"})
    assert answer["Location"] == "/settings/studio/"
    assert StudioSettings.load().admins_may_open_pictures is False
    event = AuditEvent.objects.get()
    assert (event.actor, event.changes) == (ada, [("admins_may_open_pictures", True, False)])


def test_saving_the_same_settings_again_is_no_event(client_of, ada):
    client_of(ada).post("/settings/studio/", {"admins_may_open_pictures": "on", "moderation_fails_open": "on"})
    assert AuditEvent.objects.count() == 0


def test_the_studios_settings_are_for_admins(client_of, ben):
    assert client_of(ben).get("/settings/studio/").status_code == 404
    assert client_of(ben).post("/settings/studio/", {}).status_code == 404
    assert not StudioSettings.objects.exists()
