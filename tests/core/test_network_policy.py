import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as some

from studio.core.network_policy import METADATA, AddressForbidden, is_allowed, is_public, require_allowed, resolve

PRIVATE = [
    "127.0.0.1",
    "::1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "198.18.0.7",
    "fd00::1",
    "fec0::1",
]
NEVER = ["169.254.1.1", "fe80::1", "224.0.0.1", "ff02::1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "2001:db8::1"]


@pytest.mark.parametrize(
    ("address", "answer"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("64:ff9b::5db8:d822", True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("::ffff:10.0.0.1", False),
        ("::10.0.0.1", False),
        ("fe80::1", False),
        ("fec0::1", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("2002:7f00:1::", False),
        ("2001:db8::1", False),
        ("64:ff9b::a00:1", False),
    ],
)
def test_only_the_public_internet_is_public(address: str, answer: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is answer


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_network_is_reached_where_it_is_allowed(address: str) -> None:
    assert is_allowed(ipaddress.ip_address(address), is_private_allowed=True)
    assert not is_allowed(ipaddress.ip_address(address), is_private_allowed=False)


@pytest.mark.parametrize("address", [*sorted(map(str, METADATA)), *NEVER])
@pytest.mark.parametrize("is_private_allowed", [True, False])
def test_metadata_services_and_reserved_networks_are_never_reached(address: str, is_private_allowed: bool) -> None:
    assert not is_allowed(ipaddress.ip_address(address), is_private_allowed=is_private_allowed)


@given(some.ip_addresses(v=4), some.booleans())
def test_an_address_wrapped_in_another_is_judged_as_itself(address: ipaddress.IPv4Address, allowed: bool) -> None:
    answer = is_allowed(address, is_private_allowed=allowed)
    for wrapper in ("::ffff:0:0", "64:ff9b::"):
        wrapped = ipaddress.IPv6Address(int(ipaddress.IPv6Address(wrapper)) | int(address))
        assert is_allowed(wrapped, is_private_allowed=allowed) is answer


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "localhost", "::1", "0"])
def test_another_notation_of_a_local_address_is_recognized(host: str) -> None:
    with pytest.raises(AddressForbidden):
        require_allowed(resolve(host, 80), is_private_allowed=False)


def test_one_private_address_among_public_ones_forbids_all() -> None:
    both = [ipaddress.ip_address("93.184.216.34"), ipaddress.ip_address("10.0.0.1")]
    assert require_allowed(both[:1], is_private_allowed=False) == both[:1]
    with pytest.raises(AddressForbidden):
        require_allowed(both, is_private_allowed=False)


def test_a_name_without_an_address_is_forbidden() -> None:
    with pytest.raises(AddressForbidden):
        require_allowed([], is_private_allowed=True)
