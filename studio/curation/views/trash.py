"""The trash: what a person threw away, for as long as it can be restored."""

from datetime import datetime, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from studio.library.models import Collection, Picture, StorageRules
from studio.threads.models import Thread

PAGE = 48  # pictures


@require_safe
def trash(request: HttpRequest) -> HttpResponse:
    """Own pictures, threads and collections in the trash, the last thrown away first, with the days they have left."""
    now, rules = timezone.now(), StorageRules.load()
    pictures = Picture.objects.owned_by(request.user).trashed().order_by("-trashed_at", "-pk")
    page = Paginator(pictures, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "count": page.paginator.count,
        "pictures": [(picture, days_left(picture, rules, now=now)) for picture in page],
        "threads": with_days(
            Thread.objects.seen_by(request.user).trashed().order_by("-trashed_at")[:PAGE], rules, now=now
        ),
        "collections": with_days(
            Collection.objects.owned_by(request.user).trashed().order_by("-trashed_at")[:PAGE], rules, now=now
        ),
        "trash_days": rules.trash_days,
    }
    return render(request, "curation/trash.html", context)


def with_days(rows: Any, rules: StorageRules, *, now: datetime) -> list[tuple[Any, int]]:
    return [(row, days_left(row, rules, now=now)) for row in rows]


def days_left(row: Any, rules: StorageRules, *, now: datetime) -> int:
    """Whole days until it is deleted for good; 0 on the last one."""
    return max(0, (row.trashed_at + timedelta(days=rules.trash_days) - now).days)
