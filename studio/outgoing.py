"""Which network addresses a call of the studio may go to: the one judgement behind every outgoing connection.

Pure: knows addresses only, neither a client library nor Django. Whoever connects resolves the name, has every address
judged, and connects to the very address that was judged, so that a name cannot change its mind in between.
"""

import ipaddress
import socket
from collections.abc import Iterable

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Where machines in a cloud hand out their credentials: never a gateway, not even in a network that is allowed.
METADATA = frozenset(
    map(ipaddress.ip_address, ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"])
)
# This machine, and the networks a gateway of one's own may stand in: RFC 1918, carrier-grade NAT, unique local, and
# 198.18.0.0/15, which local proxies hand out in place of public addresses.
PRIVATE = tuple(
    map(
        ipaddress.ip_network,
        [
            *("0.0.0.0/32", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
            *("198.18.0.0/15", "::/128", "::1/128", "fc00::/7", "fec0::/10"),
        ],
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class AddressForbidden(OSError):
    """A name stands for an address that must not be reached; the text names no address."""


def resolved(host: str, port: int) -> list[Address]:
    """Every address a host has, blocking; raises socket.gaierror for one that has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return addresses_of(address[0] for *_, address in found)


def addresses_of(texts: Iterable[str | int]) -> list[Address]:
    """Addresses in the order they came, each once."""
    return list(dict.fromkeys(map(ipaddress.ip_address, texts)))


def judged(addresses: Iterable[Address], *, is_private_allowed: bool) -> list[Address]:
    """Return the addresses when all of them may be reached; raise AddressForbidden when there is one that may not."""
    addresses = list(addresses)
    if not addresses or not all(is_allowed(each, is_private_allowed=is_private_allowed) for each in addresses):
        raise AddressForbidden("the address lies in a network that may not be reached")
    return addresses


def is_allowed(address: Address, *, is_private_allowed: bool) -> bool:
    """Whether an address is public, or private where that is allowed; one wrapped in another counts as itself."""
    address = unwrapped(address)
    if address in METADATA:
        return False
    return is_public(address) or (is_private_allowed and any(address in network for network in PRIVATE))


def is_public(address: Address) -> bool:
    """Whether the address, or the IPv4 address wrapped in it, belongs to the public Internet."""
    address = unwrapped(address)
    if isinstance(address, ipaddress.IPv6Address) and address.is_site_local:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv4-mapped or NAT64 address leads to; every other address as it is."""
    if not isinstance(address, ipaddress.IPv6Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address
