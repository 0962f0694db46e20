from __future__ import annotations

import os
import socket

from corral.places.playground import ports
from tests.free_addresses import free_address
from tests.patience import until


def _listener(address: str, port: int = 0, family: int = socket.AF_INET) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.bind((address, port))
    listener.listen()
    return listener


def test_a_taken_port_is_told_with_its_process() -> None:
    address = free_address()
    with _listener(address) as listener:
        port = listener.getsockname()[1]
        assert ports.is_taken(address, port)
        found = ports.holder(address, port)
        assert found.pid == os.getpid()
        assert str(os.getpid()) in str(found)
    assert not ports.is_taken(address, port)


def test_a_listener_on_every_address_is_seen_too() -> None:
    for family, every in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):  # noqa: S104 - that is the point
        with _listener(every, family=family) as listener:
            port = listener.getsockname()[1]
            assert ports.is_taken("127.0.0.1", port)
            assert ports.holder("127.0.0.1", port).pid == os.getpid()


def test_the_next_free_port_is_free_on_all_addresses() -> None:
    one, other = free_address(), free_address()
    with _listener(one, 8080), _listener(other, 8081):
        assert ports.first_free((one, other), 8080) == 8082


def test_a_strange_address_is_an_error_but_not_taken() -> None:
    error = ports.bind_error("203.0.113.7", 8080)
    assert error is not None
    assert not ports.is_taken("203.0.113.7", 8080)


def test_networks_with_a_listener_are_seen_and_the_others_free() -> None:
    ours = "127.1.0.0/16"  # no other test takes an address of that
    with _listener("127.1.77.1"), _listener("::1", family=socket.AF_INET6):
        networks = ports.loopback_networks()
    assert ours in networks
    assert all(network.startswith("127.") for network in networks)
    until(ports.loopback_networks, lambda networks: ours not in networks)
