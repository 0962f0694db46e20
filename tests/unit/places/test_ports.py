from __future__ import annotations

import os
import socket

from corral.events import Event, Note
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


def test_two_proxies_never_compete_for_a_port() -> None:
    """The first one's port is taken, and the next one is the other's: nobody has to move because of it."""
    one, two, told = free_address(), free_address(), list[Event]()
    port = ports.first_free((one, two, "127.0.0.1"), 18080)
    wanted = {"one": port, "two": ports.first_free((one, two, "127.0.0.1"), port + 1)}
    with _listener(one, port):
        first, second = ports.choose(wanted, {}, {"one": one, "two": two}, told.append)
    assert second == wanted["two"]
    assert first not in wanted.values()
    (note,) = told
    assert isinstance(note, Note)
    assert note.message.startswith(f"{one}:{port} is taken by ")
    assert f"(pid {os.getpid()})" in note.message


def test_a_port_that_another_proxy_serves_at_is_told_as_that() -> None:
    one, two, told = free_address(), free_address(), list[Event]()
    port = ports.first_free((one, two, "127.0.0.1"), 18080)
    _, second = ports.choose({"one": port - 1, "two": port}, {"one": port}, {"one": one, "two": two}, told.append)
    assert second > port
    messages = [event.message for event in told if isinstance(event, Note)]
    assert f"{port} is the port of the proxy one, which runs, so two listens on {second}" in messages


def test_a_holder_that_is_not_found_is_not_known() -> None:
    assert str(ports.holder(free_address(), 1)) == "a process that can't be seen, perhaps another user's"


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
