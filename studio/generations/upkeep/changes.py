"""What admins change about upstreams; each change is one transaction with its line in the audit log."""

from datetime import datetime
from typing import Any

from django.db import transaction

from studio.accounts import audit
from studio.accounts.models import User
from studio.images import ImageRates
from studio.ledger import prices
from studio.ledger.models import ImagePrice
from studio.ledger.periods import local_day
from studio.upstreams.models import Alert, Upstream
from studio.upstreams.models.upstream import RESTED, SWITCHED_ON, UNLEARNT, sealed

from ..wakeups import wake_on_commit


@transaction.atomic
def add(
    facts: dict[str, Any], *, api_key: str, tiers: ImageRates | None = None, actor: User, now: datetime
) -> Upstream:
    """Write a new upstream, with its own prices of pictures where it has some."""
    upstream = Upstream.objects.create(created_at=now, **facts, **sealed(api_key))
    calm(upstream, actor=actor, now=now)
    note(
        "upstream.add",
        upstream,
        actor=actor,
        before=None,
        after=shown(facts) | {"key_hint": upstream.key_hint},
        now=now,
    )
    price_pictures(upstream, tiers, actor=actor, now=now)
    return upstream


@transaction.atomic
def change(
    upstream: Upstream,
    facts: dict[str, Any],
    *,
    api_key: str,
    tiers: ImageRates | None = None,
    actor: User,
    now: datetime,
) -> Upstream:
    """Write what was typed; a new address or key is tried afresh, whatever was held against the old one."""
    before = {name: getattr(upstream, name) for name in [*facts, "key_hint"]}
    changed: dict[str, Any] = dict(facts)
    is_elsewhere = facts["base_url"] != upstream.base_url
    if is_elsewhere:
        changed |= UNLEARNT
    if api_key:
        changed |= sealed(api_key)
    is_tried_again = (api_key or is_elsewhere) and upstream.disabled_reason
    if is_tried_again or (facts["is_enabled"] and not upstream.is_enabled):
        changed |= SWITCHED_ON
    elif api_key or is_elsewhere:
        changed |= RESTED
    if not changed["is_enabled"]:
        changed["disabled_reason"] = upstream.disabled_reason if not upstream.is_enabled else ""
    upstream.row.present().update(**changed)
    upstream.refresh_from_db()
    if upstream.is_enabled:
        calm(upstream, actor=actor, now=now)
    after = {name: getattr(upstream, name) for name in before}
    note("upstream.change", upstream, actor=actor, before=shown(before), after=shown(after), now=now)
    ImagePrice.objects.rename(before["name"], upstream.name)
    price_pictures(upstream, tiers, actor=actor, now=now)
    return upstream


def price_pictures(upstream: Upstream, tiers: ImageRates | None, *, actor: User, now: datetime) -> None:
    """Let these prices of pictures hold at this upstream from today on."""
    if tiers is None:
        return
    was = prices.own_image_rates(upstream_name=upstream.name, at=now)
    ImagePrice.objects.update_or_create(
        upstream_name=upstream.name, valid_from=local_day(now), defaults=vars(tiers) | {"created_at": now}
    )
    before = None if was is None else shown(vars(was))
    note("price.change", upstream, actor=actor, before=before, after=shown(vars(tiers)), now=now)


@transaction.atomic
def switch_on(upstream: Upstream, *, actor: User, now: datetime) -> None:
    upstream.switch_on()
    calm(upstream, actor=actor, now=now)
    note("upstream.switch", upstream, actor=actor, before={"is_enabled": False}, after={"is_enabled": True}, now=now)


@transaction.atomic
def switch_off(upstream: Upstream, *, actor: User, now: datetime) -> None:
    if upstream.switch_off():
        note(
            "upstream.switch", upstream, actor=actor, before={"is_enabled": True}, after={"is_enabled": False}, now=now
        )


@transaction.atomic
def end_rest(upstream: Upstream, *, actor: User, now: datetime) -> None:
    """Use it again before its rest is over."""
    before = {"cooling_until": upstream.cooling_until and upstream.cooling_until.isoformat()}
    upstream.row.update(**RESTED)
    calm(upstream, actor=actor, now=now)
    note("upstream.switch", upstream, actor=actor, before=before, after={"cooling_until": None}, now=now)


@transaction.atomic
def remove(upstream: Upstream, *, actor: User, now: datetime) -> None:
    """Take it out of Settings. Its calls under way end as usual, its proofs that wait are canceled."""
    if not upstream.remove(now=now):
        return
    upstream.alerts.close(now=now, by=actor)
    for job in upstream.proofs.queued():
        job.cancel(now=now)
    note("upstream.remove", upstream, actor=actor, before={"name": upstream.name}, after=None, now=now)


def calm(upstream: Upstream, *, actor: User, now: datetime) -> None:
    """It is in use, so nothing has to be said about its being off; and play money makes way for it."""
    Upstream.objects.make_way()
    wake_on_commit()
    Alert.objects.filter(upstream=upstream).exclude(kind=Alert.Kind.DOWNGRADES).close(now=now, by=actor)


def shown(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts as the log keeps them: a Decimal is no JSON."""
    return {name: value if isinstance(value, bool | int | str | list) else str(value) for name, value in facts.items()}


def note(action: str, upstream: Upstream, *, actor: User, **facts: Any) -> None:
    audit.note(actor=actor, action=action, subject=upstream.name, **facts)
