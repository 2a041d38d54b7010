"""Uploads: a person's own picture, made plain and kept once, ready to be edited."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from studio.accounts.access import person
from studio.accounts.pace import TooOften, take
from studio.images.edits import MAX_IMAGE_BYTES
from studio.library import files
from studio.library.models import Picture
from studio.library.uploads import Normalised, normalise


@require_POST
def pictures(request: HttpRequest) -> HttpResponseBase:
    """Take one file and lead to it; a refused one gets a sentence."""
    file = request.FILES.get("file")
    if file is None:
        return refused(request, gettext("Choose a PNG, JPEG or WebP file."))
    try:
        picture = kept(file, owner=person(request))
    except (files.Unreadable, files.StorageFull) as error:
        return refused(request, str(error))
    except TooOften as often:
        return refused(request, often.sentence, status=429)
    if request.accepts("text/html"):
        return redirect(picture)
    facts = {
        "id": picture.pk,
        "url": picture.get_absolute_url(),
        "thumbnail": picture.small_url,
        "tokens": picture.input_tokens,
    }
    return JsonResponse(facts, status=201)


def refused(request: HttpRequest, sentence: str, *, status: int = 422) -> HttpResponseBase:
    """The sentence as JSON, or over the gallery for a form that was sent without JavaScript."""
    if "text/html" in request.headers.get("Accept", ""):
        messages.error(request, sentence)
        return redirect("gallery")
    return JsonResponse({"error": sentence}, status=status)


def kept_all(uploaded: Iterable["UploadedFile[bytes]"], *, owner: Any) -> tuple[list[Picture], list[str]]:
    """The pictures of several uploads, and for each one that was refused a sentence with its name."""
    pictures, sentences = [], []
    for file in uploaded:
        try:
            pictures.append(kept(file, owner=owner))
        except (files.Unreadable, files.StorageFull) as error:
            sentences.append(f"{file.name}: {error}")
        except TooOften as often:
            sentences.append(f"{file.name}: {often.sentence}")
    return pictures, sentences


def kept(file: "UploadedFile[bytes]", *, owner: Any) -> Picture:
    """The picture of an upload: bytes first, then its row, and once for each owner; TooOften for a flood of them."""
    take(owner, "upload")
    normal = normalise(file.read(MAX_IMAGE_BYTES + 1), declared_type=file.content_type)
    known = Picture.objects.filter(owner=owner, upload_sha256=normal.upload_sha256).first()
    return known or stored(normal, owner=owner)


def stored(normal: Normalised, *, owner: Any) -> Picture:
    file = files.store(normal.data, folder="pictures")
    facts: dict[str, Any] = {"kind": Picture.Kind.UPLOADED, "upload_sha256": normal.upload_sha256}
    try:
        with transaction.atomic():
            return Picture.objects.create(owner=owner, created_at=timezone.now(), **facts, **file.fields())
    except IntegrityError:
        # The same file came twice at once; the other one was faster.
        files.discard(file)
        return Picture.objects.get(owner=owner, upload_sha256=normal.upload_sha256)
