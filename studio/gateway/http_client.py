"""Builds the gateway's HTTP client and its requests: no redirects, no cookies, no environment, no kept connections."""

import contextlib
import ssl
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from .endpoint import Endpoint
from .errors import NameNotFound
from .guarded_transport import GuardedTransport, private_network_extension

USER_AGENT = "Easel/0.1"
WRITE_SECONDS = 60.0  # for one chunk of the request to leave


# LiteLLM sends a request that failed up to three times, and each may be billed; here `dispatch` decides about retries.
ONE_CALL = {"x-litellm-num-retries": "0"}


def new_http_client(*, tls: ssl.SSLContext | None) -> httpx.AsyncClient:
    """A client whose every connection goes through the guarded transport; `tls` replaces the trusted certificates."""
    return httpx.AsyncClient(
        transport=GuardedTransport(
            httpx.AsyncHTTPTransport(
                verify=tls or True,
                trust_env=False,
                # A call that died on a reused connection looks the same as one that was billed: none is reused.
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
            )
        ),
        trust_env=False,
        follow_redirects=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity", **ONE_CALL},
    )


def new_request(
    client: httpx.AsyncClient,
    method: str,
    route: str,
    *,
    endpoint: Endpoint,
    request_id: str,
    connect: float,
    is_stream: bool = False,
    **content: Any,
) -> httpx.Request:
    """A request with the key, the request id and the accepted types; raises NameNotFound for an unusable address."""
    # The deadline and the limit on silence bound reading; unlike a read timeout they tell a heartbeat from an answer.
    timeout = httpx.Timeout(connect=connect, read=None, write=WRITE_SECONDS, pool=connect)
    request: httpx.Request | None = None
    with contextlib.suppress(httpx.InvalidURL, UnicodeError):  # the latter from a host name that IDNA refuses
        request = client.build_request(
            method, endpoint.url(route), timeout=timeout, extensions=private_network_extension(endpoint), **content
        )
    if request is None:  # raised here, so that its context does not hold the request's error
        raise NameNotFound("the address cannot be read")
    request.headers.update(endpoint.credentials)
    request.headers["Accept"] = "text/event-stream, application/json" if is_stream else "application/json"
    request.headers["X-Request-ID"] = request.headers["X-Client-Request-Id"] = request_id
    return request
