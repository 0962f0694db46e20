"""Gates against a real HTTP server whose answers the test sets."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from corral.model.identity import read_back
from corral.model.resources import FoundUnit, Gate
from corral.model.routes import Direct
from corral.verify.gates import GateOutcome, wait_for_gate
from corral.verify.http import ask
from tests.patience import PATIENCE

from .detour import Detour


class Server(ThreadingHTTPServer):
    answers: list[tuple[int, bytes]]
    """One for each request, the last one again and again."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        answers = self.server.answers
        status, body = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as running:
        running.answers = [(200, b"fine")]
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def gate(server: Server, deadline: float = PATIENCE) -> Gate:
    port = server.server_address[1]
    return Gate("http", "127.0.0.1", port, contains="fine", interval=0.02, timeout=PATIENCE, deadline=deadline)


def wait(gate: Gate, found: FoundUnit | None = None, reason: str = "") -> GateOutcome:
    async def state() -> FoundUnit | None:
        return found

    return asyncio.run(wait_for_gate(gate, state, lambda _unit: reason, Direct()))


def test_a_healthy_answer_has_the_status_and_the_text(server: Server) -> None:
    assert asyncio.run(ask(gate(server), Direct())).healthy
    server.answers = [(200, b"something else")]
    assert "without 'fine'" in asyncio.run(ask(gate(server), Direct())).detail
    server.answers = [(503, b"fine")]
    assert "answered 503, expected 200" in asyncio.run(ask(gate(server), Direct())).detail


def test_nobody_there_and_no_http_are_answers_too() -> None:
    assert "refused" in asyncio.run(ask(Gate("http", "127.0.0.1", 1), Direct())).detail


def test_one_good_answer_between_bad_ones_is_not_enough(server: Server) -> None:
    good, bad = (200, b"fine"), (503, b"starting")
    server.answers = [bad, good, bad, good, good, bad, good]
    assert wait(gate(server)).passed
    assert server.answers == [good], "it asked on until three in a row"


def test_the_deadline_tells_what_was_seen_last(server: Server) -> None:
    server.answers = [(500, b"broken")]
    seen = wait(gate(server, deadline=0.2))
    assert not seen.passed
    assert "after 0.2 s: GET / answered 500" in seen.detail


def test_a_process_that_keeps_dying_is_not_waited_for(server: Server) -> None:
    server.answers = [(500, b"broken")]
    assert wait(gate(server, deadline=3600), reason="it died 3 times").detail == "it died 3 times"


def test_a_process_without_http_must_run() -> None:
    process = Gate("process", interval=0.01, deadline=0.1)
    assert wait(process, FoundUnit(read_back("h", "w"), "running")).passed
    assert not wait(process, FoundUnit(read_back("h", "w"), "failed", detail="exit status 1")).passed
    assert "its supervisor doesn't know the unit" in wait(process, None).detail


def test_each_good_answer_is_told(server: Server) -> None:
    """An instance counts as there from its first good answer on, long before the gate is passed."""
    good, bad = (200, b"fine"), (503, b"starting")
    server.answers = [bad, good, bad, good]
    told: list[int] = []

    async def state() -> FoundUnit | None:
        return None

    waiting = wait_for_gate(gate(server), state, lambda _unit: "", Direct(), lambda: told.append(len(server.answers)))
    assert asyncio.run(waiting).passed
    assert told == [2, 1, 1, 1], "not at the answers that were bad"


def test_a_gate_is_asked_by_its_route(server: Server) -> None:
    """On real hosts an instance listens on an address that the controlling machine may not reach by itself."""
    there = ("192.0.2.7", 5040)
    far = replace(gate(server), address=there[0], port=there[1])
    routes = Detour(there, ("127.0.0.1", server.server_address[1]))
    assert asyncio.run(ask(far, routes)).healthy
    assert "refused" in asyncio.run(ask(replace(far, port=5041), routes)).detail


def test_a_members_gate_too() -> None:
    async def nobody() -> FoundUnit | None:
        return None

    routes = Detour(("192.0.2.7", 27017), ("127.0.0.1", 1))
    gate = Gate("member", "192.0.2.7", 27018, interval=0.01, deadline=0.1)
    seen = asyncio.run(wait_for_gate(gate, nobody, lambda _unit: "", routes))
    assert not seen.passed
    assert "Connection refused" in seen.detail
    assert set(routes.ways) == {"local"}
