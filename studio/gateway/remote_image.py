"""Fetches a picture from the URL a reply holds instead of it: never with the key, never from a private network.

Every request, also one that follows a redirect, goes through the guarded transport.
"""

import asyncio
from urllib.parse import urljoin

import httpx

from .content_type import is_picture
from .endpoint import DEFAULT_PORTS, Endpoint
from .errors import AddressRefused, PictureOutOfReach
from .guarded_transport import private_network_extension
from .picture_base64 import decode_base64

MAX_PICTURE_BYTES = 96 * 1024 * 1024
MAX_REDIRECTS = 3
FETCH_SECONDS = 60.0


async def fetch_picture(client: httpx.AsyncClient, url: str, *, endpoint: Endpoint, connect: float = 10) -> bytes:
    """Return the picture at an absolute, relative or `data:` URL, at most 96 MiB within a minute.

    Raises PictureOutOfReach; the request carries neither the key nor cookies.
    """
    if url[:5].lower() == "data:":
        return decode_base64(url)
    try:
        async with asyncio.timeout(FETCH_SECONDS):
            return await _follow(client, urljoin(endpoint.base_url + "/", url), endpoint=endpoint, connect=connect)
    except TimeoutError:
        raise PictureOutOfReach("fetching the picture took too long") from None
    except AddressRefused:
        raise PictureOutOfReach("the picture's address lies in a private network") from None
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, ValueError, OSError) as error:
        raise PictureOutOfReach(type(error).__name__) from None


async def _follow(client: httpx.AsyncClient, url: str, *, endpoint: Endpoint, connect: float) -> bytes:
    for _ in range(MAX_REDIRECTS + 1):
        response = await client.send(_request(client, url, endpoint=endpoint, connect=connect), stream=True)
        try:
            if not response.has_redirect_location:
                return await _read(response)
            url = urljoin(url, response.headers["location"])
        finally:
            await response.aclose()
    raise PictureOutOfReach("too many redirects")


def _request(client: httpx.AsyncClient, text: str, *, endpoint: Endpoint, connect: float) -> httpx.Request:
    """A request without key or cookies; into a private network only to the gateway itself, if it is in one."""
    url = httpx.URL(text)
    if url.scheme not in DEFAULT_PORTS or not url.host:
        raise PictureOutOfReach("the picture's address is not a web address")
    if url.userinfo:
        raise PictureOutOfReach("the picture's address holds a user name")
    is_upstream = (url.host.lower(), url.port or DEFAULT_PORTS[url.scheme]) == (endpoint.host, endpoint.port)
    return client.build_request(
        "GET",
        url.copy_with(fragment=None),
        headers={"Accept": "image/*", "Accept-Encoding": "identity"},
        extensions=private_network_extension(endpoint) if is_upstream else {},
        timeout=httpx.Timeout(FETCH_SECONDS, connect=connect),
    )


async def _read(response: httpx.Response) -> bytes:
    if response.status_code != 200:
        raise PictureOutOfReach("the picture's address refused it", status=response.status_code)
    if response.headers.get("content-encoding", "identity") != "identity":
        raise PictureOutOfReach("the picture came compressed")
    picture = bytearray()
    async for chunk in response.aiter_raw():
        picture += chunk
        if len(picture) > MAX_PICTURE_BYTES:
            raise PictureOutOfReach("the picture passed the cap")
    if not is_picture(picture):
        raise PictureOutOfReach("there is no picture at the picture's address")
    return bytes(picture)
