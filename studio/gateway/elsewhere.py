"""Fetches a picture from the address a reply gave instead of it: never with the key, never into the private network.

The host is resolved here, every address it has is judged, and the connection goes to the very address that was judged.
"""

import asyncio
import contextlib
import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urljoin

import httpx

from .endpoint import DEFAULT_PORTS, Endpoint
from .errors import PictureOutOfReach
from .reply import decode_base64
from .sniff import is_picture

MAX_PICTURE_BYTES = 96 * 1024 * 1024
MAX_REDIRECTS = 3
FETCH_SECONDS = 60.0
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address


async def fetch_picture(client: httpx.AsyncClient, url: str, *, endpoint: Endpoint, connect: float = 10) -> bytes:
    """Return the picture at an absolute, relative or `data:` address, at most 96 MiB within a minute.

    Raises PictureOutOfReach; the request carries neither the key nor cookies.
    """
    if url[:5].lower() == "data:":
        return decode_base64(url)
    try:
        async with asyncio.timeout(FETCH_SECONDS):
            return await _follow(client, urljoin(endpoint.base_url + "/", url), endpoint=endpoint, connect=connect)
    except TimeoutError:
        raise PictureOutOfReach("fetching the picture took too long") from None
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, ValueError, OSError) as error:
        raise PictureOutOfReach(type(error).__name__) from None


async def _follow(client: httpx.AsyncClient, url: str, *, endpoint: Endpoint, connect: float) -> bytes:
    for _ in range(MAX_REDIRECTS + 1):
        target = await Target.resolve(url, endpoint=endpoint)
        response = await target.open(client, connect=connect)
        try:
            if not response.has_redirect_location:
                return await _read(response)
            url = urljoin(url, response.headers["location"])
        finally:
            await response.aclose()
    raise PictureOutOfReach("too many redirects")


async def _read(response: httpx.Response) -> bytes:
    if response.status_code != 200:
        raise PictureOutOfReach("the picture's address refused it", status=response.status_code)
    if response.headers.get("content-encoding", "identity") != "identity":
        raise PictureOutOfReach("the picture came packed")
    picture = bytearray()
    async for chunk in response.aiter_raw():
        picture += chunk
        if len(picture) > MAX_PICTURE_BYTES:
            raise PictureOutOfReach("the picture passed the cap")
    if not is_picture(picture):
        raise PictureOutOfReach("there is no picture at the picture's address")
    return bytes(picture)


@dataclass(frozen=True, kw_only=True)
class Target:
    """A web address together with the judged network addresses that stand for its host."""

    url: httpx.URL
    addresses: tuple[Address, ...]

    @classmethod
    async def resolve(cls, text: str, *, endpoint: Endpoint) -> "Target":
        """Resolve the host and judge all its addresses; raises PictureOutOfReach for any that is not public."""
        url = httpx.URL(text)
        if url.scheme not in DEFAULT_PORTS or not url.host:
            raise PictureOutOfReach("the picture's address is not a web address")
        if url.userinfo:
            raise PictureOutOfReach("the picture's address holds a user name")
        port = url.port or DEFAULT_PORTS[url.scheme]
        addresses = await _addresses(url.raw_host.decode("ascii").strip("[]"), port)
        is_upstream = (url.host.lower(), port) == (endpoint.host, endpoint.port)
        if not addresses or not (is_upstream or all(map(is_public, addresses))):
            raise PictureOutOfReach("the picture's address lies in a private network")
        return cls(url=url, addresses=tuple(addresses))

    async def open(self, client: httpx.AsyncClient, *, connect: float) -> httpx.Response:
        """Begin the answer of the first judged address that takes the connection; the caller closes it."""
        *others, last = self.addresses
        for address in others:
            with contextlib.suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await client.send(self._request(client, address, connect), stream=True)
        return await client.send(self._request(client, last, connect), stream=True)

    def _request(self, client: httpx.AsyncClient, address: Address, connect: float) -> httpx.Request:
        """A request to a judged address that still asks, and checks the certificate, for the named host."""
        return client.build_request(
            "GET",
            self.url.copy_with(host=str(address), fragment=None),
            headers={"Host": self.url.netloc.decode("ascii"), "Accept": "image/*", "Accept-Encoding": "identity"},
            extensions={"sni_hostname": self.url.raw_host.decode("ascii")},
            timeout=httpx.Timeout(FETCH_SECONDS, connect=connect),
        )


async def _addresses(host: str, port: int) -> list[Address]:
    try:
        return [ipaddress.ip_address(host)]
    except ValueError:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ipaddress.ip_address(address[0]) for *_, address in found))


def is_public(address: Address) -> bool:
    """Whether the address, and any IPv4 address wrapped in it, belongs to the public Internet."""
    if isinstance(address, ipaddress.IPv6Address):
        wrapped = address.ipv4_mapped
        if address in _NAT64:
            wrapped = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if wrapped is not None:
            return is_public(wrapped)
        if address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)
