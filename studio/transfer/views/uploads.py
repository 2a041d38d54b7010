"""Uploading a picture, and converting a mask file that a browser cannot read."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from studio.accounts.access import person
from studio.accounts.rate_limit import RateLimited, hit
from studio.images.edits import MAX_IMAGE_BYTES
from studio.imaging.normalisation import normalise
from studio.library import files, uploads
from studio.library.upload_changes import note_words
from studio.web.request_limits import MULTIPART_OVERHEAD, body_limit

from ..embedding import recipe_in


@body_limit(MAX_IMAGE_BYTES + MULTIPART_OVERHEAD)
@require_POST
def pictures(request: HttpRequest) -> HttpResponseBase:
    """Take one file and lead to it; a refused one gets a sentence."""
    file = request.FILES.get("file")
    if file is None:
        return refused(request, gettext("Choose a picture."))
    try:
        picture = uploads.store_upload(file, owner=person(request))
    except (files.Unreadable, files.StorageFull) as error:
        return refused(request, str(error))
    except RateLimited as limited:
        return refused(request, limited.sentence, status=429)
    if request.accepts("text/html"):
        return redirect(picture)
    file.seek(0)
    recipe = recipe_in(file.read())
    facts = {
        "id": picture.pk,
        "url": picture.get_absolute_url(),
        "thumbnail": picture.small_url,
        "tokens": picture.input_tokens,
        "note": "; ".join(note_words(picture.changes)),
        "recipe": recipe.fields() if recipe else None,
    }
    return JsonResponse(facts, status=201)


@body_limit(MAX_IMAGE_BYTES + MULTIPART_OVERHEAD)
@require_POST
def mask_files(request: HttpRequest) -> HttpResponseBase:
    """Give a mask file back as a picture that every browser reads; nothing is stored."""
    file = request.FILES.get("file")
    if file is None:
        return JsonResponse({"error": gettext("Choose a picture.")}, status=422)
    try:
        hit(person(request), "upload")
        picture = normalise(file.read(MAX_IMAGE_BYTES + 1), declared_type=file.content_type)
    except files.Unreadable as error:
        return JsonResponse({"error": str(error)}, status=422)
    except RateLimited as limited:
        return JsonResponse({"error": limited.sentence}, status=429)
    return HttpResponse(picture.data, content_type=f"image/{picture.format}")


def refused(request: HttpRequest, sentence: str, *, status: int = 422) -> HttpResponseBase:
    """The sentence as JSON, or over the gallery for a form that was sent without JavaScript."""
    if "text/html" in request.headers.get("Accept", ""):
        messages.error(request, sentence)
        return redirect("gallery")
    return JsonResponse({"error": sentence}, status=status)
