"""Whose word is taken for whom a request comes from: that of the proxies in FORWARDED_ALLOW_IPS.

uvicorn's own middleware reads `X-Forwarded-For`; around it, an address that is none is not believed, and a peer that
speaks for others without being trusted is named in the log once. It may be the studio's proxy, behind which all
visitors then look like one.
"""

import ipaddress
import logging
from collections.abc import Sequence
from typing import Any, cast

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

log = logging.getLogger(__name__)

PEERS_NAMED = 20  # whoever can reach the port can send the header
PEER = "studio.peer"

Client = tuple[str, int]


class TrustedProxies:
    """ASGI middleware that puts the visitor's address into the scope's `client`."""

    def __init__(self, app: ASGIApp, *, trusted: Sequence[str]) -> None:
        self.app = app
        self.named: set[str] = set()
        # Everybody, or the list: uvicorn knows the star only alone.
        hosts: list[str] | str = "*" if "*" in trusted else list(trusted)
        self.headers = ProxyHeadersMiddleware(cast("Any", self._with_client), trusted_hosts=hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        peer = plain(scope.get("client"))
        await self.headers(cast("Any", {**scope, "client": peer, PEER: peer}), cast("Any", receive), cast("Any", send))

    async def _with_client(self, scope: Scope, receive: Receive, send: Send) -> None:
        peer, client = scope[PEER], plain(scope["client"])
        # A proxy that trusts everybody hands on what a visitor made up.
        scope["client"] = client if client and is_address(client[0]) else peer
        if peer and scope["client"] == peer:
            self.name_once(peer[0], scope)
        await self.app(scope, receive, send)

    def name_once(self, peer: str, scope: Scope) -> None:
        forwarded = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        hosts = {host.strip() for value in forwarded for host in value.split(",")}
        if hosts and peer not in hosts and peer not in self.named and len(self.named) < PEERS_NAMED:
            self.named.add(peer)
            log.warning(
                "%s sends X-Forwarded-For and is no trusted proxy, so its visitors count as one. "
                "If it is your proxy, add its address or network to FORWARDED_ALLOW_IPS.",
                peer,
            )


def plain(client: Client | None) -> Client | None:
    """An IPv4 address as itself, also where it reached a socket of both families (::ffff:192.0.2.1)."""
    if client is None or not client[0].lower().startswith("::ffff:"):
        return client
    try:
        mapped = ipaddress.IPv6Address(client[0]).ipv4_mapped
    except ValueError:
        return client
    return (str(mapped), client[1]) if mapped else client


def is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
