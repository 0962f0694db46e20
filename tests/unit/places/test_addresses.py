from __future__ import annotations

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from corral.places.playground.addresses import default_network, loopback_addresses

REFERENCE = {"proxy-100": "192.168.0.100", "app-108": "192.168.0.108", "db-216": "192.168.0.216"}


def test_the_last_octet_stays_recognisable() -> None:
    assert loopback_addresses(REFERENCE, "127.9.0.0/16") == {
        "proxy-100": "127.9.100.1",
        "app-108": "127.9.108.1",
        "db-216": "127.9.216.1",
    }


def test_networks_of_one_company_do_not_meet() -> None:
    addresses = loopback_addresses({"a": "10.0.1.5", "b": "10.0.2.5", "c": "10.1.1.5"}, "127.9.0.0/16")
    assert addresses == {"a": "127.9.5.2", "b": "127.9.5.3", "c": "127.9.5.4"}


def test_a_name_always_gives_the_same_network_and_two_names_differ() -> None:
    assert default_network("noticeboard") == default_network("noticeboard")
    assert default_network("noticeboard") != default_network("steedos")


def test_where_the_network_is_used_the_next_one_is_taken() -> None:
    networks = {f"127.{octet}.0.0/16" for octet in range(2, 255)}
    first = default_network("noticeboard")
    second = default_network("noticeboard", {first})
    third = default_network("noticeboard", {first, second})
    assert len({first, second, third}) == 3
    assert {default_network("noticeboard", networks - {one}) for one in networks} == networks, "it goes round"
    assert default_network("noticeboard", networks) == first, "with nothing free, the start says what is taken"


@given(st.text(min_size=1))
def test_the_network_is_a_loopback_one_and_never_the_first_two(name: str) -> None:
    network = ipaddress.IPv4Network(default_network(name))
    assert network.subnet_of(ipaddress.IPv4Network("127.0.0.0/8"))
    assert network.network_address.packed[1] >= 2


@given(st.lists(st.one_of(st.ip_addresses(v=4).map(str), st.text(min_size=1)), max_size=60, unique=True))
def test_every_host_has_an_address_of_its_own(declared: list[str]) -> None:
    addresses = loopback_addresses({str(n): address for n, address in enumerate(declared)}, "127.7.0.0/16")
    assert len(set(addresses.values())) == len(declared)
    assert all(
        address in ipaddress.ip_network("127.7.0.0/16") for address in map(ipaddress.ip_address, addresses.values())
    )
