"""Hosts are asked whom they reach: by this machine's own shell, and by what it may say."""

from __future__ import annotations

import asyncio
import socket
from contextlib import closing

from corral.model.command import CommandResult
from corral.model.endpoint import Endpoint
from corral.observe.reach import PATIENCE, Attempt, attempts
from corral.transport.fake import FakeTransport
from corral.transport.local import LocalTransport

TO = Endpoint("tcp", "10.0.0.2", 27017)


def said(line: str, code: int = 0) -> Attempt:
    transport = FakeTransport.of(["one"])
    transport.on("try_all", CommandResult(code, line.encode(), b"" if line else b"sh: timeout: not found"))
    [attempt] = asyncio.run(attempts(transport, {"one": [TO]}))
    return attempt


def test_a_port_that_listens_and_one_that_does_not() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening, closing(socket.socket()) as bound:
        bound.bind(("127.0.0.1", 0))
        places = [Endpoint("tcp", *each.getsockname()) for each in (listening, bound)]
        there, not_there = asyncio.run(attempts(LocalTransport(), {"one": places, "two": []}))
    assert there == Attempt("one", places[0], "connected")
    assert not_there == Attempt("one", places[1], "failed", "Connection refused")


def test_a_firewall_that_drops_all_is_silent() -> None:
    assert said("124 10.0.0.2 27017 \n") == Attempt("one", TO, "failed", f"no answer within {PATIENCE} s")


def test_a_host_that_can_not_try_claims_nothing() -> None:
    assert said("127 10.0.0.2 27017 not found\n").how == "unknown"
    assert said("", 127) == Attempt("one", TO, "unknown", "sh: timeout: not found")


def test_a_host_that_is_not_reached_itself_claims_nothing() -> None:
    transport = FakeTransport.of(["one"])
    transport.fail("one")
    [attempt] = asyncio.run(attempts(transport, {"one": [TO]}))
    assert attempt.how == "unknown"
    assert attempt.why
