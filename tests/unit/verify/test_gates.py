"""Gates against a real HTTP server whose answers the test sets."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from corral.model.resources import FoundUnit, Gate
from corral.verify.gates import Seen, wait_for_gate
from corral.verify.http import ask


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


def gate(server: Server, deadline: float = 5) -> Gate:
    port = server.server_address[1]
    return Gate("http", "127.0.0.1", port, contains="fine", interval=0.02, timeout=1, deadline=deadline)


def wait(gate: Gate, found: FoundUnit | None = None, reason: str = "") -> Seen:
    async def state() -> FoundUnit | None:
        return found

    return asyncio.run(wait_for_gate(gate, state, lambda _unit: reason))


def test_a_healthy_answer_has_the_status_and_the_text(server: Server) -> None:
    assert asyncio.run(ask(gate(server))).healthy
    server.answers = [(200, b"something else")]
    assert "without 'fine'" in asyncio.run(ask(gate(server))).detail
    server.answers = [(503, b"fine")]
    assert "answered 503, expected 200" in asyncio.run(ask(gate(server))).detail


def test_nobody_there_and_no_http_are_answers_too() -> None:
    assert "refused" in asyncio.run(ask(Gate("http", "127.0.0.1", 1))).detail


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
    assert wait(gate(server, deadline=60), reason="it died 3 times").detail == "it died 3 times"


def test_a_process_without_http_must_run() -> None:
    process = Gate("process", interval=0.01, deadline=0.1)
    assert wait(process, FoundUnit("h", "w", "running")).passed
    assert not wait(process, FoundUnit("h", "w", "failed", detail="exit status 1")).passed
    assert "not known" in wait(process, None).detail
