"""Network policy: which addresses the studio may connect to. Every outgoing connection is checked here.

Knows addresses only, neither a client library nor Django. Callers resolve a name here and connect to one of the checked
addresses, so that a second look-up cannot return another one.
"""

import ipaddress
import socket
from collections.abc import Iterable

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Metadata services of clouds, which hand out credentials: never a gateway, even where private networks are allowed.
METADATA = frozenset(
    map(ipaddress.ip_address, ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"])
)
# This machine, and private networks a gateway may run in: RFC 1918, carrier-grade NAT, unique local addresses, and
# 198.18.0.0/15, which local proxies use in place of public addresses.
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
    """A name resolves to an address that must not be reached. The message names no address."""


def resolve_allowed(host: str, port: int, *, is_private_allowed: bool) -> list[Address]:
    """Every address of a host (blocking); raise AddressForbidden where one of them may not be reached.

    Raise socket.gaierror for a name without an address.
    """
    return require_allowed(resolve(host, port), is_private_allowed=is_private_allowed)


def resolve(host: str, port: int) -> list[Address]:
    """Every address of a host (blocking); raise socket.gaierror where there is none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return addresses_of(address[0] for *_, address in found)


def addresses_of(texts: Iterable[str | int]) -> list[Address]:
    """The addresses in their order, without duplicates."""
    return list(dict.fromkeys(map(ipaddress.ip_address, texts)))


def require_allowed(addresses: Iterable[Address], *, is_private_allowed: bool) -> list[Address]:
    """Return the addresses if all of them may be reached; raise AddressForbidden otherwise."""
    addresses = list(addresses)
    if not addresses or not all(is_allowed(each, is_private_allowed=is_private_allowed) for each in addresses):
        raise AddressForbidden("the address is in a network that may not be reached")
    return addresses


def is_allowed(address: Address, *, is_private_allowed: bool) -> bool:
    """Whether an address is public, or private where that is allowed. Embedded IPv4 addresses are unwrapped first."""
    address = unwrapped(address)
    if address in METADATA:
        return False
    return is_public(address) or (is_private_allowed and any(address in network for network in PRIVATE))


def is_public(address: Address) -> bool:
    """Whether the address, or the IPv4 address embedded in it, belongs to the public Internet."""
    address = unwrapped(address)
    if isinstance(address, ipaddress.IPv6Address) and address.is_site_local:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def unwrapped(address: Address) -> Address:
    """The IPv4 address embedded in an IPv4-mapped or NAT64 address; any other address unchanged."""
    if not isinstance(address, ipaddress.IPv6Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address
