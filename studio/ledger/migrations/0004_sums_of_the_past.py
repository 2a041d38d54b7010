"""Fill what entries now say of themselves, and add them up into roll-ups and periods."""

from collections import defaultdict

from django.db import migrations
from django.db.models import Sum

from studio.images import size_tier
from studio.ledger.periods import first_day, local_day
from studio.ledger.triggers import protect, unprotect

KEYS = ("day", "person_id", "model", "quality", "size_tier", "upstream_name", "is_simulated")
SUMS = {
    "spent": "amount",
    "maybe": "maybe_amount",
    "picture_count": "picture_count",
    "attempt_count": "attempt_count",
    "charged_failure_count": "charged_failure_count",
    "input_text_tokens": "input_text_tokens",
    "input_image_tokens": "input_image_tokens",
    "output_text_tokens": "output_text_tokens",
    "output_image_tokens": "output_image_tokens",
}
BOOKED = ("settle", "correct")


def fill(apps, schema_editor):
    Entry = apps.get_model("ledger", "Entry")
    held = defaultdict(int)
    for reserve in Entry.objects.filter(verb="reserve").order_by("pk").iterator():
        day = local_day(reserve.created_at)
        round_ = Entry.objects.filter(job_id=reserve.job_id, round=reserve.round).order_by("pk")
        unsure = {}  # by attempt and part: what is booked and may not have been charged
        is_held = True
        for entry in round_:
            Entry.objects.filter(pk=entry.pk).update(day=day, size_tier=size_tier(entry.size), **facts(entry, reserve, unsure))
            is_held = is_held and entry.verb not in ("settle", "release")
        if is_held:
            held[reserve.person_id, day, reserve.is_simulated] += reserve.amount
    add_up(apps, held)


def facts(entry, reserve, unsure):
    if entry.verb not in BOOKED:
        return {}
    past = unsure.pop((entry.attempt_id, entry.part), 0)
    is_maybe = entry.certainty == "maybe"
    if is_maybe:
        unsure[entry.attempt_id, entry.part] = past + entry.amount
    is_settle = entry.verb == "settle"
    return {
        "reserved_amount": reserve.amount if is_settle else None,
        "maybe_amount": entry.amount if is_maybe else -past,
        "attempt_count": int(is_settle),
        "picture_count": int(not is_maybe and (is_settle or past != 0)),
        "charged_failure_count": int(is_maybe and is_settle) or -int(past != 0 and not is_maybe),
    }


def add_up(apps, held):
    Entry, RollUp, Period = (apps.get_model("ledger", name) for name in ("Entry", "RollUp", "Period"))
    spent = defaultdict(int)
    sums = {f"{name}_sum": Sum(field) for name, field in SUMS.items()}
    for row in Entry.objects.filter(verb__in=BOOKED).values(*KEYS).annotate(**sums).order_by():
        key = {name: row[name] for name in KEYS}
        RollUp.objects.create(**key, **{name: row[f"{name}_sum"] for name in SUMS})
        spent[row["person_id"], row["day"], row["is_simulated"]] += row["spent_sum"]
    periods = defaultdict(lambda: [0, 0])
    for at, sums_by_day in enumerate((held, spent)):
        for (person_id, day, is_simulated), amount in sums_by_day.items():
            for whose in (person_id, None):
                for kind in ("day", "month"):
                    periods[whose, kind, first_day(kind, day), is_simulated][at] += amount
    Period.objects.bulk_create(
        Period(
            person_id=whose, kind=kind, starts_on=starts_on, is_simulated=is_simulated, held=sums_[0], spent=sums_[1]
        )
        for (whose, kind, starts_on, is_simulated), sums_ in periods.items()
    )


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_prices_budgets")]
    operations = [
        migrations.RunPython(unprotect, migrations.RunPython.noop),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(protect, migrations.RunPython.noop),
    ]
