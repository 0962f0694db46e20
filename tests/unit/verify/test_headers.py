"""Questions as a visitor's, to applications that refuse others: what they carry, and what is said of an answer."""

from __future__ import annotations

import asyncio

import pytest

from corral.model.headers import Headers
from corral.model.resources import Gate
from corral.model.routes import Direct
from corral.secrets import Secret, Secrets
from corral.verify.http import Answer, ask

from .strict_application import Strict, strict

VISITORS = (("Host", "shop.example.com"), ("X-Forwarded-Proto", "https"))


def asked(server: Strict, headers: Headers = (), secrets: Secrets | None = None) -> Answer:
    gate = Gate("http", "127.0.0.1", server.server_address[1], path="/health?all=1", contains="fine", headers=headers)
    return asyncio.run(ask(gate, Direct(), secrets=secrets or {}))


def test_a_question_as_a_visitors_is_answered() -> None:
    with strict("shop.example.com", https=True) as server:
        assert asked(server, VISITORS).detail == "GET /health?all=1 answered 200"
        [headers] = server.asked
        assert [headers.get_all(name) for name in ("Host", "X-Forwarded-Proto", "User-Agent", "Accept")] == [
            ["shop.example.com"],
            ["https"],
            ["corral"],
            ["*/*"],
        ]


def test_the_files_headers_stand_in_the_place_of_others() -> None:
    with strict() as server:
        assert asked(server, (("host", "shop"), ("accept", "text/plain"), ("X-Health", "1"))).healthy
        [headers] = server.asked
        assert (headers.get_all("Host"), headers.get_all("Accept"), headers["X-Health"]) == (
            ["shop"],
            ["text/plain"],
            "1",
        )


def test_without_a_name_it_is_the_address_that_is_asked() -> None:
    with strict("127.0.0.1") as server:
        assert asked(server).healthy
        assert server.asked[0]["Host"] == f"127.0.0.1:{server.server_address[1]}"


def test_a_400_may_be_meant_for_the_host() -> None:
    with strict("other.example.com") as server:
        answer = asked(server, VISITORS)
        assert answer.detail == (
            "GET /health?all=1 answered 400, expected 200: it may refuse the host shop.example.com: "
            "add it to the application's allowed hosts, or set app.health.headers"
        )
        assert "it may refuse the host 127.0.0.1:" in asked(server).detail


def test_a_redirect_tells_where_to_and_https_what_to_write() -> None:
    with strict(https=True) as server:
        answer = asked(server, (("Host", "shop"), ("X-Forwarded-Proto", "http")))
        assert answer.detail == (
            "GET /health?all=1 answered 301, expected 200: it redirects to https://shop/health?all=1; "
            "if people come by https, write that URL as ROOT_URL in app.env, "
            "or `X-Forwarded-Proto: https` in app.health.headers"
        )
        assert not answer.asks_for_https, "nobody has said that people come by https"
        server.elsewhere = "/login?next=/health"
        answer = asked(server, (("Host", "shop"), ("X-Forwarded-Proto", "http")))
        assert answer.detail.endswith("expected 200: it redirects to /login?next=/health")


@pytest.mark.parametrize(
    ("location", "same"),
    [
        ("https://shop.example.com/health?all=1", True),
        ("https://SHOP.example.com:8443/health?all=1", True),
        ("https://shop.example.com/health", False),
        ("https://shop.example.com/login", False),
        ("https://other.example.com/health?all=1", False),
        ("http://shop.example.com/health?all=1", False),
        ("//shop.example.com/health?all=1", False),
        ("https://[/health?all=1", False),
    ],
)
def test_only_the_same_again_is_a_wish_for_https(location: str, same: bool) -> None:
    with strict(https=True, trusted=False) as server:
        server.elsewhere = location
        answer = asked(server, VISITORS)
        assert (answer.asks_for_https, answer.healthy) == (same, False)


@pytest.mark.parametrize(
    ("answer", "meant"),
    [
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 19\r\n\r\nBlocked hosts: shop", ": it may refuse the host shop:"),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 8\r\n\r\nSign in!", "403, expected 200"),
        (b"HTTP/1.1 421 Misdirected\r\nContent-Length: 0\r\n\r\n", ": it may refuse the host shop:"),
        (
            b"HTTP/1.1 421 Misdirected\r\nContent-Length: 25\r\n\r\nsee its proxy.server_name",
            ": the proxy doesn't serve the host shop; proxy.server_name has those that it does",
        ),
        (b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", "302, expected 200"),
    ],
)
def test_other_ways_to_refuse_a_host(answer: bytes, meant: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async def question() -> Answer:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            return await ask(Gate("http", "127.0.0.1", port, headers=(("Host", "shop"),)), Direct())

    detail = asyncio.run(question()).detail
    assert meant in detail
    assert meant.startswith(":") or detail.endswith(meant)


def test_a_secret_is_sent_and_never_shown() -> None:
    with strict(https=True) as server:
        server.elsewhere = "/login?token=correct-horse"
        answer = asked(server, (("X-Token", "${env:TOKEN}!"),), {"env:TOKEN": Secret("correct-horse")})
        assert server.asked[0]["X-Token"] == "correct-horse!"
        assert answer.detail.endswith("it redirects to /login?token=${env:TOKEN}")


def test_a_question_that_lacks_its_secret_is_not_asked() -> None:
    with strict() as server:
        answer = asked(server, (("X-Token", "${env:TOKEN}"),))
        assert (answer.healthy, answer.known, server.asked) == (False, False, [])
        assert answer.detail == (
            "GET /health?all=1 can't be asked: its header X-Token refers to ${env:TOKEN}, which has no value here"
        )
        answer = asked(server, (("X-Token", "${env:TOKEN}"),), {"env:TOKEN": Secret("horse\r\nX-Evil: 1")})
        assert (answer.known, server.asked, "horse" in answer.detail) == (False, [], False)
