"""Instances taken out of a real nginx and back, without a reload: by the very script that Corral sends."""

from __future__ import annotations

import asyncio
import http.client
import os
import signal
import socket
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from corral.desired.nginx import PING_PATH
from corral.execute.handlers.steering import script_of
from corral.model.pools import NOBODY, Group, groups, link
from tests.free_addresses import free_address
from tests.patience import PATIENCE, until
from tests.unit.desired.nginx_process import VERSIONS, Running, host, instances_of, running
from tests.unit.desired.upstreams import Upstreams

NETWORKS = [f"127.{number}.0.1" for number in range(1, 21)]
"""Where clients come from: ip_hash looks at the first three bytes."""


@pytest.fixture
def upstreams() -> Iterator[Upstreams]:
    with Upstreams([free_address(), free_address()], [5040, 5041, 5042]) as upstreams:
        yield upstreams


@pytest.fixture(params=[(version, balance) for version in VERSIONS for balance in ("sticky_cookie", "ip_hash")])
def proxy(request: pytest.FixtureRequest, upstreams: Upstreams, tmp_path: Path) -> Iterator[Running]:
    version, balance = request.param
    with running(version, upstreams.all, tmp_path / "nginx", balance=balance) as proxy:
        until(lambda: len(workers(proxy)), lambda count: count == 2)  # one of the two answers before the other is there
        yield proxy


def steer(proxy: Running, out: Group) -> None:
    subprocess.run(["sh", "-c", script_of(_link(proxy), out)], check=True, timeout=PATIENCE)


def _link(proxy: Running) -> Path:
    return Path(link(host("proxy-1", proxy.address, proxy.directory).layout))  # type: ignore[arg-type] # a real path


def workers(proxy: Running) -> set[str]:
    master = (proxy.directory / "run" / "nginx.pid").read_text().strip()
    return set(Path(f"/proc/{master}/task/{master}/children").read_text().split())


def told(proxy: Running) -> str:
    return proxy.ask(PING_PATH).body.decode().split()[-1]


def answering(proxy: Running) -> Counter[str]:
    """Who answers visitors from many networks, each of them anew."""
    return Counter(proxy.ask("/", source=source).instance for source in NETWORKS * 3)


def test_each_group_gets_nothing_while_it_is_out_and_all_do_again(proxy: Running, upstreams: Upstreams) -> None:
    before, made = workers(proxy), groups(instances_of(upstreams.all))
    everybody = {each.name for each in upstreams.all}
    assert told(proxy) == "corral_app", "nothing is written before the first time"
    assert set(answering(proxy)) <= everybody
    for pool, out in enumerate(made, 1):
        steer(proxy, out)
        assert told(proxy) == f"corral_app_{pool}"
        assert not set(out) & set(answering(proxy))
    steer(proxy, NOBODY)
    assert told(proxy) == "corral_app"
    assert workers(proxy) == before, "no worker was started anew"


def test_a_socket_of_one_that_is_out_goes_on(proxy: Running, upstreams: Upstreams) -> None:
    sock, seen, _ = proxy.upgrade("/websocket")
    made = groups(instances_of(upstreams.all))
    [out] = [out for out in made if seen["instance"] in out]
    steer(proxy, out)
    with sock:
        sock.sendall(b"still here")
        assert sock.recv(100) == b"still here"
        other, moved, _ = proxy.upgrade("/websocket")
        other.close()
    assert moved["instance"] != seen["instance"]


def test_a_kept_connection_is_served_by_the_pool_of_each_request(proxy: Running, upstreams: Upstreams) -> None:
    """After a reload an old worker would go on with its old list."""
    connection = proxy.connect()
    for out in groups(instances_of(upstreams.all)):
        steer(proxy, out)
        connection.request("POST", "/order", b"x")
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.read().decode().split('"instance": "')[1].split('"')[0] not in out
    connection.close()


def test_all_are_killed_and_started_group_by_group_and_no_request_fails(proxy: Running, upstreams: Upstreams) -> None:
    """POSTs over kept connections, which nginx never sends a second time."""
    ending, failed, sent = threading.Event(), [], Counter[str]()

    def visit(number: int) -> None:
        connection = proxy.connect(NETWORKS[number])
        while not ending.is_set():
            try:
                connection.request("POST", "/order", b"x" * 100)
                answer = connection.getresponse()
                answer.read()
                sent[str(answer.status)] += 1
                if answer.status != 200:
                    failed.append(str(answer.status))
            except (OSError, http.client.HTTPException) as error:
                failed.append(repr(error))
                connection.close()
        connection.close()

    visitors = [threading.Thread(target=visit, args=(number,)) for number in range(12)]
    for visitor in visitors:
        visitor.start()
    for out in groups(instances_of(upstreams.all)):
        steer(proxy, out)
        for name in out:
            upstreams.call(_idle(upstreams, name))
            upstreams.call(upstreams[name].kill())
            upstreams.call(upstreams[name].open())
    steer(proxy, NOBODY)
    before = sum(sent.values())
    while sum(sent.values()) < before + 100 and not failed:
        ending.wait(0.01)
    ending.set()
    for visitor in visitors:
        visitor.join(PATIENCE)
    assert failed == []
    assert sent["200"] > 100


def reload(proxy: Running) -> None:
    """Until no worker takes new connections but those that have read the configuration anew."""
    before = workers(proxy)
    os.kill(int((proxy.directory / "run" / "nginx.pid").read_text()), signal.SIGHUP)
    until(lambda: len(workers(proxy) - before), lambda count: count == 2)


def test_a_socket_goes_on_after_a_reload(proxy: Running) -> None:
    sock, _, _ = proxy.upgrade("/websocket")
    reload(proxy)
    with sock:
        sock.sendall(b"still here")
        assert sock.recv(100) == b"still here"


def test_a_connection_without_a_request_is_kept_over_a_reload_by_a_newer_nginx(proxy: Running) -> None:
    """An older one closes it, and what its client sends just then is lost: docs/proxy.md says so."""
    with socket.create_connection((proxy.address, proxy.port), timeout=PATIENCE) as sock:
        asked = f"POST /order HTTP/1.1\r\nHost: {proxy.address}\r\nContent-Length: 1\r\n\r\nx".encode()
        sock.sendall(asked)
        assert sock.recv(65536).startswith(b"HTTP/1.1 200")
        reload(proxy)
        sock.settimeout(0.5 if "keepalive_min_timeout" in configuration(proxy) else PATIENCE)
        try:
            closed = sock.recv(1) == b""
        except TimeoutError:
            closed = False
        assert closed is ("keepalive_min_timeout" not in configuration(proxy))
        if not closed:
            sock.sendall(asked)
            assert sock.recv(65536).startswith(b"HTTP/1.1 200")


def configuration(proxy: Running) -> str:
    return (proxy.directory / "nginx.conf").read_text()


async def _idle(upstreams: Upstreams, name: str) -> None:
    """Until what was sent to it before is answered: nginx closes a connection without work after a second."""
    while upstreams[name].writers:
        await asyncio.sleep(0.01)
