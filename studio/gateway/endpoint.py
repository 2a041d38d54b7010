"""Where a call goes, and how long it may take."""

import re
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import SplitResult, urlsplit

from studio.images import EditRequest, ImageRequest, ResponseRequest

from .keys import clean_key

UPLOAD_RATE = 500_000  # bytes a second that any connection manages; an upload's time is added to the deadline
LATE_NORMAL = 120.0
LATE_LARGE = 300.0
DEADLINE_STANDARD = 300.0
DEADLINE_LARGE = 600.0
SILENCE = 120.0
THINKING_SECONDS = 120.0
DEFAULT_PORTS = {"http": 80, "https": 443}

AZURE = (".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com")

_VERSION = re.compile(r"/v\d+\w*$")
_ROUTE = re.compile(r"/images(/(generations|edits))?$")


class BadEndpoint(ValueError):
    """The address or the key cannot be used; the message says why and never contains the key."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One gateway's address (with or without `/v1`) and its key; the repr never shows the key."""

    base_url: str
    api_key: str = field(repr=False)
    is_private_allowed: bool = False  # whether it may be on this machine or in the local network

    def __post_init__(self) -> None:
        object.__setattr__(self, "base_url", normal_base_url(self.base_url))
        object.__setattr__(self, "api_key", clean_key(self.api_key))
        if not re.fullmatch(r"[\x21-\x7e]+", self.api_key):
            raise BadEndpoint("The key is empty or holds characters that no key has.")

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).hostname or ""

    @property
    def port(self) -> int:
        """The TCP port, the scheme's own when the address names none."""
        parts = urlsplit(self.base_url)
        return parts.port or DEFAULT_PORTS[parts.scheme]

    @property
    def credentials(self) -> dict[str, str]:
        """The headers with the key; Azure reads it from a header of its own."""
        headers = {"Authorization": f"Bearer {self.api_key}"}
        return headers | {"api-key": self.api_key} if self.host.endswith(AZURE) else headers

    def url(self, route: str) -> str:
        """The full address of a route such as `images/generations`."""
        return f"{self.base_url}/{route}"


def normal_base_url(text: str) -> str:
    """Return the address as `scheme://host[:port]/…/v1` without a trailing slash; raises BadEndpoint."""
    text = text.strip()
    if re.search(r"[\s\\\x00-\x1f\x7f]", text):
        raise BadEndpoint("The address holds spaces or backslashes.")
    parts = _split(text)
    path = _ROUTE.sub("", re.sub("/+", "/", parts.path).rstrip("/"))
    if not _VERSION.search(path):
        path += "/v1"
    return f"{parts.scheme}://{parts.netloc.lower()}{path}"


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise BadEndpoint("The address is not a web address.") from None
    if parts.scheme not in DEFAULT_PORTS or not host:
        raise BadEndpoint("The address must begin with http:// or https:// and name a host.")
    if "@" in parts.netloc:
        raise BadEndpoint("The address must not hold a user name or password; the key has its own field.")
    if "?" in text or "#" in text:
        raise BadEndpoint("The address must end before any ? or #.")
    return parts


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """Seconds: to connect, for the whole call by the wall clock, of silence once a reply has begun.

    Up to `early` seconds no such picture can have been drawn yet; see `GatewayError.is_late`.
    """

    connect: float = 10
    deadline: float = DEADLINE_STANDARD
    silence: float = SILENCE
    early: float = 30

    @classmethod
    def for_request(cls, request: ImageRequest | ResponseRequest, *, limits: "Limits | None" = None) -> Self:
        """The deadline of a normal or of a large picture, from an upstream's own limits where it has some.

        The time to send the request's files is added, and the time a main model takes to think.
        """
        limits = limits or Limits()
        deadline = limits.large if request.is_large else limits.standard
        deadline += upload_bytes(request) / UPLOAD_RATE
        if isinstance(request, ResponseRequest):
            deadline += THINKING_SECONDS
        return cls(deadline=deadline, silence=limits.silence, early=limits.early)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long one upstream may take, in seconds: for a normal picture, for a large one, and silent.

    `early` is how long such a picture takes at least.
    """

    standard: float = DEADLINE_STANDARD
    large: float = DEADLINE_LARGE
    silence: float = SILENCE
    early: float = 30


def upload_bytes(request: ImageRequest | ResponseRequest) -> int:
    """The approximate size of the pictures that are sent with a request."""
    if isinstance(request, ResponseRequest):
        return request.byte_count
    files = [*request.images, request.mask] if isinstance(request, EditRequest) else []
    return sum(file.byte_count for file in files if file)


def late_after(
    request: ImageRequest | ResponseRequest, *, standard: float = LATE_NORMAL, large: float = LATE_LARGE
) -> float:
    """Seconds after which a tile shows *late*, while the call goes on."""
    return large if request.is_large else standard
