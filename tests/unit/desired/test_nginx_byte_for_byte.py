"""What the proxy leaves alone, and the few things that nginx decides by itself: paths, lists, names, sizes."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from corral.desired import forwarded
from tests.free_addresses import free_address
from tests.patience import PATIENCE
from tests.unit.desired.nginx_process import VERSIONS, Running, running
from tests.unit.desired.upstreams import Upstreams

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "REPORT", "MKCOL", "LOCK")
WRITTEN = (
    "/sockjs",
    "/sockjs?x=1",
    "/sockjs/",
    "/sockjs//",
    "/sockjs/../sockjs",
    "/deep/stream-of",
    "//",
    "//double//slashes/",
    "/a/./b/../c",
    "/a/%2e%2e/%2F",
    "/%73ockjs/x",
    "/sockjs%2Fx",
    "/plus+and%20blank",
    "/semicolon;a=b",
    "/?",
    "/?a=/../b//c",
    "/%E4%BD%A0%E5%A5%BD",
    "/quote'\"<>|^`{}",
    "/cordova.js/",
    "/.corral/refused",
    "/.corral/",
)


@pytest.fixture(scope="module")
def upstreams() -> Iterator[Upstreams]:
    with Upstreams([free_address()], [5040, 5041]) as upstreams:
        yield upstreams


@pytest.fixture(scope="module", params=VERSIONS)
def proxy(
    request: pytest.FixtureRequest, upstreams: Upstreams, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("nginx") / "proxy"
    with running(request.param, upstreams.all, directory, unbuffered=("/sockjs/", "/deep/stream-of/")) as proxy:
        yield proxy


@pytest.fixture(scope="module", params=VERSIONS)
def inner(
    request: pytest.FixtureRequest, upstreams: Upstreams, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A proxy that has another one in front of it, at 127.44.0.0/16."""
    directory = tmp_path_factory.mktemp("nginx") / "inner"
    changes = {"outer_headers": ("Forwarded", "X-Forwarded-Prefix", "X-Remote-User")}
    with running(request.param, upstreams.all, directory, real_ip_from=("127.44.0.0/16",), **changes) as proxy:
        yield proxy


def raw(proxy: Running, *lines: str, source: str = "127.0.0.1") -> tuple[int, str]:
    """The status and the body that follow a request of `lines`, written as they are."""
    sock = socket.create_connection((proxy.address, proxy.port), timeout=PATIENCE, source_address=(source, 0))
    with closing(sock):
        sock.sendall("\r\n".join((*lines, "Connection: close", "", "")).encode())
        answer = b"".join(iter(lambda: sock.recv(65536), b"")).decode()
    head, _, body = answer.partition("\r\n\r\n")
    return int(head.split(" ", 2)[1]), body


def seen(proxy: Running, *headers: str, source: str = "127.0.0.1") -> dict[str, str]:
    """The headers that an instance got from a request with `headers`, written as they are."""
    status, body = raw(proxy, "GET / HTTP/1.1", f"Host: {proxy.address}:{proxy.port}", *headers, source=source)
    assert status == 200, body
    found: dict[str, str] = json.loads(body)["headers"]
    return found


@pytest.mark.parametrize("path", WRITTEN)
def test_a_path_is_passed_on_as_it_was_written(proxy: Running, path: str) -> None:
    status, body = raw(proxy, f"POST {path} HTTP/1.1", "Host: cluster.example", "Content-Length: 0")
    assert (status, json.loads(body)["target"], json.loads(body)["method"]) == (200, path, "POST")


@pytest.mark.parametrize("path", ["/..", "/a/../../b", "/%2e%2e/x", "/%00", "/%zz", "/a b"])
def test_what_is_no_path_of_a_site_is_nginx_s_to_refuse(proxy: Running, upstreams: Upstreams, path: str) -> None:
    before = len(upstreams.requests)
    assert raw(proxy, f"GET {path} HTTP/1.1", "Host: cluster.example")[0] == 400
    assert len(upstreams.requests) == before


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ["/sockjs", "/sockjs/info", "/x"])
def test_a_method_is_passed_on(proxy: Running, method: str, path: str) -> None:
    answer = proxy.ask(path, method)
    assert (answer.status, answer.json["method"]) == (200, method)


@pytest.mark.parametrize("path", ["/sockjs", "/deep/stream-of", "/sockjs?x=1"])
def test_a_websocket_opens_where_the_last_slash_is_missing(proxy: Running, path: str) -> None:
    sock, said, head = proxy.upgrade(path)
    sock.close()
    assert (head.split()[1], said["target"]) == ("101", path)


@pytest.mark.parametrize(
    "accept",
    [
        "text/event-stream, */*",
        "*/*,text/event-stream",
        "application/json, text/event-stream;q=0.9, */*;q=0.1",
        "Text/Event-Stream",
        "text/event-stream; charset=utf-8",
        "text/html;q=0 , text/event-stream",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_events_are_asked_for_anywhere_in_the_list(proxy: Running, accept: str, method: str) -> None:
    """An instance that is silent after its first bytes: only what isn't buffered arrives."""
    connection = proxy.connect()
    with closing(connection):
        connection.request(method, "/any/stream", headers={"Accept": accept})
        assert connection.getresponse().read(6) == b"first\n"


@pytest.mark.parametrize(
    "accept",
    ["text/event-stream;q=0, */*", "text/event-stream;q=0.0", "text/event-streams", "x-text/event-stream", "*/*"],
)
def test_nothing_else_is_a_request_for_events(upstreams: Upstreams, tmp_path: Path, accept: str) -> None:
    with running("1.31", upstreams.all, tmp_path / "hasty", read_timeout=0.2, max_fails=0) as hasty:
        assert hasty.ask("/hang", Accept=accept).status == 504


@pytest.mark.parametrize(
    ("upgrade", "connection", "live"),
    [
        ("websocket", "Upgrade", True),
        ("WebSocket", "keep-alive, Upgrade", True),
        ("h2c, websocket", "upgrade,keep-alive", True),
        ("websocket", "close", False),
        ("websocket", "keep-alive", False),
        ("websocket", "upgraded", False),
        ("websockets", "Upgrade", False),
        ("h2c", "Upgrade", False),
    ],
)
def test_a_websocket_needs_both_headers(proxy: Running, upgrade: str, connection: str, live: bool) -> None:
    headers = {"Upgrade": upgrade, "Connection": connection}
    sock = socket.create_connection((proxy.address, proxy.port), timeout=PATIENCE)
    with closing(sock):
        lines = [
            "GET /plain HTTP/1.1",
            "Host: cluster.example",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        status = sock.recv(65536).split()[1]
    assert status == (b"101" if live else b"200")


def test_an_upgrade_that_the_connection_does_not_name_is_told_to_the_application(proxy: Running) -> None:
    """So that it can refuse it in its own words, as SockJS does."""
    headers = seen(proxy, "Upgrade: websocket")
    assert headers["upgrade"] == "websocket"
    assert "connection" not in headers


STRANGERS = (*forwarded.CLAIMS, "X-Forwarded-Port", "Proxy")


@pytest.mark.parametrize("spelt", [str, str.upper, lambda name: name.replace("-", "_")], ids=["-", "capitals", "_"])
def test_what_a_stranger_claims_does_not_pass(proxy: Running, spelt: Any) -> None:
    headers = seen(proxy, *(f"{spelt(name)}: evil-1" for name in STRANGERS))
    assert "evil" not in json.dumps(headers)


@pytest.mark.parametrize("spelt", [str, lambda name: name.replace("-", "_")], ids=["-", "_"])
def test_nor_where_underscores_pass(upstreams: Upstreams, tmp_path: Path, spelt: Any) -> None:
    with running("1.31", upstreams.all, tmp_path / "proxy", header_underscores=True) as proxy:
        mixed = ["X_Forwarded-For: evil-1", "X-Forwarded_Proto: evil-1", "X_Real_IP: evil-1", "PATH_INFO: evil-1"]
        names = (*STRANGERS, "X-Real-IP", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host")
        headers = seen(proxy, *mixed, *(f"{spelt(name)}: evil-1" for name in names), "X_Api_Key: mine")
    assert "evil" not in json.dumps(headers)
    assert headers["x_api_key"] == "mine"


def test_headers_with_underscores_pass_by_a_key_alone(proxy: Running) -> None:
    assert "x_api_key" not in seen(proxy, "X_Api_Key: mine")


@pytest.mark.parametrize(
    ("said", "scheme"),
    [
        (["X-Forwarded-Proto: https,http"], "https"),
        (["X-Forwarded-Proto: https", "X-Forwarded-Proto: http"], "https"),
        (["X-Forwarded-Proto: http, https"], "http"),
        (["X-Forwarded-Proto: HTTPS"], "https"),
        (["X-Forwarded-Proto: wss"], "https"),
        (["X-Forwarded-Proto: ws"], "http"),
        (["X-Forwarded-Proto: nonsense"], "http"),
        (["X-Forwarded-Ssl: on"], "https"),
        (["X-Forwarded-Ssl: off"], "http"),
        (["Front-End-Https: On"], "https"),
        (["X-Forwarded-Scheme: https"], "https"),
        (["X-Forwarded-Protocol: ssl"], "https"),
        (["X-Url-Scheme: https"], "https"),
        (["CloudFront-Forwarded-Proto: https"], "https"),
        (['Forwarded: for=1.2.3.4;proto="https", for=10.0.0.1;proto=http'], "https"),
        (["Forwarded: for=1.2.3.4;Proto=HTTPS"], "https"),
        (["Forwarded: for=1.2.3.4;proto=http, for=10.0.0.1;proto=https"], "http"),
        (["X-Forwarded-Proto: http", "X-Forwarded-Ssl: on"], "http"),
        ([], "http"),
    ],
)
def test_the_scheme_is_what_the_outer_proxy_says_first(inner: Running, said: list[str], scheme: str) -> None:
    assert seen(inner, *said, source="127.44.0.9")["x-forwarded-proto"] == scheme
    assert seen(inner, *said, source="127.45.0.9")["x-forwarded-proto"] == "http"


@pytest.mark.parametrize(
    ("said", "host"),
    [
        (["X-Forwarded-Host: shop.example, inner.example"], "shop.example"),
        (["X-Forwarded-Host: shop.example:8443", "X-Forwarded-Host: inner.example"], "shop.example:8443"),
        (['Forwarded: for="[2001:db8::1]";host="shop.example:8443";proto=https, host=inner'], "shop.example:8443"),
    ],
)
def test_so_is_the_host(inner: Running, said: list[str], host: str) -> None:
    assert seen(inner, *said, source="127.44.0.9")["x-forwarded-host"] == host
    assert seen(inner, *said, source="127.45.0.9")["x-forwarded-host"] == f"{inner.address}:{inner.port}"


def test_port_prefix_and_what_the_file_names_come_from_the_outer_proxy_alone(inner: Running) -> None:
    said = ["X-Forwarded-Port: 8443, 80", "X-Forwarded-Prefix: /shop", "Forwarded: for=1.2.3.4", "X-Remote-User: ada"]
    others = ["X-Original-URL: /admin", "Client-IP: 6.6.6.6"]
    headers = seen(inner, *said, *others, source="127.44.0.9")
    assert headers["x-forwarded-port"] == "8443"
    assert headers["x-forwarded-prefix"] == "/shop"
    assert headers["forwarded"] == "for=1.2.3.4"
    assert headers["x-remote-user"] == "ada"
    assert not headers.keys() & {"x-original-url", "client-ip"}
    names = {"x-forwarded-port", "x-forwarded-prefix", "forwarded", "x-remote-user", "x-original-url"}
    assert not seen(inner, *said, *others, source="127.45.0.9").keys() & names


@pytest.mark.parametrize("host", ["evil.example.org", "evil.example.org:8080", "cluster.example.evil.org", "6.6.6.6"])
def test_a_name_that_is_not_served_is_refused(proxy: Running, upstreams: Upstreams, host: str) -> None:
    before = len(upstreams.requests)
    for target in ("/", "/sockjs/info", "http://" + host + "/"):
        status, body = raw(proxy, f"GET {target} HTTP/1.1", f"Host: {host}")
        assert status == 421
        assert "proxy.server_name" in body
    assert raw(proxy, f"GET http://{host}/ HTTP/1.1", "Host: cluster.example")[0] == 421
    assert len(upstreams.requests) == before


def test_names_addresses_and_the_ping_are_served(proxy: Running) -> None:
    here = f"{proxy.address}:{proxy.port}"
    for host in ("cluster.example", "CLUSTER.example:8080", "cluster.example.", here, proxy.address, "localhost:8080"):
        status, body = raw(proxy, "GET / HTTP/1.1", f"Host: {host}")
        assert (status, json.loads(body)["headers"]["host"]) == (200, host)
    assert raw(proxy, "GET / HTTP/1.0")[0] == 200
    assert raw(proxy, "GET /.corral/ping HTTP/1.1", "Host: elsewhere.example") == (200, "ok proxy-1 corral_app\n")


def test_the_name_in_a_whole_url_is_the_one(proxy: Running) -> None:
    status, body = raw(proxy, "GET http://cluster.example:8080/a%2Fb?x HTTP/1.1", "Host: evil.example.org")
    said = json.loads(body)
    assert (status, said["target"]) == (200, "/a%2Fb?x")
    assert (said["headers"]["host"], said["headers"]["x-forwarded-host"]) == ("cluster.example", "cluster.example")
    body = raw(proxy, "GET http://cluster.example:8080/ HTTP/1.1", "Host: cluster.example:8080")[1]
    assert json.loads(body)["headers"]["host"] == "cluster.example:8080"


def test_every_name_is_served_where_the_file_says_so(upstreams: Upstreams, tmp_path: Path) -> None:
    with running("1.22", upstreams.all, tmp_path / "proxy", server_name="_") as proxy:
        assert raw(proxy, "GET / HTTP/1.1", "Host: evil.example.org")[0] == 200


@pytest.mark.parametrize("size", [9_000, 16_000, 31_000])
def test_large_cookies_and_addresses_pass(proxy: Running, size: int) -> None:
    assert len(seen(proxy, "Cookie: session=" + "x" * size)["cookie"]) == size + len("session=")
    assert proxy.ask("/?" + "x" * size).status == 200


@pytest.mark.parametrize(
    ("path", "header", "status"), [("/", "Cookie: " + "x" * 40_000, 431), ("/?" + "x" * 40_000, "A: b", 414)]
)
def test_what_is_too_large_is_refused_with_its_key(proxy: Running, path: str, header: str, status: int) -> None:
    said, body = raw(proxy, f"GET {path} HTTP/1.1", "Host: cluster.example", header)
    assert (said, "32k: proxy.header_size" in body) == (status, True)


def test_so_is_a_body(upstreams: Upstreams, tmp_path: Path) -> None:
    with running("1.22", upstreams.all, tmp_path / "proxy", max_body_size=1024) as proxy:
        status, body = raw(proxy, "POST / HTTP/1.1", "Host: cluster.example", "Content-Length: 2000")
    assert (status, "1k: proxy.max_body_size" in body) == (413, True)


def test_the_sentences_are_nobodys_to_ask_for(proxy: Running) -> None:
    assert proxy.ask("/.corral/refused/body").status == 404


def test_an_answer_is_passed_on_as_it_is(proxy: Running) -> None:
    answer = proxy.ask("/accel")
    assert (answer.status, answer.body) == (201, b"mine")
    assert answer.headers["Location"] == "http://corral_app/elsewhere"
