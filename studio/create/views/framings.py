"""Sizes and prices of both framings of a painted picture, for the mask editor."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from studio.accounts.access import person
from studio.library.models import Picture

from ..framing_choice import BoxForm, compare_framings


@require_safe
def framings(request: HttpRequest, picture_id: int) -> HttpResponse:
    """Both framings of a picture painted in a box, as JSON; prices do not include the prompt."""
    picture = get_object_or_404(Picture.objects.owned_by(person(request)).unpurged(), pk=picture_id)
    form = BoxForm(request.GET, picture=picture)
    if form.is_valid():
        return JsonResponse(compare_framings(picture, form.box, form.request))
    sentences = " ".join(str(error) for errors in form.errors.values() for error in errors)
    return JsonResponse({"error": sentences}, status=400)
