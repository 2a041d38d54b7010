"""Upstreams in Settings: what an admin may enter, what is stored, and what is never shown again."""

import html
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.core import mail
from django.test import Client
from django.utils import timezone

from studio import images
from studio.accounts.models import AuditEvent, User
from studio.gateway import errors
from studio.generations import claims
from studio.generations.models import Attempt
from studio.ledger import prices
from studio.ledger.models import ImagePrice
from studio.upstreams import alerts, health_effects
from studio.upstreams.models import Alert, Check, Upstream
from studio.worker import outcomes, periodic_tasks, sweep
from tests.mails import mails_leave
from tests.running import Submit

pytestmark = pytest.mark.django_db

KEY = "sk-abcd0123456789abcdefwxyz"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJodHRwczovL2FwaS5vcGVuYWkuY29tIjp7fX0." + "A" * 1200
TYPED: dict[str, Any] = {
    "name": "Team A",
    "base_url": "https://gateway.example.com",
    "api_key": KEY,
    "group": "design",
    "plan": "team",
    "is_enabled": "on",
    "can_stream": "on",
    "can_respond": "on",
    "image_models": "",
    "main_models": "",
    "standard_slots": "4",
    "large_slots": "1",
    "priority": "0",
    "price_multiplier": "0.5",
    "bills_by": "token",
    "late_standard": "120",
    "late_large": "300",
    "deadline_standard": "300",
    "deadline_large": "600",
    "silence": "120",
}


@pytest.fixture
def page(client_of: Callable[[User], Client], ada: User) -> Client:
    return client_of(ada)


def add(page: Client, **changed: Any) -> Any:
    return page.post("/settings/upstreams/new/", TYPED | changed)


def change(page: Client, upstream: Upstream, **changed: Any) -> Any:
    return page.post(f"/settings/upstreams/{upstream.pk}/", TYPED | {"api_key": ""} | changed)


def declared(**facts: Any) -> Upstream:
    return Upstream.objects.declare(
        **{"name": "environment", "api_key": KEY, "base_url": "https://gw.example.com"} | facts
    )


# ── What is stored ──


def test_a_key_is_encrypted_and_shown_by_its_first_three_and_last_four_characters(page: Client) -> None:
    add(page)
    upstream = Upstream.objects.get()
    assert (upstream.key_hint, upstream.api_key) == ("sk-…wxyz", KEY)
    assert KEY.encode() not in bytes(upstream.encrypted_key)
    for address in ("/settings/upstreams/", f"/settings/upstreams/{upstream.pk}/", "/settings/health/"):
        shown = page.get(address).content.decode()
        assert KEY[4:-4] not in shown
    assert "sk-…wxyz" in page.get("/settings/upstreams/").content.decode()


@pytest.mark.parametrize(
    "typed",
    [
        "https://gateway.example.com",
        "https://gateway.example.com/",
        "https://gateway.example.com/v1",
        " https://GATEWAY.example.com/v1/ ",
        "https://gateway.example.com/v1/images/generations",
    ],
)
def test_an_address_is_taken_with_or_without_its_end(page: Client, typed: str) -> None:
    add(page, base_url=typed)
    assert Upstream.objects.get().base_url == "https://gateway.example.com/v1"


def test_everything_else_that_was_typed_is_stored(page: Client) -> None:
    add(
        page,
        image_models="gpt-image-2, gpt-image-2.5-flare gpt-image-2",
        priority="-3",
        large_slots="0",
        can_chain="on",
    )
    upstream = Upstream.objects.get()
    assert upstream.image_models == ["gpt-image-2", "gpt-image-2.5-flare"]
    assert (upstream.group, upstream.plan, upstream.priority) == ("design", "team", -3)
    assert (upstream.large_slots, str(upstream.price_multiplier)) == (0, "0.5000")
    assert (upstream.can_chain, upstream.can_async) == (True, False)


def test_who_adds_and_changes_is_written_down_without_the_key(page: Client, ada: User) -> None:
    add(page)
    change(page, Upstream.objects.get(), api_key="sk-other0123456789abcdef9999", priority="7")
    added, changed = AuditEvent.objects.order_by("pk")
    assert (added.actor, added.action, added.subject) == (ada, "upstream.add", "Team A")
    assert changed.before == {"priority": 0, "key_hint": "sk-…wxyz"}
    assert changed.after == {"priority": 7, "key_hint": "sk-…9999"}
    assert "0123456789" not in f"{added.after}{changed.before}{changed.after}"


# ── What is refused, and nothing is written ──


@pytest.mark.parametrize(
    ("key", "word"),
    [
        (JWT, "sign-in token"),
        ("rt_abcdefghijklmnopqrstuvwxyz", "refresh token"),
        ("__Secure-next-auth.session-token=abc.def", "cookie"),
        ('{"tokens": {"access_token": "eyJ"}}', "settings file"),
        ("sk-abcd 0123456789abcdef", "spaces"),
        ("sk-abcd\n0123456789abcdef", "spaces"),
        ('"sk-abcd0123456789abcdef"', "quotation marks"),
        ("sk-admin-0123456789abcdef", "management key"),
        ("sk-1", "too short"),
        ("", "Enter a key"),
    ],
)
def test_what_is_no_gateway_key_is_refused_with_where_to_get_one(page: Client, key: str, word: str) -> None:
    answer = add(page, api_key=key)
    shown = html.unescape(answer.content.decode())
    sentence = re.search(r'id="id_api_key_error">(.*?)</p>', shown)
    assert answer.status_code == 422
    assert sentence
    assert word in sentence[1]
    assert "the gateway's keys page" in sentence[1]
    assert not key or len(key) < 8 or key not in shown
    assert not Upstream.objects.exists()


@pytest.mark.parametrize(
    "address",
    [
        "https://user:secret@gateway.example.com/v1",
        "https://gateway.example.com/v1#keys",
        "https://gateway.example.com/v1?key=1",
        "file:///etc/passwd",
        "ftp://gateway.example.com",
        "gateway.example.com",
        "https://",
        "https://gate way.example.com",
        "javascript:alert(1)",
        "https://[::1",
        "https://gateway.example.com:99999",
        "",
    ],
)
def test_an_invalid_address_is_refused(page: Client, address: str) -> None:
    assert add(page, base_url=address).status_code == 422
    assert not Upstream.objects.exists()


@pytest.mark.parametrize(
    "host",
    ["localhost", "api.localhost", "gateway.local", "gateway", "127.0.0.1", "127.1", "2130706433", "0x7f.1", "[::1]",
     "10.0.0.7", "192.168.1.2", "172.16.0.1", "100.64.0.1", "[fd00::1]", "[::ffff:10.0.0.1]", "127.0.0.1."],
)  # fmt: skip
def test_a_private_address_is_taken_only_when_an_admin_says_so(page: Client, host: str) -> None:
    refused = add(page, base_url=f"http://{host}:3000")
    assert refused.status_code == 422
    assert "private network" in refused.content.decode()
    assert add(page, base_url=f"http://{host}:3000", is_private_allowed="on").status_code == 302


@pytest.mark.parametrize("host", ["169.254.169.254", "[fd00:ec2::254]", "224.0.0.1"])
def test_where_no_gateway_can_be_is_refused_even_then(page: Client, host: str) -> None:
    assert add(page, base_url=f"http://{host}", is_private_allowed="on").status_code == 422


@pytest.mark.parametrize("name", ["Team A", "TEAM a", "  team   a "])
def test_a_name_is_given_once(page: Client, name: str) -> None:
    add(page)
    assert add(page, name=name).status_code == 422
    assert Upstream.objects.count() == 1


@pytest.mark.parametrize("name", ["environment", "Sandbox", ""])
def test_names_that_are_declared_at_the_start_are_not_given(page: Client, name: str) -> None:
    assert add(page, name=name).status_code == 422


@pytest.mark.parametrize(
    "wrong",
    [
        {"standard_slots": "-1"},
        {"large_slots": "-1"},
        {"standard_slots": "0", "large_slots": "0"},
        {"standard_slots": "1001"},
        {"standard_slots": "many"},
        {"deadline_standard": "0"},
        {"deadline_large": "0"},
        {"late_standard": "0"},
        {"silence": "0"},
        {"deadline_standard": "-5"},
        {"deadline_large": "999999"},
        {"late_standard": "301"},
        {"price_multiplier": "-1"},
        *({"price_multiplier": typed} for typed in ("NaN", "Infinity", "0,5", "1e9", "1000", "0.00001")),
        {"plan": "platinum"},
        {"image_models": "<script>"},
    ],
    ids=str,
)
def test_numbers_that_cannot_work_are_refused(page: Client, wrong: dict[str, str]) -> None:
    assert add(page, **wrong).status_code == 422
    assert not Upstream.objects.exists()


# ── Prices of pictures ──────────────────────────────────────────────────────────────────────────────────────────────

BY_PICTURE = {"bills_by": "image", "tier_1k": "0.10", "tier_2k": "0.15", "tier_4k": "0.2"}


def test_prices_of_pictures_hold_from_today_on_and_are_shown_again(page: Client, ada: User) -> None:
    add(page, **BY_PICTURE)
    upstream = Upstream.objects.get()
    assert upstream.bills_by == "image"
    now = timezone.now()
    assert prices.image_rates(upstream_name="Team A", at=now).of("2K") == Decimal("0.15")
    assert prices.image_rates(upstream_name="Team A", at=now - timedelta(days=1)) == images.LIST_IMAGE_RATES
    shown = page.get(f"/settings/upstreams/{upstream.pk}/").content.decode()
    assert re.search(r'name="tier_2k" value="0.15"', shown)
    change(page, upstream, **BY_PICTURE | {"tier_2k": "0.16"})
    assert ImagePrice.objects.get().tier_2k == Decimal("0.16")  # one price a day
    change(page, upstream, **BY_PICTURE | {"tier_2k": "0.16"})
    events = AuditEvent.objects.filter(action="price.change").order_by("pk")
    assert [event.after["tier_2k"] for event in events] == ["0.15", "0.16"]


def test_without_prices_of_its_own_the_studios_hold(page: Client) -> None:
    add(page, bills_by="image")
    assert not ImagePrice.objects.exists()
    assert 'placeholder="0.134"' in page.get(f"/settings/upstreams/{Upstream.objects.get().pk}/").content.decode()


@pytest.mark.parametrize("typed", ["-0.1", "0,1", "NaN", "Infinity", "1e3", "1000.01", "ten", ""])
def test_an_invalid_price_per_picture_is_refused_and_changes_nothing(page: Client, typed: str) -> None:
    answer = add(page, **BY_PICTURE | {"tier_2k": typed})
    assert answer.status_code == 422
    assert "tier_2k" in answer.context["form"].errors
    assert not Upstream.objects.exists()
    assert not ImagePrice.objects.exists()


def test_prices_of_pictures_follow_their_upstream_to_its_new_name(page: Client) -> None:
    add(page, **BY_PICTURE)
    change(page, Upstream.objects.get(), name="Team B", **BY_PICTURE)
    assert prices.image_rates(upstream_name="Team B", at=timezone.now()).of("1K") == Decimal("0.1")
    assert prices.image_rates(upstream_name="Team A", at=timezone.now()) == images.LIST_IMAGE_RATES


def test_a_form_that_is_refused_keeps_what_was_typed_but_for_the_key(page: Client) -> None:
    shown = add(page, standard_slots="-1", name="Something I typed").content.decode()
    assert "Something I typed" in shown
    assert KEY not in shown


# ── What is changed ──


def test_a_key_left_empty_stays(page: Client) -> None:
    add(page)
    assert change(page, Upstream.objects.get(), name="Team B").status_code == 302
    upstream = Upstream.objects.get()
    assert (upstream.name, upstream.api_key) == ("Team B", KEY)


def test_a_new_key_brings_back_one_that_was_switched_off_and_ends_its_alert(page: Client) -> None:
    add(page)
    upstream = Upstream.objects.get()
    health_effects.record_error(upstream, error=errors.KeyRefused(status=401), now=timezone.now())
    typed = {"is_enabled": "", "api_key": "sk-right0123456789abcdef"}
    change(page, upstream, **typed)
    upstream.refresh_from_db()
    assert (upstream.is_enabled, upstream.disabled_reason) == (True, "")
    assert not Alert.objects.open().exists()


def test_one_that_an_admin_switched_off_stays_off_with_a_new_key(page: Client) -> None:
    add(page)
    upstream = Upstream.objects.get()
    page.post(f"/settings/upstreams/{upstream.pk}/deactivation/")
    change(page, upstream, is_enabled="", api_key="sk-right0123456789abcdef")
    assert not Upstream.objects.usable().exists()
    page.post(f"/settings/upstreams/{upstream.pk}/activation/")
    assert Upstream.objects.usable().exists()


def test_another_address_resets_what_was_learned(page: Client) -> None:
    add(page)
    Upstream.objects.update(refused_parameters=["moderation"], image_field="image")
    change(page, Upstream.objects.get(), priority="1")
    assert Upstream.objects.get().refused_parameters == ["moderation"]
    change(page, Upstream.objects.get(), base_url="https://other.example.com")
    upstream = Upstream.objects.get()
    assert (upstream.refused_parameters, upstream.image_field) == ([], "image[]")


def test_saving_the_form_does_not_undo_what_happened_meanwhile(page: Client) -> None:
    add(page)
    upstream = Upstream.objects.get()
    until = timezone.now() + timedelta(hours=1)
    upstream.pause(until=until, reason="window_used_up")
    change(page, upstream, priority="5")
    assert Upstream.objects.get().paused_until == until


def test_an_admin_can_end_a_pause(page: Client) -> None:
    add(page)
    upstream = Upstream.objects.get()
    upstream.pause(until=timezone.now() + timedelta(hours=1), reason="quota_spent")
    page.post(f"/settings/upstreams/{upstream.pk}/resumption/")
    assert Upstream.objects.ready(now=timezone.now()).exists()


def test_what_the_environment_names_is_shown_and_not_changed(page: Client) -> None:
    upstream = declared()
    shown = page.get(f"/settings/upstreams/{upstream.pk}/").content.decode()
    assert "GATEWAY_BASE_URL" in shown
    assert 'name="api_key"' not in shown
    assert change(page, upstream, name="Mine").status_code == 422
    assert page.post(f"/settings/upstreams/{upstream.pk}/removal/").status_code == 404
    assert Upstream.objects.present().get().name == "environment"


def test_the_sandbox_is_switched_off_when_a_real_gateway_is_added(page: Client) -> None:
    sandbox = declared(name="sandbox", is_simulated=True)
    add(page)
    sandbox.refresh_from_db()
    assert not sandbox.is_enabled
    declared(name="sandbox", is_simulated=True)  # as its keeper does whenever it starts it again
    assert [upstream.name for upstream in Upstream.objects.usable()] == ["Team A"]


def test_a_key_encrypted_with_a_lost_secret_must_be_entered_again(page: Client, settings: LazySettings) -> None:
    add(page)
    settings.SEAL_KEYS = [Fernet.generate_key().decode()]
    upstream = Upstream.objects.get()
    shown = page.get(f"/settings/upstreams/{upstream.pk}/")
    assert shown.status_code == 200
    assert "Enter it again" in shown.content.decode()
    change(page, upstream, api_key=KEY)
    assert Upstream.objects.get().api_key == KEY


# ── Removing ──


def test_a_removed_upstream_gives_its_name_back_and_lets_its_calls_end(page: Client, ben: User, submit: Submit) -> None:
    add(page)
    upstream = Upstream.objects.get()
    submit(ben)
    [call] = claims.claim_batch(worker=sweep.register(home="tests"), now=timezone.now())
    page.post(f"/settings/upstreams/{upstream.pk}/removal/")
    assert add(page).status_code == 302
    assert "Team A" in page.get("/settings/upstreams/").content.decode()
    assert page.get(f"/settings/upstreams/{upstream.pk}/").status_code == 404

    periodic_tasks.delete_unused_keys()
    assert Upstream.objects.get(pk=upstream.pk).api_key == KEY, "its call may still need it"
    outcomes.fail(call.attempt_id, error=errors.ContentRefused(status=400), now=timezone.now(), jitter=0.0)
    periodic_tasks.delete_unused_keys()
    assert bytes(Upstream.objects.get(pk=upstream.pk).encrypted_key) == b""
    assert Attempt.objects.get().upstream_name == "Team A"


def test_removing_cancels_the_test_pictures_that_wait(page: Client, ada: User) -> None:
    add(page)
    upstream = Upstream.objects.get()
    page.post(f"/settings/upstreams/{upstream.pk}/test-pictures/")
    page.post(f"/settings/upstreams/{upstream.pk}/removal/")
    assert upstream.test_jobs.get().state == "canceled"


# ── Alerts ──


def off(page: Client) -> Upstream:
    add(page)
    upstream = Upstream.objects.get()
    health_effects.record_error(upstream, error=errors.KeyRefused(status=401), now=timezone.now())
    return upstream


def test_a_banner_tells_admins_on_every_page_until_one_has_seen_to_it(
    page: Client, client_of: Callable[[User], Client], ben: User
) -> None:
    upstream = off(page)
    for address in ("/", "/gallery/", "/settings/"):
        assert "Team A was switched off. The gateway did not accept the key." in page.get(address).content.decode()
        assert "was switched off" not in client_of(ben).get(address).content.decode()
    page.post(f"/settings/alerts/{upstream.alerts.get().pk}/dismissal/")
    assert "Team A was switched off" not in page.get("/").content.decode()
    assert upstream.alerts.get().closed_by is not None


def test_admins_are_mailed_once(page: Client, ada: User, ben: User, settings: LazySettings) -> None:
    settings.EMAIL_URL = "smtp://mail.example.com"
    upstream = off(page)
    for _ in range(2):
        alerts.mail_alerts(now=timezone.now())
    mails_leave()
    [mail_sent] = mail.outbox
    assert mail_sent.to == [ada.email]
    assert "did not accept the key" in mail_sent.body
    assert f"/settings/upstreams/{upstream.pk}/" in mail_sent.body


def test_without_a_mail_server_the_banner_has_to_do(page: Client) -> None:
    off(page)
    assert alerts.mail_alerts(now=timezone.now()) == 0
    assert Alert.objects.unmailed().exists()


# ── A page only requests checks ──


def test_a_page_requests_a_check_and_polls_it(page: Client) -> None:
    add(page)
    upstream = Upstream.objects.get()
    fragment = page.post(f"/settings/upstreams/{upstream.pk}/checks/", headers={"HX-Request": "true"}).content.decode()
    check = Check.objects.get()
    assert check.started_at is None
    assert f'hx-get="/settings/upstreams/{upstream.pk}/checks/{check.pk}/"' in fragment
    Check.objects.update(created_at=timezone.now() - Check.EXPIRES_AFTER - timedelta(seconds=1))
    expired = page.get(f"/settings/upstreams/{upstream.pk}/checks/{check.pk}/").content.decode()
    assert "hx-get" not in expired
    assert "Check again" in expired
