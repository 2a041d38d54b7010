"""Two versions of a thread over each other."""

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from studio.threads.models import Thread
from studio.threads.versions import Version, versions_of
from studio.web.numbers import row_number


@require_safe
def comparison(request: HttpRequest, thread_id: int) -> HttpResponseBase:
    """`?before=<number>&after=<number>`; without them the latest version and the one it was made from."""
    thread = get_object_or_404(Thread.objects.seen_by(request.user), pk=thread_id)
    versions = versions_of(thread, thread.turns.for_page())
    if len(versions) < 2:
        return redirect(thread)
    after = numbered(versions, request.GET.get("after", "")) or versions[-1]
    before = numbered(versions, request.GET.get("before", "")) or origin_of(versions, after)
    return render(
        request,
        "create/comparison.html",
        {"thread": thread, "versions": versions, "before": before, "after": after},
    )


def numbered(versions: list[Version], text: str) -> Version | None:
    number = row_number(text)
    return next((version for version in versions if version.number == number), None)


def origin_of(versions: list[Version], after: Version) -> Version:
    """The version it was made from, else the one before it, else the next."""
    others = [version for version in versions if version != after]
    source = next((version for version in others if version.picture.pk == after.picture.source_id), None)
    earlier = [version for version in others if version.number < after.number]
    return source or (earlier[-1] if earlier else others[0])
