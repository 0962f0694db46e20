"""How large the bodies are that `verify` sends, by a proxy that counts what it gets."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from corral.desired.nginx import PROBE_HEADER, UPSTREAM_HEADER
from corral.secrets import Secret
from corral.verify import body as module
from corral.verify.body import LARGEST, body
from corral.verify.check import Check
from tests.unit.plan.cluster_of import cluster_of
from tests.unit.rules.good_hosts import FILE

from .detour import Detour

MEGABYTE = 1 << 20


class Proxy(ThreadingHTTPServer):
    """Keeps `limit` as nginx does. `announced` are the Content-Lengths, `taken` the bytes of bodies that it read."""

    daemon_threads = True
    limit = 0

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.announced: list[int] = []
        self.taken = 0


class Handler(BaseHTTPRequestHandler):
    server: Proxy

    def do_POST(self) -> None:
        size = int(self.headers["Content-Length"])
        self.server.announced.append(size)
        if size > self.server.limit:
            self.send_response(413)
        else:
            while size and (chunk := self.rfile.read(min(size, MEGABYTE))):
                self.server.taken += len(chunk)
                size -= len(chunk)
            self.send_response(404)
            if self.headers[PROBE_HEADER] == "token":
                self.send_header(UPSTREAM_HEADER, "one-5000")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Quiet."""


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with Proxy() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def verify(proxy: Proxy, limit: int) -> list[Check]:
    """Of a file that says `limit`, while the proxy keeps its own."""
    cluster = cluster_of(FILE)
    cluster = replace(cluster, proxy=replace(cluster.proxy, max_body_size=limit))
    routes = Detour((cluster.proxy.hosts[0].address, cluster.proxy.ports[0]), ("127.0.0.1", proxy.server_address[1]))
    return asyncio.run(body(cluster, {"probe": Secret("token")}, routes))


def test_a_limit_is_tried_from_both_sides(proxy: Proxy) -> None:
    proxy.limit = 4 * MEGABYTE
    checks = verify(proxy, proxy.limit)
    assert [check.name for check in checks] == ["a body of 3 MB is accepted", "a body of 5 MB is refused"]
    assert [check.result for check in checks] == ["passed", "passed"]
    assert (proxy.announced, proxy.taken) == ([3 * MEGABYTE, 5 * MEGABYTE], 3 * MEGABYTE)


def test_a_lower_limit_than_the_files_fails(proxy: Proxy) -> None:
    proxy.limit = 2 * MEGABYTE
    assert [check.result for check in verify(proxy, 4 * MEGABYTE)] == ["failed", "passed"]


@pytest.mark.parametrize(("limit", "megabytes"), [(5 << 30, 5120), (1 << 40, 1048576)])
def test_of_a_large_limit_only_a_part_is_sent(
    proxy: Proxy, limit: int, megabytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST", 2 * MEGABYTE)
    proxy.limit = limit
    accepted, refused = verify(proxy, limit)
    assert (
        accepted.name
        == f"a body of 2 MB is accepted, the largest that is sent (up to {megabytes - 1} MB was not tried)"
    )
    assert refused.name == f"a body of {megabytes + 1} MB is refused"
    assert (accepted.result, refused.result) == ("passed", "passed")
    assert (proxy.announced, proxy.taken) == ([2 * MEGABYTE, limit + MEGABYTE], 2 * MEGABYTE)


def test_the_usual_limit_is_tried_whole() -> None:
    assert cluster_of(FILE).proxy.max_body_size - MEGABYTE < LARGEST == 128 * MEGABYTE
