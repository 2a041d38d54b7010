"""The way out: every call of the client goes through here, and none reaches an address that was not judged.

The host is resolved here, all its addresses are judged, and the connection goes to one of these very addresses, so that
a name cannot answer differently a moment later. The gateway is still asked, and its certificate checked, by its name.
"""

import asyncio
import ipaddress
import socket

import httpx

from studio.outgoing import Address, AddressForbidden, addresses_of, judged

from .endpoint import DEFAULT_PORTS, Endpoint
from .errors import AddressRefused

PRIVATE_ALLOWED = "is_private_allowed"  # the extension of a request that may go into a private network
CONNECT_SECONDS = 10.0
FIRST_TRIES = 0.3  # the share of the time to connect that an address has while there is another to try


def allowing_private(endpoint: Endpoint) -> dict[str, bool]:
    """The extensions of a request to this endpoint; without them only the public Internet is reached."""
    return {PRIVATE_ALLOWED: endpoint.is_private_allowed}


class GuardedTransport(httpx.AsyncBaseTransport):
    """Judges where a request goes before it hands it to the transport inside; raises AddressRefused."""

    def __init__(self, inside: httpx.AsyncBaseTransport) -> None:
        self._inside = inside

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        *others, last = await reachable(request)
        for address in others:
            try:
                return await self._inside.handle_async_request(aimed(request, address, patience=FIRST_TRIES))
            except (httpx.ConnectError, httpx.ConnectTimeout):  # nothing was sent
                continue
        return await self._inside.handle_async_request(aimed(request, last))

    async def aclose(self) -> None:
        await self._inside.aclose()


async def reachable(request: httpx.Request) -> list[Address]:
    """The judged addresses of a request's host."""
    seconds = request.extensions.get("timeout", {}).get("connect") or CONNECT_SECONDS
    port = request.url.port or DEFAULT_PORTS[request.url.scheme]
    try:
        async with asyncio.timeout(seconds):
            found = await addresses(request.url.raw_host.decode("ascii").strip("[]"), port)
    except TimeoutError:
        raise httpx.ConnectTimeout("the host's name could not be resolved in time", request=request) from None
    except socket.gaierror as error:
        raise httpx.ConnectError(str(error), request=request) from error
    try:
        return judged(found, is_private_allowed=request.extensions.get(PRIVATE_ALLOWED) is True)
    except AddressForbidden as error:
        raise AddressRefused(str(error)) from None


async def addresses(host: str, port: int) -> list[Address]:
    """Every address a host has, without blocking the loop."""
    try:
        return [ipaddress.ip_address(host)]
    except ValueError:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return addresses_of(address[0] for *_, address in found)


def aimed(request: httpx.Request, address: Address, *, patience: float = 1.0) -> httpx.Request:
    """The same request to a judged address, with a share of its time to connect."""
    extensions = {**request.extensions, "sni_hostname": request.url.raw_host.decode("ascii").strip("[]")}
    if connect := extensions.get("timeout", {}).get("connect"):
        extensions["timeout"] = {**extensions["timeout"], "connect": connect * patience}
    # The Host header was written when the request was built; it keeps the name.
    return httpx.Request(
        request.method,
        request.url.copy_with(host=str(address)),
        headers=request.headers,
        stream=request.stream,
        extensions=extensions,
    )
