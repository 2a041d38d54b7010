"""The transport of every outgoing call: it connects only to addresses that the network policy allows (SSRF).

It resolves the host itself, checks all its addresses, and connects to one of these, so that a second look-up cannot
lead elsewhere. The request and the certificate check still use the host's name.
"""

import asyncio
import ipaddress
import socket

import httpx

from studio.core.network_policy import Address, AddressForbidden, addresses_of, require_allowed

from .endpoint import DEFAULT_PORTS, Endpoint
from .errors import AddressRefused
from .httpx_behavior import request_at_address

PRIVATE_ALLOWED = "is_private_allowed"  # the extension of a request that may go into a private network
CONNECT_SECONDS = 10.0
FIRST_TRY_SHARE = 0.3  # of the time to connect, for an address while there is another to try


def private_network_extension(endpoint: Endpoint) -> dict[str, bool]:
    """The extensions of a request to this endpoint; without them only the public Internet is reached."""
    return {PRIVATE_ALLOWED: endpoint.is_private_allowed}


class GuardedTransport(httpx.AsyncBaseTransport):
    """Checks where a request goes before it hands it to the inner transport; raises AddressRefused."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        *others, last = await allowed_addresses(request)
        for address in others:
            attempt = request_at_address(request, str(address), connect_share=FIRST_TRY_SHARE)
            try:
                return await self._inner.handle_async_request(attempt)
            except (httpx.ConnectError, httpx.ConnectTimeout):  # nothing was sent
                continue
        return await self._inner.handle_async_request(request_at_address(request, str(last)))

    async def aclose(self) -> None:
        await self._inner.aclose()


async def allowed_addresses(request: httpx.Request) -> list[Address]:
    """The addresses of a request's host; raises AddressRefused if one of them is not allowed."""
    seconds = request.extensions.get("timeout", {}).get("connect") or CONNECT_SECONDS
    port = request.url.port or DEFAULT_PORTS[request.url.scheme]
    try:
        async with asyncio.timeout(seconds):
            found = await resolve(request.url.raw_host.decode("ascii").strip("[]"), port)
    except TimeoutError:
        raise httpx.ConnectTimeout("the host's name could not be resolved in time", request=request) from None
    except socket.gaierror as error:
        raise httpx.ConnectError(str(error), request=request) from error
    try:
        return require_allowed(found, is_private_allowed=request.extensions.get(PRIVATE_ALLOWED) is True)
    except AddressForbidden as error:
        raise AddressRefused(str(error)) from None


async def resolve(host: str, port: int) -> list[Address]:
    """Every address of a host, without blocking the event loop."""
    try:
        return [ipaddress.ip_address(host)]
    except ValueError:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return addresses_of(address[0] for *_, address in found)
