"""Saving drafts: of a mask, and of what stands in a composer."""

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from studio.accounts.access import person
from studio.generations.models import ComposerDraft
from studio.library.models import Draft
from studio.web.request_limits import MULTIPART_OVERHEAD, body_limit

from .. import composer_drafts
from ..mask_drafts import MAX_BODY, InvalidDraft, draft_url, parse_draft


@body_limit(MAX_BODY + MULTIPART_OVERHEAD)
@require_http_methods(["PUT"])
def draft(request: HttpRequest, picture_id: int, draft_id: int) -> HttpResponse:
    """Save a draft over the version it builds on; 409 and a second draft if another window was faster."""
    row = get_object_or_404(Draft.objects.filter(owner=person(request), picture=picture_id), pk=draft_id)
    try:
        version, content = parse_draft(request.body, picture=row.picture)
    except RequestDataTooBig:
        sentence = gettext(
            "This draft is larger than %(limit)s MB and cannot be saved; the edit itself can still be sent."
        )
        return JsonResponse({"error": sentence % {"limit": MAX_BODY >> 20}}, status=413)
    except InvalidDraft:
        return JsonResponse({"error": gettext("Not a valid draft.")}, status=400)
    now = timezone.now()
    if Draft.objects.save_version(draft_id=row.pk, version=version, content=content, now=now):
        return JsonResponse({"version": version + 1})
    second = Draft.objects.create(owner=row.owner, picture=row.picture, version=1, content=content, updated_at=now)
    other = {"url": f"{reverse('mask', args=[picture_id])}?draft={row.pk}"}
    return JsonResponse({"version": 1, "url": draft_url(second), "other": other}, status=409)


@require_http_methods(["PUT"])
def composer_draft(request: HttpRequest, place: str) -> HttpResponse:
    """Save what stands in a composer and is not sent."""
    owner = person(request)
    if not composer_drafts.is_place(place, owner=owner):
        raise Http404
    try:
        content = composer_drafts.parse(request.body)
    except composer_drafts.InvalidDraft:
        return JsonResponse({"error": gettext("Not a valid draft.")}, status=400)
    ComposerDraft.objects.keep(place, content, owner=owner)
    return HttpResponse(status=204)
