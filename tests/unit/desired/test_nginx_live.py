"""What stays open for long: websockets on any path, SockJS, server-sent events. And what doesn't: everything else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPResponse
from pathlib import Path

import pytest

from tests.free_addresses import free_address
from tests.patience import until
from tests.unit.desired.nginx_process import VERSIONS, Running, running
from tests.unit.desired.upstreams import Upstreams

STRANGE = "/a%2Fb//c/%e4%bd%a0%20x/%2e%2e/;p=1?q=%26&r=a+b&empty="
FORWARDED = ("host", "x-real-ip", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host")


@pytest.fixture(scope="module")
def upstreams() -> Iterator[Upstreams]:
    with Upstreams([free_address()], [5040, 5041]) as upstreams:
        yield upstreams


@pytest.fixture(scope="module", params=VERSIONS)
def proxy(
    request: pytest.FixtureRequest, upstreams: Upstreams, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("nginx") / "proxy"
    with running(request.param, upstreams.all, directory) as proxy:
        yield proxy


@pytest.fixture(params=VERSIONS)
def hasty(request: pytest.FixtureRequest, upstreams: Upstreams, tmp_path: Path) -> Iterator[Running]:
    """Plain requests may be silent for two seconds, live ones for an hour. No silence takes an instance out."""
    with running(request.param, upstreams.all, tmp_path / "proxy", read_timeout=2.0, max_fails=0) as proxy:
        yield proxy


@pytest.mark.parametrize("path", ["/websocket", "/ws", "/", "/sockjs/000/abcd/websocket", "/deep/down?x=1"])
def test_a_websocket_opens_on_any_path(proxy: Running, path: str) -> None:
    sock, seen, head = proxy.upgrade(path)
    with closing(sock):
        assert head.startswith("HTTP/1.1 101 ")
        assert (seen["method"], seen["target"]) == ("GET", path)
        assert (seen["headers"]["upgrade"], seen["headers"]["connection"]) == ("websocket", "upgrade")
        sock.sendall(b"\x81\x02hi")
        assert sock.recv(100) == b"\x81\x02hi"


@pytest.mark.parametrize("upgraded", [True, False])
@pytest.mark.parametrize("prefix", ["", "/sockjs"])
def test_path_and_query_arrive_as_they_were_written(proxy: Running, prefix: str, upgraded: bool) -> None:
    if upgraded:
        sock, seen, _head = proxy.upgrade(prefix + STRANGE)
        sock.close()
    else:
        seen = proxy.ask(prefix + STRANGE).json
    assert seen["target"] == prefix + STRANGE


@pytest.mark.parametrize("path", ["/websocket", "/sockjs/1/a/websocket"])
def test_a_websocket_has_the_headers_that_a_page_has(proxy: Running, path: str) -> None:
    page = proxy.ask(path, Origin="http://there", Cookie="a=b").json["headers"]
    sock, seen, _head = proxy.upgrade(path, Origin="http://there", Cookie="a=b")
    sock.close()
    for name in (*FORWARDED, "origin", "cookie"):
        assert seen["headers"][name] == page[name]
    assert len(seen["headers"]["x-request-id"]) == 32


def test_silence_ends_a_plain_request_and_no_websocket(hasty: Running) -> None:
    """The websocket is opened first, and is still there when the plain request's time is over."""
    sock, _seen, _head = hasty.upgrade("/ws")
    with closing(sock):
        assert hasty.ask("/hang").status == 504
        sock.sendall(b"still here")
        assert sock.recv(100) == b"still here"


def test_a_post_in_silence_is_not_run_again(hasty: Running, upstreams: Upstreams) -> None:
    before = len([seen for seen in upstreams.requests if seen.method == "POST"])
    assert hasty.ask("/hang", "POST", b"one order").status == 504
    assert len([seen for seen in upstreams.requests if seen.method == "POST"]) == before + 1


@pytest.mark.parametrize("protocol", ["h2c", "tcp"])
def test_only_websockets_are_upgraded(proxy: Running, protocol: str) -> None:
    headers = proxy.ask("/x", Upgrade=protocol, Connection="Upgrade").json["headers"]
    assert "upgrade" not in headers
    assert "connection" not in headers


def test_a_websocket_is_one_in_whatever_letters(proxy: Running) -> None:
    sock, seen, _head = proxy.upgrade("/x", protocol="WebSocket")
    sock.close()
    assert seen["headers"]["upgrade"] == "websocket"


@pytest.mark.parametrize(("path", "accept"), [("/any/stream", "text/event-stream"), ("/sockjs/1/a/stream", "*/*")])
def test_each_part_of_a_stream_arrives_at_once(proxy: Running, path: str, accept: str) -> None:
    """The instance sends six bytes and then waits for as long as the connection lives."""
    connection = proxy.connect()
    with closing(connection):
        connection.request("GET", path, headers={"Accept": accept})
        answer: HTTPResponse = connection.getresponse()
        assert answer.read(6) == b"first\n"


def test_the_log_says_what_was_upgraded(proxy: Running) -> None:
    sock, seen, _head = proxy.upgrade("/logged")
    sock.close()
    wanted = f'upgrade="websocket" id={seen["headers"]["x-request-id"]}'
    lines = until(lambda: [line for line in proxy.access_log.splitlines() if wanted in line])
    assert ['"GET /logged HTTP/1.1" 101 ' in line for line in lines] == [True]
