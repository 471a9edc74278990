"""Egress addresses: what is not public is refused unless a site allows it."""

from __future__ import annotations

import ipaddress

import pytest

from vision.egress_addresses import allowed, public

NOT_PUBLIC = {
    "this network": ["0.0.0.0", "0.1.2.3", "::"],
    "loopback": ["127.0.0.1", "127.255.255.254", "::1"],
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12::1"],
    "carrier": ["100.64.0.1", "100.100.100.200", "100.127.255.255"],
    "link-local": ["169.254.169.254", "fe80::1", "fe80::1%eth0", "febf::1"],
    "site-local": ["fec0::1", "feff:ffff::1", "fec0::1%2"],
    "protocol assignments": ["192.0.0.1", "192.0.0.9", "192.0.0.171", "2001:1::1", "2001:20::1"],
    "documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
    "benchmarks": ["198.18.0.1", "198.19.255.255", "2001:2::1"],
    "multicast": ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
    "reserved": ["240.0.0.1", "255.255.255.255", "4000::1", "5f00::1", "100::1"],
    "withdrawn relays": ["192.88.99.1"],
    "mapped": ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:192.0.0.8", "::ffff:100.64.0.1"],
    "compatible": ["::127.0.0.1", "::10.0.0.1", "::8.8.8.8"],
    "translated": ["::ffff:0:127.0.0.1"],
    "NAT64": ["64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808"],
    "6to4": ["2002:7f00:1::", "2002:a00:1::1", "2002:c0a8:101::1", "2002:c058:6301::"],
    "Teredo": ["2001::1", "2001:0:808:808::f5ff:fffe", "2001:0:808:808::f7f7:f7f7"],
    "zone ids": ["2606:4700:4700::1111%eth0"],
}
PUBLIC = """
8.8.8.8 1.1.1.1 100.63.255.255 100.128.0.1 172.32.0.1 192.0.1.1 198.20.0.1 223.255.255.255
2606:4700:4700::1111 2400:3200::1 2001:4860:4860::8888 2001:200::1 ::ffff:8.8.8.8 64:ff9b::808:808
2002:808:808::1
""".split()  # noqa: SIM905 - fifteen quoted addresses read worse


@pytest.mark.parametrize(
    "address", [text for texts in NOT_PUBLIC.values() for text in texts], ids=str
)
def test_private_and_special_addresses_are_refused(address):
    assert not public(ipaddress.ip_address(address))
    assert not allowed(ipaddress.ip_address(address), ())


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address):
    assert public(ipaddress.ip_address(address))
    assert allowed(ipaddress.ip_address(address), ())


def test_a_site_can_allow_a_network():
    allow = (ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("fec0::/10"))
    assert allowed(ipaddress.ip_address("10.1.2.3"), allow)
    assert allowed(ipaddress.ip_address("::ffff:10.1.2.3"), allow)
    assert allowed(ipaddress.ip_address("64:ff9b::a01:203"), allow)
    assert allowed(ipaddress.ip_address("fec0::1%eth0"), allow)
    assert not allowed(ipaddress.ip_address("10.2.0.1"), allow)
    assert not allowed(ipaddress.ip_address("fe80::1"), allow)
