"""Egress addresses: the SSRF guard: which IP addresses are public, and which a site also allows.

Pure values, without a resolver: whoever connects resolves a name once, asks here about each
address, and connects to the address that was asked about.

Source of the tables: the IANA registries of special-purpose IPv4 and IPv6 addresses (RFC 6890).
They are written out because `ipaddress` calls some of them global (fec0::/10, 64:ff9b:1::/48,
192.88.99.0/24), and because its own tables differ between Python's patch releases.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_SPECIAL_V4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network; Linux connects 0.0.0.0 to itself
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by carriers' NAT; some clouds serve metadata here
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local; clouds serve metadata here
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays, withdrawn
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and the broadcast address
    )
)
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
"""All that IANA has given out as global unicast. fc00::/7, fe80::/10, fec0::/10, ff00::/8, ::1 and
the addresses compatible with IPv4 (::/96) lie outside."""
_SPECIAL_V6 = tuple(
    ipaddress.IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation
    )
)
# The well-known prefix of RFC 6052: the last 32 bits are an IPv4 address.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def effective(address: Address) -> Address:
    """The IPv4 address to which an IPv6 address of a transition mechanism leads, else itself."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or address
    return address


def public(address: Address) -> bool:
    """Whether this is a unicast address that anybody on the internet may hold."""
    real = effective(address)
    if isinstance(real, ipaddress.IPv4Address):
        return not any(real in network for network in _SPECIAL_V4)
    if real.scope_id is not None or real not in _GLOBAL_V6:  # a zone id is for local addresses
        return False
    return not any(real in network for network in _SPECIAL_V6)


def allowed(address: Address, allow: Sequence[Network]) -> bool:
    """Whether to connect here: a public address, or one in a network of `allow`.

    A network of `allow` covers an address as it is written and as the IPv4 address to which it
    leads.
    """
    real = effective(address)
    if any(real in network or address in network for network in allow):
        return True
    return public(address)


_OWN = tuple(
    ipaddress.ip_network(text)
    for text in (
        "10.0.0.0/8",  # private (RFC 1918)
        "172.16.0.0/12",
        "192.168.0.0/16",
        "127.0.0.0/8",  # this machine
        "::1/128",
        "fc00::/7",  # unique local addresses (RFC 4193)
    )
)


def on_site(address: Address, allow: Sequence[Network]) -> bool:
    """Whether to connect here with what must not leave the site: a private address, or an allowed.

    Nothing public passes unless `allow` names it, nor what is link-local (clouds serve metadata
    there) or shared by carriers. An IPv6 address of a transition mechanism is not private for the
    IPv4 address in it: a relay elsewhere may carry it; only a mapped one is the same address.
    """
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in (*_OWN, *allow))
