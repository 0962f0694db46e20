"""Bodies, headers, compression and limits, by the real nginx."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.binaries import NginxVersion
from tests.free_addresses import free_address
from tests.patience import PATIENCE
from tests.unit.desired.nginx_process import VERSIONS, Running, running
from tests.unit.desired.upstreams import BIG_JSON, Upstreams

LIMIT = 1024 * 1024


@pytest.fixture(scope="module")
def upstreams() -> Iterator[Upstreams]:
    with Upstreams([free_address()], [5040, 5041, 5042]) as upstreams:
        yield upstreams


@pytest.fixture(scope="module", params=VERSIONS)
def version(request: pytest.FixtureRequest) -> NginxVersion:
    found: NginxVersion = request.param
    return found


@pytest.fixture(scope="module")
def proxy(version: NginxVersion, upstreams: Upstreams, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("nginx") / "proxy"
    not_found = ("/cordova.js", "/private/", '/odd "\\name;{}')
    with running(version, upstreams.all, directory, max_body_size=LIMIT, not_found=not_found) as proxy:
        yield proxy


def test_plain_requests_reuse_their_connections(proxy: Running, upstreams: Upstreams) -> None:
    with closing(proxy.connect()) as connection:
        before = upstreams.accepted
        for _ in range(150):
            connection.request("GET", "/")
            assert connection.getresponse().read()
    opened = upstreams.accepted - before
    assert opened <= 6, f"{opened} connections for 150 requests: one to each of 3 instances, for each of 2 workers"


def test_a_body_at_the_limit_passes_and_one_above_is_refused(proxy: Running, upstreams: Upstreams) -> None:
    assert proxy.ask("/upload", "POST", bytes(LIMIT)).json["body"] == LIMIT
    before = len(upstreams.requests)
    sock = socket.create_connection((proxy.address, proxy.port), timeout=PATIENCE)
    with closing(sock):
        sock.sendall(f"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: {LIMIT + 1}\r\n\r\n".encode())
        assert sock.recv(100).startswith(b"HTTP/1.1 413 ")
    assert len(upstreams.requests) == before


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/cordova.js", 404),
        ("/cordova.js?v=1", 404),
        ("/cordova.json", 200),
        ("/private/", 404),
        ("/private/deep/down", 404),
        ("/private", 200),
        ("/odd%20%22%5Cname;%7B%7D", 404),
        ("/418", 418),
    ],
)
def test_paths_that_are_not_there_never_reach_the_application(proxy: Running, path: str, status: int) -> None:
    assert proxy.ask(path).status == status


def test_the_ping_is_answered_without_the_application(proxy: Running, upstreams: Upstreams) -> None:
    before = len(upstreams.requests)
    answer = proxy.ask("/.corral/ping")
    assert (answer.status, answer.body) == (200, b"ok proxy-1 corral_app\n")
    assert answer.headers["Content-Type"] == "text/plain"
    assert len(upstreams.requests) == before
    assert "/.corral/ping" not in proxy.access_log


def test_json_is_compressed_for_those_who_ask(proxy: Running) -> None:
    answer = proxy.ask("/big", Accept_Encoding="gzip")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(answer.body) == BIG_JSON
    assert proxy.ask("/big", Accept_Encoding="gzip", Via="1.1 outer").headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in proxy.ask("/big").headers
    assert "Content-Encoding" not in proxy.ask("/small", Accept_Encoding="gzip").headers


def test_the_application_sees_address_scheme_host_and_port(proxy: Running) -> None:
    lies = {
        "X_Forwarded_For": "6.6.6.6",
        "X_Forwarded_Proto": "https",
        "X_Forwarded_Host": "evil",
        "X_Real_IP": "6.6.6.6",
    }
    headers = proxy.ask("/", source="127.55.4.3", content=b"", **lies).json["headers"]
    here = f"{proxy.address}:{proxy.port}"
    assert (headers["host"], headers["x-forwarded-host"]) == (here, here)
    assert (headers["x-real-ip"], headers["x-forwarded-for"]) == ("127.55.4.3", "127.55.4.3")
    assert headers["x-forwarded-proto"] == "http"
    assert len(headers["x-request-id"]) == 32


def test_a_request_of_http_1_0_without_a_host_is_served(proxy: Running) -> None:
    with closing(socket.create_connection((proxy.address, proxy.port), timeout=PATIENCE)) as sock:
        sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
        answer = b"".join(iter(lambda: sock.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b'"host": "cluster.example"' in answer


@pytest.fixture(scope="module")
def inner(version: NginxVersion, upstreams: Upstreams, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A proxy that has another one in front of it, at 127.44.0.0/16."""
    directory = tmp_path_factory.mktemp("nginx") / "inner"
    with running(version, upstreams.all, directory, real_ip_from=("127.44.0.0/16",)) as proxy:
        yield proxy


def test_an_outer_proxy_is_believed(inner: Running) -> None:
    said = {"X_Forwarded_For": "203.0.113.7", "X_Forwarded_Proto": "https", "X_Forwarded_Host": "cn.steedos.com"}
    headers = inner.ask("/", source="127.44.0.9", **said).json["headers"]
    assert headers["x-real-ip"] == "203.0.113.7"
    assert headers["x-forwarded-for"] == "203.0.113.7, 127.44.0.9"
    assert headers["x-forwarded-proto"] == "https"
    assert headers["x-forwarded-host"] == "cn.steedos.com"


def test_an_outer_proxy_that_says_nothing_is_a_client(inner: Running) -> None:
    headers = inner.ask("/", source="127.44.0.9").json["headers"]
    assert headers["x-real-ip"] == "127.44.0.9"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-forwarded-host"] == f"{inner.address}:{inner.port}"


def test_anybody_else_is_not_believed(inner: Running) -> None:
    said = {"X_Forwarded_For": "203.0.113.7", "X_Forwarded_Proto": "https", "X_Forwarded_Host": "evil"}
    headers = inner.ask("/", source="127.45.0.9", **said).json["headers"]
    assert (headers["x-real-ip"], headers["x-forwarded-for"]) == ("127.45.0.9", "127.45.0.9")
    assert headers["x-forwarded-proto"] == "http"
    assert headers["x-forwarded-host"] == f"{inner.address}:{inner.port}"


def test_without_instances_it_says_so(version: NginxVersion, tmp_path: Path) -> None:
    with running(version, [], tmp_path / "empty") as proxy:
        assert proxy.ask("/").status == 503
        assert proxy.ask("/cordova.js").status == 404
        assert proxy.ask("/.corral/ping").status == 200
