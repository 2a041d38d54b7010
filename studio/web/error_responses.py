"""Error responses given before a view runs: as a page, as a message on the page htmx is on, or as JSON."""

from collections.abc import Mapping
from textwrap import wrap

from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string
from starlette.types import Scope, Send

LINE = 26  # px from line to line of words in a picture


def refusal_response(
    sentence: str,
    *,
    status: int,
    headers: Mapping[str, str],
    retry_after: float | None = None,
    comes_back: bool = False,
) -> HttpResponse:
    """The sentence in the form the client can show; `headers` are the request's, with lower-case names.

    With `comes_back` a page loads itself again after `retry_after` seconds.
    """
    if headers.get("hx-request") == "true":
        # Nothing on the page is swapped, so that all input stays; the message is swapped out of band.
        note = {"oob": True, "messages": [Message(constants.ERROR, sentence)]}
        answer = HttpResponse(render_to_string("components/messages.html", note), status=status)
        answer["HX-Reswap"] = "none"
    elif "text/html" in headers.get("accept", "text/html"):
        page = {"sentence": sentence, "status": status, "comes_back": comes_back}
        answer = HttpResponse(render_to_string("refused.html", page), status=status)
        if comes_back and retry_after:
            answer["Refresh"] = f"{retry_after:.0f}"
    else:
        answer = JsonResponse({"error": sentence}, status=status)
    if retry_after is not None:
        answer["Retry-After"] = str(max(1, round(retry_after)))
    answer["Cache-Control"] = "no-store"
    return answer


def picture_response(sentence: str, *, status: int) -> HttpResponse:
    """The sentence as a picture, for the place of one; browsers show it whatever its status."""
    words = wrap(sentence, 34)
    lines = [(round(200 + LINE * (number - (len(words) - 1) / 2)), line) for number, line in enumerate(words)]
    drawn = render_to_string("unavailable.svg", {"lines": lines})
    answer = HttpResponse(drawn, content_type="image/svg+xml", status=status)
    answer["Cache-Control"] = "no-store"
    return answer


def headers_of(scope: Scope) -> dict[str, str]:
    """A request's headers, with lower-case names."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


async def send_response(response: HttpResponse, send: Send) -> None:
    """Send a response of Django's from an ASGI app."""
    fields = [(name.lower().encode(), value.encode()) for name, value in response.items()]
    fields.append((b"content-length", str(len(response.content)).encode()))
    await send({"type": "http.response.start", "status": response.status_code, "headers": fields})
    await send({"type": "http.response.body", "body": response.content})
