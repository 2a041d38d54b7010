"""Whose address a visitor is known by."""

import asyncio
import logging
from typing import Any

import pytest

from studio.web.proxies import TrustedProxies

PROXY, VISITOR = "172.29.80.1", "198.51.100.7"


def client_seen(app: TrustedProxies, *, peer: str, forwarded: str | None) -> str:
    headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode())]
    scope: dict[str, Any] = {"type": "http", "client": (peer, 40000), "headers": headers}
    asyncio.run(app(scope, None, None))  # type: ignore[arg-type]
    return seen[-1]


seen: list[str] = []


async def note(scope: Any, _receive: Any, _send: Any) -> None:
    seen.append(scope["client"][0])


def proxies(*trusted: str) -> TrustedProxies:
    return TrustedProxies(note, trusted=trusted)


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "expected"),
    [
        ("172.29.80.0/24", PROXY, VISITOR, VISITOR),
        ("172.29.80.0/24", PROXY, f"10.9.9.9, {VISITOR}", VISITOR),
        ("172.29.80.0/24", f"::ffff:{PROXY}", VISITOR, VISITOR),
        ("172.29.80.0/24", PROXY, "2001:db8::7", "2001:db8::7"),
        ("172.29.80.0/24", PROXY, None, PROXY),
        ("172.29.80.0/24", PROXY, "unknown", PROXY),
        ("127.0.0.1", PROXY, VISITOR, PROXY),
        ("*", PROXY, f"{VISITOR}, 10.9.9.9", VISITOR),
        ("*", PROXY, "'; made up", PROXY),
    ],
)
def test_a_visitor_is_known_by_the_address_that_a_trusted_proxy_tells(
    trusted: str, peer: str, forwarded: str | None, expected: str
) -> None:
    assert client_seen(proxies(trusted), peer=peer, forwarded=forwarded) == expected


def test_an_untrusted_peer_that_speaks_for_others_is_named_once(caplog: pytest.LogCaptureFixture) -> None:
    app = proxies("127.0.0.1")
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            client_seen(app, peer=PROXY, forwarded=VISITOR)
        client_seen(app, peer="127.0.0.1", forwarded=VISITOR)
        client_seen(app, peer=VISITOR, forwarded=VISITOR)  # as uvicorn's command hands it on
    assert [record.message.split()[0] for record in caplog.records] == [PROXY]
    assert "FORWARDED_ALLOW_IPS" in caplog.text


def test_many_peers_do_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    app = proxies("127.0.0.1")
    for number in range(200):
        client_seen(app, peer=f"10.0.0.{number}", forwarded=VISITOR)
    assert len(caplog.records) == 20
