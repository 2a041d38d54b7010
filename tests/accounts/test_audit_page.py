import pytest
from django.utils import timezone

from studio.accounts import audit
from studio.accounts.models import AuditEvent
from studio.accounts.views import audit_log

pytestmark = pytest.mark.django_db


def record(actor, subject, action="person.role"):
    return audit.record(
        actor=actor,
        action=action,
        subject=subject,
        before={"role": "designer"},
        after={"role": "admin"},
        now=timezone.now(),
    )


def test_the_log_says_who_changed_what_and_how_it_was_before(client_of, ada, ben):
    client_of(ada).post(f"/settings/people/{ben.pk}/role/", {"role": "admin"})
    page = client_of(ada).get("/settings/audit/").content.decode()
    assert "Role changed" in page
    assert "ben@example.com" in page
    assert "<del>designer</del>" in page
    assert "<ins>admin</ins>" in page


def test_every_change_of_people_is_recorded(client_of, ada, ben):
    browser = client_of(ada)
    browser.post("/settings/people/invitations/", {"email": "eve@example.com", "role": "designer"})
    browser.post(f"/settings/people/{ben.pk}/reset-link/")
    browser.post(f"/settings/people/{ben.pk}/deactivation/")
    browser.post(f"/settings/people/{ben.pk}/reactivation/")
    assert list(AuditEvent.objects.order_by("pk").values_list("action", flat=True)) == [
        "person.invite",
        "person.reset_link",
        "person.deactivate",
        "person.reactivate",
    ]


def test_a_refused_change_is_not_recorded(client_of, ada):
    client_of(ada).post(f"/settings/people/{ada.pk}/deactivation/")
    client_of(ada).post(f"/settings/people/{ada.pk}/role/", {"role": "designer"})
    assert not AuditEvent.objects.exists()


def test_the_log_is_filtered_by_person_and_by_action(client_of, ada, ben):
    record(ada, "of ada"), record(ben, "of ben"), record(None, "of nobody", action="studio.change")

    def shown(query):
        page = client_of(ada).get(f"/settings/audit/?{query}").content.decode()
        return [name for name in ("of ada", "of ben", "of nobody") if name in page]

    assert shown(f"actor={ben.pk}") == ["of ben"]
    assert shown("actor=studio") == ["of nobody"]
    assert shown("action=person.role") == ["of ada", "of ben"]
    assert shown(f"actor={ada.pk}&action=studio.change") == []


def test_pages_of_the_log_continue_without_a_gap(client_of, ada):
    events = [record(ada, f"change {at}").pk for at in range(audit_log.PAGE_SIZE + 3)]
    browser, seen, query = client_of(ada), [], ""
    while query is not None:
        context = browser.get(f"/settings/audit/{query}", headers={"HX-Request": "true"}).context
        seen += [event.pk for event, _label in context["events"]]
        query = f"?before={context['next_before']}" if context["next_before"] else None
    assert seen == events[::-1]


@pytest.mark.parametrize("query", ["actor=x", "before=x", "actor=" + "9" * 40, "before=-1", "actor=%00"])
def test_a_broken_filter_is_not_found(client_of, ada, query):
    assert client_of(ada).get(f"/settings/audit/?{query}").status_code == 404
