"""The IP addresses that belong to a single host of the public internet."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

# Blocks of IANA's special-purpose registry that others of it contain are left out, as are those of
# IPv6 beyond 2000::/3. None of the blocks that the registry calls globally reachable holds a web
# server: they are relays and sinks.
_NOT_A_HOST = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # this network (RFC 791)
            "10.0.0.0/8",  # private use (RFC 1918)
            "100.64.0.0/10",  # shared with a carrier's customers (RFC 6598)
            "127.0.0.0/8",  # loopback (RFC 1122)
            "168.63.129.16/32",  # a public address on which Azure serves each machine its own data
            "169.254.0.0/16",  # link-local (RFC 3927)
            "172.16.0.0/12",  # private use (RFC 1918)
            "192.0.0.0/24",  # IETF protocol assignments (RFC 6890)
            "192.0.2.0/24",  # documentation (RFC 5737)
            "192.31.196.0/24",  # AS112 (RFC 7535)
            "192.52.193.0/24",  # automatic multicast tunnelling (RFC 7450)
            "192.88.99.0/24",  # relays of 6to4 (RFC 7526)
            "192.168.0.0/16",  # private use (RFC 1918)
            "192.175.48.0/24",  # AS112 (RFC 7534)
            "198.18.0.0/15",  # benchmarking (RFC 2544)
            "198.51.100.0/24",  # documentation (RFC 5737)
            "203.0.113.0/24",  # documentation (RFC 5737)
            "224.0.0.0/4",  # multicast (RFC 5771)
            "240.0.0.0/4",  # reserved, and broadcast (RFC 1112)
            "2001::/23",  # IETF protocol assignments (RFC 2928)
            "2001:db8::/32",  # documentation (RFC 3849)
            "2002::/16",  # 6to4 (RFC 3056)
            "2620:4f:8000::/48",  # AS112 (RFC 7534)
            "3fff::/20",  # documentation (RFC 9637)
        ),
    )
)

_GLOBAL_UNICAST = IPv6Network("2000::/3")
"""The only IPv6 block from which IANA gives addresses to hosts (RFC 4291)."""

_NAT64 = IPv6Network("64:ff9b::/96")
"""IPv4 addresses as a network without IPv4 reaches them (RFC 6052)."""


def is_public(address: str) -> bool:
    """True if an address may be a web server's on the public internet.

    The table is our own: what `ipaddress` takes for global differs between versions of Python.
    An IPv6 address that stands for IPv4 addresses is judged by these.

    Raises:
        ValueError: it is not an IP address.
    """
    parsed = ip_address(address)
    if isinstance(parsed, IPv6Address):
        if embedded := _embedded(parsed):
            return all(is_public(str(each)) for each in embedded)
        if parsed not in _GLOBAL_UNICAST:
            return False
    return not any(parsed in block for block in _NOT_A_HOST)


def _embedded(address: IPv6Address) -> tuple[IPv4Address, ...]:
    """Return the IPv4 addresses that an IPv6 address leads to."""
    if address.teredo:
        return address.teredo
    if address in _NAT64:
        return (IPv4Address(int(address) & 0xFFFF_FFFF),)
    found = address.ipv4_mapped or address.sixtofour
    return (found,) if found else ()
