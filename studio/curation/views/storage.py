"""Settings → Storage, for admins: what fills the disk, and the rules by which the studio deletes, with a dry run."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from studio.accounts import audit
from studio.accounts.access import admin_required, page_with_form, person
from studio.accounts.models import User
from studio.library import storage as storage_of_files
from studio.library.models import Picture, StorageRules

from .. import storage_rules


class RulesForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = StorageRules
        fields = ("trash_days", "partial_days", "unused_upload_days", "draft_months", "quota_gigabytes")
        labels = {
            "trash_days": gettext_lazy("Days in the trash"),
            "partial_days": gettext_lazy("Days partial previews are kept"),
            "unused_upload_days": gettext_lazy("Days an unused upload is kept"),
            "draft_months": gettext_lazy("Months a draft is kept"),
            "quota_gigabytes": gettext_lazy("Gigabytes for each person"),
        }
        help_texts = {
            "trash_days": gettext_lazy("Then pictures, threads and collections in the trash are deleted for good."),
            "partial_days": gettext_lazy("Counted from the end of their job. Empty: they are kept."),
            "unused_upload_days": gettext_lazy("Then it goes into the trash. Empty: it is kept."),
            "draft_months": gettext_lazy(
                "Low-quality pictures that nobody starred, rated, tagged, collected or went on from then go into the "
                "trash. Empty: they are kept."
            ),
            "quota_gigabytes": gettext_lazy(
                "Over it, uploads are refused; generated pictures never are. Empty: no limit."
            ),
        }


@admin_required
@page_with_form
def storage(request: HttpRequest) -> HttpResponseBase:
    """POST saves the rules; with `dry_run` it only says what they would do now."""
    form = RulesForm(request.POST if request.method == "POST" else None, instance=StorageRules.load())
    if not form.is_bound or not form.is_valid():
        return render(request, "curation/storage.html", context_of(form), status=422 if form.is_bound else 200)
    if "dry_run" in request.POST:
        rules = form.save(commit=False)
        found = list(storage_rules.effects(rules, now=timezone.now()))
        return render(request, "curation/storage.html", context_of(form) | {"effects": found})
    save_rules(form, request)
    messages.success(request, _("The storage rules are saved. They are applied within the hour."))
    return redirect("storage")


@transaction.atomic
def save_rules(form: RulesForm, request: HttpRequest) -> None:
    before = {name: text(form.initial[name]) for name in form.changed_data}
    rules = form.save()
    after = {name: text(getattr(rules, name)) for name in form.changed_data}
    subject, now = str(_("Storage")), timezone.now()
    audit.record(actor=person(request), action="storage.change", subject=subject, before=before, after=after, now=now)


def text(value: Any) -> str:
    return "" if value is None else str(value)


def context_of(form: RulesForm) -> dict[str, Any]:
    rules = StorageRules.load()
    rows = usage_by_person()
    total = {
        name: sum(row[name] or 0 for row in rows) for name in ("generated", "uploads", "trashed", "bytes", "pictures")
    }
    return {"form": form, "rows": rows, "total": total, "quota": rules.quota, **disk()}


def usage_by_person() -> list[dict[str, Any]]:
    """Bytes and pictures of each person who has any, the most first."""
    kept, uploaded = Q(trashed_at=None), Q(kind=Picture.Kind.UPLOADED)
    rows = (
        Picture.objects.filter(purged_at=None)
        .order_by()
        .values("owner")
        .annotate(
            generated=Sum("disk_bytes", filter=kept & ~uploaded),
            uploads=Sum("disk_bytes", filter=kept & uploaded),
            trashed=Sum("disk_bytes", filter=~kept),
            bytes=Sum("disk_bytes"),
            pictures=Count("pk"),
        )
        .order_by("-bytes")
    )
    people = User.objects.in_bulk([row["owner"] for row in rows])
    return [row | {"person": people[row["owner"]]} for row in rows]


def disk() -> dict[str, Any]:
    """How full the disk is that the files lie on; nothing is known of a remote storage."""
    usage = storage_of_files.disk_usage()
    return {"disk": usage, "disk_share": 100 * usage.used / usage.total if usage else None}
