"""How the studio says no before a page of its own could: as a page, as a note over the page htmx is on, or as JSON."""

from collections.abc import Mapping

from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string


def refusal(
    sentence: str, *, status: int, headers: Mapping[str, str], retry_after: float | None = None
) -> HttpResponse:
    """The sentence in the form the asker can show; `headers` are the request's, by lower-case name."""
    if headers.get("hx-request") == "true":
        # Nothing on the page is swapped, so everything typed stays where it is; the note comes out of band.
        note = {"oob": True, "messages": [Message(constants.ERROR, sentence)]}
        answer = HttpResponse(render_to_string("components/messages.html", note), status=status)
        answer["HX-Reswap"] = "none"
    elif "text/html" in headers.get("accept", "text/html"):
        page = {"sentence": sentence, "status": status}
        answer = HttpResponse(render_to_string("refused.html", page), status=status)
    else:
        answer = JsonResponse({"error": sentence}, status=status)
    if retry_after is not None:
        answer["Retry-After"] = str(max(1, round(retry_after)))
    answer["Cache-Control"] = "no-store"
    return answer
