"""Back-off after wrong keys and failed sign-ins: how long the next try waits."""

from __future__ import annotations

import ipaddress

LONGEST_WAIT_S = 300.0
"""Nobody is locked out for longer: who has the right key or password gets in by waiting."""
FORGOTTEN_AFTER_S = 900.0


def wait_after(count: int, free: int) -> float:
    """Seconds to wait after so many failures in a row, of which `free` cost nothing."""
    return min(LONGEST_WAIT_S, 2.0 ** min(count - free - 1, 16)) if count > free else 0.0


def network(address: str) -> str:
    """What one subscriber has: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return "an unknown address"
    if isinstance(known, ipaddress.IPv6Address):
        if known.ipv4_mapped is not None:
            return str(known.ipv4_mapped)
        return str(ipaddress.ip_network((known, 64), strict=False))
    return str(known)
