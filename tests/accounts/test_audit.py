import ast
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from studio.accounts import audit
from studio.accounts.models import AuditEvent, StudioSettings

pytestmark = pytest.mark.django_db


def noted(**facts):
    return audit.note(
        **{"actor": None, "action": "price.change", "subject": "gpt-image-2", "now": timezone.now()} | facts
    )


def test_an_event_keeps_only_what_differs(ada):
    event = noted(actor=ada, before={"rate": Decimal("8.0"), "name": "a"}, after={"rate": Decimal("9.0"), "name": "a"})
    event.refresh_from_db()
    assert (event.before, event.after) == ({"rate": "8.0"}, {"rate": "9.0"})
    assert event.changes == [("rate", "8.0", "9.0")]
    assert event.actor == ada


def test_nothing_that_differs_is_no_event():
    assert noted(before={"rate": 8}, after={"rate": 8}) is None
    assert AuditEvent.objects.count() == 0


def test_what_came_new_has_no_before():
    event = noted(before=None, after={"rate": 8})
    assert event.changes == [("rate", None, 8)]


def test_a_secret_handed_in_by_mistake_is_not_kept():
    event = noted(
        before={"api_key": "sk-old", "key_hint": "sk-…1234"}, after={"api_key": "sk-new", "key_hint": "sk-…9876"}
    )
    assert "sk-old" not in str(event.before)
    assert "sk-new" not in str(event.after)
    assert event.changes[1] == ("key_hint", "sk-…1234", "sk-…9876")


@pytest.mark.parametrize("change", [lambda rows: rows.update(subject="x"), lambda rows: rows.delete()])
def test_the_log_is_never_changed_or_deleted(change):
    noted(before=None, after={"rate": 8})
    with pytest.raises(DatabaseError, match="audit log"), transaction.atomic():
        change(AuditEvent.objects.all())


def noted_actions(source: str) -> set[object]:
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    calls = [call for call in calls if ast.unparse(call.func) in {"audit.note", "note"}]
    words = [word.value for call in calls for word in call.keywords if word.arg == "action"]
    return {word.value for word in words if isinstance(word, ast.Constant)}


def test_every_action_that_is_noted_has_words():
    sources = [path.read_text() for path in (settings.BASE_DIR / "studio").rglob("*.py")]
    actions = set().union(*map(noted_actions, sources))
    assert "studio.change" in actions
    assert actions <= set(audit.ACTIONS)


def test_an_admin_changes_the_studios_settings_and_the_log_says_so(client_of, ada):
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
