"""The proof of a websocket, with servers that refuse unknown hosts or force https."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from corral.model.endpoint import Endpoint
from corral.model.routes import Way
from corral.verify import websocket as proof
from corral.verify.check import Check
from corral.verify.websocket import websocket
from tests.unit.plan.cluster_of import cluster_of
from tests.unit.rules.good_hosts import FILE

HTTPS = FILE.replace("app: {", "app: {websocket: /ws, env: {ROOT_URL: 'https://shop.example.com'}, ")


@dataclass
class Answering:
    """`https`: it is redirected to https unless that is what the request says; through the proxy it never is."""

    https: bool = False
    host: str = "shop.example.com"
    elsewhere: str = ""
    asked: list[Headers] = field(default_factory=list)

    async def echo(self, connection: ServerConnection) -> None:
        async for message in connection:
            await connection.send(message)

    def judge(self, _connection: ServerConnection, request: Request) -> Response | None:
        self.asked.append(request.headers)
        if request.headers["Host"] != self.host:
            return Response(400, "Bad Request", Headers())
        if self.https:
            return Response(301, "Moved", Headers(Location=self.elsewhere or f"https://{self.host}{request.path}"))
        return None


def exchange(proxy: Answering, instance: Answering, text: str = HTTPS) -> Check:
    async def asking() -> list[Check]:
        async with (
            serve(proxy.echo, "127.0.0.1", 0, process_request=proxy.judge) as outer,
            serve(instance.echo, "127.0.0.1", 0, process_request=instance.judge) as inner,
        ):
            ports = {way: server.sockets[0].getsockname()[1] for way, server in (("visitor", outer), ("inside", inner))}

            class Routes:
                async def reach(self, to: Endpoint, way: Way = "inside") -> Endpoint:
                    return Endpoint(to.scheme, "127.0.0.1", ports[way])

            return await websocket(cluster_of(text), {}, Routes())

    [check] = asyncio.run(asking())
    return check


def test_a_websocket_is_opened_by_the_name_that_visitors_use() -> None:
    proxy = Answering()
    text = HTTPS.replace("app: {", "app: {health: {headers: {User-Agent: me, X-Health: yes}}, ")
    check = exchange(proxy, Answering(), text)
    assert (check.result, check.seen.startswith("ws://10.0.0.1:80/ws: corral-")) == ("passed", True)
    [headers] = proxy.asked
    names = ("Host", "X-Forwarded-Proto", "User-Agent", "X-Health")
    assert [headers.get_all(name) for name in names] == [["shop.example.com"], ["https"], ["me"], ["yes"]]


def test_without_a_name_by_the_address() -> None:
    text = HTTPS.replace("env: {ROOT_URL: 'https://shop.example.com'}, ", "")
    assert exchange(Answering(host="10.0.0.1"), Answering(), text).result == "passed"


def test_a_host_that_is_refused_is_told() -> None:
    check = exchange(Answering(host="other"), Answering())
    assert (check.result, check.hint) == ("failed", "corral logs one")
    assert "answered 400: it may refuse the host shop.example.com: add it to" in check.seen


def test_forced_https_is_told_and_proven_with_an_instance() -> None:
    check = exchange(Answering(https=True), instance := Answering())
    assert check.result == "passed"
    assert "answered 301: it redirects to https://shop.example.com/ws; that https ends before this proxy" in check.seen
    assert "Asked as by https, ws://10.0.0.1:5000/ws: corral-" in check.seen
    assert len(instance.asked) == 1


def test_a_redirect_to_elsewhere_is_told_and_no_traceback() -> None:
    for elsewhere in ("wss://other.example.com/ws", "https://shop.example.com/login", "ws://other/ws"):
        check = exchange(Answering(https=True, elsewhere=elsewhere), instance := Answering())
        assert (check.result, instance.asked) == ("failed", [])
        assert f"answered 301: it redirects to {elsewhere}" in check.seen


class Bus:
    """Instances that hand a message on to everybody, wherever they are; `deaf` ones, at these ports, do not."""

    def __init__(self, deaf: Sequence[int] = ()) -> None:
        self.deaf, self.connected = deaf, set[ServerConnection]()

    async def chat(self, connection: ServerConnection) -> None:
        self.connected.add(connection)
        try:
            async for message in connection:
                for each in self.connected:
                    if each is connection or each.local_address[1] not in self.deaf:
                        await each.send(message)
        finally:
            self.connected.discard(connection)


def through_all(text: str, deaf: bool = False) -> Check:
    async def asking() -> list[Check]:
        bus = Bus()
        async with serve(bus.chat, "127.0.0.1", 0) as one, serve(bus.chat, "127.0.0.1", 0) as two:
            ports = [server.sockets[0].getsockname()[1] for server in (one, two)]
            bus.deaf = ports[1:] if deaf else ()
            cluster = cluster_of(text)
            first = cluster.app.web[0].endpoint

            class Routes:
                async def reach(self, to: Endpoint, way: Way = "inside") -> Endpoint:
                    return Endpoint(to.scheme, "127.0.0.1", ports[0] if way == "visitor" or to == first else ports[1])

            return await websocket(cluster, {}, Routes())

    *_, check = asyncio.run(asking())
    assert check.name == "websocket through all instances"
    return check


ALL = FILE.replace("app: {", "app: {websocket: {path: /ws, through_all: true}, ")


def test_a_message_leaves_at_all_instances() -> None:
    check = through_all(ALL)
    assert check.result == "passed", check.seen
    assert check.seen.startswith("a message to ")


def test_without_a_bus_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "PATIENCE", 0.5)
    check = through_all(ALL, deaf=True)
    assert check.result == "failed"
    assert "did not come within 0.5 s" in check.seen
    assert "message bus" in check.hint


def test_the_stronger_proof_is_named() -> None:
    said = "came back, from the instance that it was sent to; `websocket: {through_all: true}` proves that it reaches"
    assert said in exchange(Answering(), Answering()).seen
    assert "through_all" not in exchange(Answering(https=True), Answering(host="elsewhere")).seen
