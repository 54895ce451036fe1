from ipaddress import IPv4Network, ip_network

import pytest

from rag.pages.addresses import is_public

# IANA's special-purpose address registries, whole, and what else no web server is at.
IPV4 = """
0.0.0.0/8 0.0.0.0/32 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12
192.0.0.0/24 192.0.0.0/29 192.0.0.8/32 192.0.0.9/32 192.0.0.10/32 192.0.0.170/32 192.0.0.171/32
192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.88.99.2/32 192.168.0.0/16
192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4 255.255.255.255/32
""".split()
IPV6 = """
::1/128 ::/128 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001:1::1/128 2001:1::2/128
2001:1::3/128 2001:2::/48 2001:3::/32 2001:4:112::/48 2001:10::/28 2001:20::/28 2001:30::/28
2001:db8::/32 2620:4f:8000::/48 3fff::/20 5f00::/16 fc00::/7 fe80::/10
""".split()
OTHERS = "224.0.0.0/4 168.63.129.16/32 192.0.0.192/32 ::/96 fec0::/10 ff00::/8 4000::/3".split()

PUBLIC = [
    *("1.1.1.1", "9.255.255.255", "11.0.0.0", "93.184.215.14", "100.63.255.255", "100.128.0.0"),
    *("168.63.129.15", "168.63.129.17", "172.32.0.0", "192.0.1.0", "192.88.98.255", "198.20.0.0"),
    *("223.255.255.255", "2001:200::", "2606:2800:21f::1", "2a00::1", "3fff:1000::"),
]


def ends(block: str) -> list[str]:
    """The first and the last address of a block."""
    network = ip_network(block)
    return [str(network[0]), str(network[-1])]


def leading_to(address: str) -> list[str]:
    """The IPv6 addresses that stand for an IPv4 address."""
    network = IPv4Network(address)
    (number,) = (int(each) for each in network)
    high, low = f"{number >> 16:x}", f"{number & 0xFFFF:x}"
    obfuscated = number ^ 0xFFFF_FFFF
    return [
        f"::ffff:{address}",
        f"64:ff9b::{address}",
        f"2002:{high}:{low}::1",
        f"2001:0:{high}:{low}::fefe:fefe",
        f"2001:0:101:101::{obfuscated >> 16:x}:{obfuscated & 0xFFFF:x}",
    ]


@pytest.mark.parametrize("block", [*IPV4, *IPV6, *OTHERS])
def test_no_address_of_a_special_block_is_public(block):
    """Every row of IANA's registries, from its first address to its last."""
    assert [each for each in ends(block) if is_public(each)] == []


def test_addresses_beside_those_blocks_are_public():
    """Nothing is refused but what the tables hold."""
    assert [each for each in PUBLIC if not is_public(each)] == []


@pytest.mark.parametrize("block", [*IPV4, "168.63.129.16/32"])
def test_an_address_that_stands_for_another_is_judged_by_it(block):
    """IPv4-mapped, NAT64, 6to4 and Teredo addresses, whose networks lead to IPv4."""
    standing_for = [each for end in ends(block) for each in leading_to(end)]
    assert [each for each in standing_for if is_public(each)] == []


def test_an_address_that_stands_for_a_public_one_is_public():
    """An address that leads to a public web server is read from as that server is."""
    assert [each for each in leading_to("93.184.215.14") if not is_public(each)] == []


def test_an_address_with_a_scope_is_judged_without_it():
    """An interface's name behind an address changes nothing."""
    assert not is_public("fe80::1%eth0")
