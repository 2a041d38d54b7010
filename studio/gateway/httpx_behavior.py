"""What the gateway relies on in httpx and httpcore although their documentation does not promise it, in one place.

No private name is used; one test pins each of these behaviours, so that an upgrade which changes one fails there.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

import httpx

type FormFile = tuple[str, BinaryIO, str]  # filename, content, media type


class MultipartForm:
    """A form as httpx encodes it: each file is measured at once with `seek` and `tell`, and read only when iterated."""

    def __init__(self, fields: Mapping[str, str], files: Sequence[tuple[str, FormFile]]) -> None:
        self._request = httpx.Request("POST", "http://form.invalid", data=dict(fields), files=list(files))

    @property
    def headers(self) -> dict[str, str]:
        """The body's type with its boundary, and its length."""
        return {name: self._request.headers[name] for name in ("Content-Type", "Content-Length")}

    def __iter__(self) -> Iterator[bytes]:
        assert isinstance(self._request.stream, httpx.SyncByteStream)
        return iter(self._request.stream)


def starts_sending(trace_event: str) -> bool:
    """Whether a trace event says that the first byte of the request is about to leave; the prefix is the protocol."""
    return trace_event.endswith("send_request_headers.started")


def has_sent_all(trace_event: str) -> bool:
    """Whether a trace event says that the whole request has left."""
    return trace_event.endswith("send_request_body.complete")


def request_at_address(request: httpx.Request, address: str, *, connect_share: float = 1.0) -> httpx.Request:
    """The same request to an IP address; the Host header, and the name that TLS checks, stay those of the URL."""
    extensions = {**request.extensions, "sni_hostname": request.url.raw_host.decode("ascii").strip("[]")}
    if connect := extensions.get("timeout", {}).get("connect"):
        extensions["timeout"] = {**extensions["timeout"], "connect": connect * connect_share}
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions=extensions,
    )
