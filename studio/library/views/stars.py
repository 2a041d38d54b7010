"""The star and the rating of one picture."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from ..models import Picture

STARRED = {"1": True, "0": False}
RATINGS = {str(rating): rating for rating in range(6)}


@require_POST
def star(request: HttpRequest, picture_id: int) -> HttpResponse:
    """`starred=1` stars an own picture, `starred=0` takes the star away."""
    return judged(request, picture_id, is_starred=STARRED.get(request.POST.get("starred", "")))


@require_POST
def rating(request: HttpRequest, picture_id: int) -> HttpResponse:
    """`rating=1` to `5` rates an own picture, `rating=0` takes the rating away."""
    return judged(request, picture_id, rating=RATINGS.get(request.POST.get("rating", "")))


def judged(request: HttpRequest, picture_id: int, **columns: Any) -> HttpResponse:
    own = Picture.objects.owned_by(request.user)
    picture = get_object_or_404(own, pk=picture_id)
    if None in columns.values():
        return HttpResponseBadRequest()
    own.filter(pk=picture.pk).update(**columns)
    return HttpResponse(status=204)
