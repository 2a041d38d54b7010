"""The changes admins make to upstreams; each is one transaction with its line in the audit log.

They stand here, not in `upstreams`, because they also touch prices, jobs and the audit log.
"""

from datetime import datetime
from typing import Any, Protocol

from django.db import transaction

from studio.accounts import audit
from studio.accounts.models import User
from studio.core.wakeups import wake_on_commit
from studio.images import ImageRates
from studio.ledger import prices
from studio.ledger.models import ImagePrice
from studio.ledger.periods import local_day
from studio.upstreams.models import Alert, Upstream
from studio.upstreams.models.upstream import CAPABILITY_RESET, HEALTH_RESET, SWITCHED_ON, encrypted_key


class Switch(Protocol):
    """A change that needs no input."""

    def __call__(self, upstream: Upstream, *, actor: User, now: datetime) -> None: ...


@transaction.atomic
def add(
    columns: dict[str, Any], *, api_key: str, tiers: ImageRates | None = None, actor: User, now: datetime
) -> Upstream:
    """Create an upstream; `tiers` are its own prices per picture, if it has any."""
    upstream = Upstream.objects.create(created_at=now, **columns, **encrypted_key(api_key))
    clear_alerts(upstream, actor=actor, now=now)
    record_change(
        "upstream.add",
        upstream,
        actor=actor,
        before=None,
        after=log_data(columns) | {"key_hint": upstream.key_hint},
        now=now,
    )
    price_pictures(upstream, tiers, actor=actor, now=now)
    return upstream


@transaction.atomic
def change(
    upstream: Upstream,
    columns: dict[str, Any],
    *,
    api_key: str,
    tiers: ImageRates | None = None,
    actor: User,
    now: datetime,
) -> Upstream:
    """Change an upstream; a new address or key resets what was learned about the old one."""
    before = {name: getattr(upstream, name) for name in [*columns, "key_hint"]}
    upstream.row.present().update(**changed_columns(upstream, columns, api_key=api_key))
    upstream.refresh_from_db()
    if upstream.is_enabled:
        clear_alerts(upstream, actor=actor, now=now)
    after = {name: getattr(upstream, name) for name in before}
    record_change("upstream.change", upstream, actor=actor, before=log_data(before), after=log_data(after), now=now)
    ImagePrice.objects.rename(before["name"], upstream.name)
    price_pictures(upstream, tiers, actor=actor, now=now)
    return upstream


def changed_columns(upstream: Upstream, columns: dict[str, Any], *, api_key: str) -> dict[str, Any]:
    """The columns to write: those that were typed, and what a new address, a new key or switching on resets."""
    changed: dict[str, Any] = dict(columns)
    is_elsewhere = columns["base_url"] != upstream.base_url
    if is_elsewhere:
        changed |= CAPABILITY_RESET
    if api_key:
        changed |= encrypted_key(api_key)
    is_tried_again = (api_key or is_elsewhere) and upstream.disabled_reason
    if is_tried_again or (columns["is_enabled"] and not upstream.is_enabled):
        changed |= SWITCHED_ON
    elif api_key or is_elsewhere:
        changed |= HEALTH_RESET
    if not changed["is_enabled"]:
        changed["disabled_reason"] = upstream.disabled_reason if not upstream.is_enabled else ""
    return changed


def price_pictures(upstream: Upstream, tiers: ImageRates | None, *, actor: User, now: datetime) -> None:
    """Set the upstream's prices per picture from today on; None changes nothing."""
    if tiers is None:
        return
    before_rates = prices.own_image_rates(upstream_name=upstream.name, at=now)
    ImagePrice.objects.update_or_create(
        upstream_name=upstream.name, valid_from=local_day(now), defaults=vars(tiers) | {"created_at": now}
    )
    before = None if before_rates is None else log_data(vars(before_rates))
    record_change("price.change", upstream, actor=actor, before=before, after=log_data(vars(tiers)), now=now)


@transaction.atomic
def switch_on(upstream: Upstream, *, actor: User, now: datetime) -> None:
    upstream.switch_on()
    clear_alerts(upstream, actor=actor, now=now)
    record_change(
        "upstream.switch", upstream, actor=actor, before={"is_enabled": False}, after={"is_enabled": True}, now=now
    )


@transaction.atomic
def switch_off(upstream: Upstream, *, actor: User, now: datetime) -> None:
    if upstream.switch_off():
        record_change(
            "upstream.switch", upstream, actor=actor, before={"is_enabled": True}, after={"is_enabled": False}, now=now
        )


@transaction.atomic
def end_pause(upstream: Upstream, *, actor: User, now: datetime) -> None:
    """Use the upstream again before its pause ends."""
    before = {"paused_until": upstream.paused_until and upstream.paused_until.isoformat()}
    upstream.row.update(**HEALTH_RESET)
    clear_alerts(upstream, actor=actor, now=now)
    record_change("upstream.switch", upstream, actor=actor, before=before, after={"paused_until": None}, now=now)


@transaction.atomic
def forget(upstream: Upstream, *, actor: User, now: datetime) -> None:
    """Forget what its replies have shown: everything is tried again."""
    before = {name: getattr(upstream, name) for name in CAPABILITY_RESET}
    upstream.row.present().update(**CAPABILITY_RESET, breakers={})
    wake_on_commit()
    record_change("upstream.forget", upstream, actor=actor, before=before, after=dict(CAPABILITY_RESET), now=now)


@transaction.atomic
def remove(upstream: Upstream, *, actor: User, now: datetime) -> None:
    """Remove the upstream from Settings. Its running calls end as usual; its queued test pictures are canceled."""
    if not upstream.remove(now=now):
        return
    upstream.alerts.close(now=now, by=actor)
    for job in upstream.test_jobs.queued():
        job.cancel(now=now)
    record_change("upstream.remove", upstream, actor=actor, before={"name": upstream.name}, after=None, now=now)


def clear_alerts(upstream: Upstream, *, actor: User, now: datetime) -> None:
    """Close the alerts of an upstream that is in use again, and switch off the simulated one."""
    Upstream.objects.switch_off_simulated()
    wake_on_commit()
    Alert.objects.filter(upstream=upstream).exclude(kind=Alert.Kind.DOWNGRADES).close(now=now, by=actor)


def log_data(columns: dict[str, Any]) -> dict[str, Any]:
    """Columns as the audit log stores them; a Decimal is not JSON and becomes text."""
    return {
        name: value if isinstance(value, bool | int | str | list) else str(value) for name, value in columns.items()
    }


def record_change(action: str, upstream: Upstream, *, actor: User, **values: Any) -> None:
    audit.record(actor=actor, action=action, subject=upstream.name, **values)
