"""A picture as a file of another format or size, with or without its recipe."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from studio.accounts.access import person
from studio.accounts.rate_limit import RateLimited, hit, rate_limited_response
from studio.core.refusals import Refusal
from studio.library.files import Unreadable
from studio.library.models import Picture
from studio.web.error_responses import refusal_response

from ..embedding import RecipeTooLong
from ..forms import DownloadForm
from ..rendering import rendered


@require_safe
def download(request: HttpRequest, picture_id: int) -> HttpResponseBase:
    """The picture as the form's fields ask for it; with none of them the stored file."""
    picture = get_object_or_404(Picture.objects.seen_by(request.user), pk=picture_id)
    form = DownloadForm(request.GET, picture=picture)
    if not form.is_valid():
        return refused(request, form.sentence)
    if form.is_original:
        return redirect(f"{picture.original_url}?download=1")
    try:
        hit(person(request), "download")
        data = rendered(picture.read_bytes(), form.rendering, ground=picture.ground)
    except RateLimited as limited:
        return rate_limited_response(request, limited)
    except Refusal as refusal:
        return refused(request, refusal.sentence, status=refusal.status, retry_after=refusal.retry_after)
    except RecipeTooLong:
        return refused(request, _("This recipe is too long for a JPEG. Choose PNG or WebP, or leave it out."))
    except Unreadable as error:
        return refused(request, str(error))
    except FileNotFoundError:
        return refused(request, _("The file of this picture is missing from the studio’s storage."), status=404)
    kind = form.rendering.format
    response = HttpResponse(data, content_type=f"image/{kind}")
    response["Content-Disposition"] = content_disposition_header(True, f"{picture.stem}.{kind}") or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response


def refused(
    request: HttpRequest, sentence: str, *, status: int = 422, retry_after: float | None = None
) -> HttpResponseBase:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return refusal_response(sentence, status=status, headers=headers, retry_after=retry_after)
