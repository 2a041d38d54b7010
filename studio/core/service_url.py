"""The addresses of servers in settings: taken apart and unquoted, or refused without repeating any of it.

A password may stand in each, so neither a message nor a repr shows a value, not even a piece of it.
"""

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import NoReturn, Self
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import idna
from django.core.exceptions import ImproperlyConfigured

DEFAULT_PORTS = {"http": 80, "https": 443}
# Their host may be the folder of a UNIX socket: %2Frun%2Fpostgresql.
SOCKET_SCHEMES = ("postgres", "postgresql", "pgsql")

_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNSEEN = re.compile(r"[\s\\\x00-\x1f\x7f]")
_PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_HOST_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?\.?")


@dataclass(frozen=True, kw_only=True)
class ServiceUrl:
    """scheme://username:password@host:port/path?query of a setting, each part unquoted, the host in lower case."""

    variable: str
    scheme: str
    username: str | None = field(repr=False)
    password: str | None = field(repr=False)
    host: str  # without the brackets of IPv6; empty where none is named
    port: int | None
    path: str = field(repr=False)  # without slashes around it
    query: dict[str, str] = field(repr=False)

    @classmethod
    def read(cls, variable: str, text: str, *, schemes: Collection[str]) -> Self:
        """Read the value of a variable; raise ImproperlyConfigured."""
        text = text.strip()
        parts = _split(variable, text)
        if parts.scheme not in schemes or not text[len(parts.scheme) :].startswith("://"):
            raise ImproperlyConfigured(f"{variable} must begin with {_alternatives(schemes)}.")
        try:
            return cls(
                variable=variable,
                scheme=parts.scheme,
                username=_unquoted(parts.username),
                password=_unquoted(parts.password),
                host=_host(parts),
                port=parts.port,
                path=_unquoted(parts.path.strip("/")) or "",
                query=_query(parts.query),
            )
        except (ValueError, UnicodeError):
            _refuse(variable)

    @property
    def netloc(self) -> str:
        """Host and port as an address writes them, without a port that the scheme has anyway."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port in {None, DEFAULT_PORTS.get(self.scheme)} else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """As browsers write it in `Origin`."""
        return f"{self.scheme}://{self.netloc}"

    def require_host(self) -> None:
        if not self.host:
            raise ImproperlyConfigured(f"{self.variable} names no host.")

    def allow_in_query(self, names: Collection[str]) -> None:
        """Refuse parameters that would be ignored."""
        if not self.query.keys() <= set(names):
            raise ImproperlyConfigured(f"{self.variable} may hold these parameters after its ?: {', '.join(names)}.")


def _split(variable: str, text: str) -> SplitResult:
    # urlsplit drops tabs and line breaks silently.
    if _UNSEEN.search(text) or _BROKEN_ESCAPE.search(text):
        _refuse(variable)
    try:
        parts = urlsplit(text)
        is_cut = "#" in text or "@" in parts.path or (parts.port is not None and not parts.port > 0)
    except ValueError:
        _refuse(variable)
    # An @ behind the host, or a #, is the rest of a password that was not escaped.
    if is_cut:
        _refuse(variable)
    return parts


def _refuse(variable: str) -> NoReturn:
    raise ImproperlyConfigured(
        f"{variable} cannot be read as an address; in its user name and password write / as %2F, @ as %40, # as %23, "
        "? as %3F, : as %3A and % as %25."
    ) from None


def _alternatives(schemes: Collection[str]) -> str:
    *others, last = (f"{scheme}://" for scheme in schemes)
    return f"{', '.join(others)} or {last}" if others else last


def _unquoted(text: str | None) -> str | None:
    return None if text is None else unquote(text, errors="strict")


def _host(parts: SplitResult) -> str:
    """The host in lower case, international names as browsers send them; raise ValueError."""
    host = unquote(parts.hostname or "", errors="strict")
    if not host:
        return ""
    if host.startswith("/") and parts.scheme in SOCKET_SCHEMES:
        return host
    if ":" in host:
        return str(ipaddress.IPv6Address(host))
    if not host.isascii():
        host = idna.encode(host, uts46=True).decode()  # its error is a UnicodeError
    if not _HOST_NAME.fullmatch(host):
        raise ValueError(parts.scheme)
    return host.lower()


def _query(text: str) -> dict[str, str]:
    if not text:
        return {}
    query = dict(parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict"))
    if not all(_PARAMETER.fullmatch(name) for name in query):
        raise ValueError(text)
    return query
