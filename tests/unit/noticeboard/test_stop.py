"""Stopping: running requests finish, websockets hear 1012, nothing new is taken, and it never takes long."""

import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tests.patience import PATIENCE

from .conftest import Mongod, Start
from .running import Running, wait_for

NOWHERE = "mongodb://127.0.0.1:1/board"


def with_grace(seconds: int) -> list[str]:
    """The program with so many seconds for running requests, where it has eight."""
    program = f"from corral.noticeboard import __main__, server; server.GRACE = {seconds}; __main__.main()"
    return [sys.executable, "-c", program]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process_with_status_0(mongod: Mongod, start: Start, number: signal.Signals) -> None:
    running = start(mongo_url=mongod.url(), instance="one", version="1.4")
    wait_for(running.healthy, "the instance is healthy")

    running.process.send_signal(number)

    assert running.process.wait(PATIENCE) == 0
    assert running.log() == [
        f"noticeboard one 1.4 web listening on {running.base}",
        "noticeboard one stopped",
    ]


def test_websockets_are_closed_with_1012(mongod: Mongod, start: Start) -> None:
    running = start(mongo_url=mongod.url())
    with running.connect() as client:
        client.recv(PATIENCE)
        running.process.terminate()
        with pytest.raises(ConnectionClosed):
            while True:
                client.recv(PATIENCE)
        assert client.close_code == 1012

    assert running.process.wait(PATIENCE) == 0


class SlowUpload:
    """An upload that stays unfinished until `finish` is called."""

    def __init__(self, running: Running) -> None:
        self.first_sent = threading.Event()
        self._go_on = threading.Event()
        self.answer: httpx.Response | None = None
        self._thread = threading.Thread(target=self._run, args=(running.base,))
        self._thread.start()

    def _run(self, base: str) -> None:
        self.answer = httpx.post(f"{base}/files", content=self._pieces(), timeout=PATIENCE)

    def _pieces(self) -> Iterator[bytes]:
        yield b"a" * 1000
        self.first_sent.set()
        self._go_on.wait(PATIENCE)
        yield b"b" * 1000

    def finish(self) -> httpx.Response:
        self._go_on.set()
        self._thread.join(PATIENCE)
        assert self.answer is not None
        return self.answer


def test_a_running_upload_finishes_while_nothing_new_is_taken(mongod: Mongod, start: Start) -> None:
    running = start(mongo_url=mongod.url())
    idle = running.http
    assert idle.get("/health").status_code == 200
    upload = SlowUpload(running)
    assert upload.first_sent.wait(PATIENCE)

    running.process.terminate()
    wait_for(lambda: refuses(running), "new connections are refused")
    with pytest.raises(httpx.TransportError):
        idle.get("/notes")
    assert running.process.poll() is None
    answer = upload.finish()

    assert (answer.status_code, answer.json()["length"]) == (201, 2000)
    assert answer.headers["connection"] == "close"
    assert running.process.wait(PATIENCE) == 0


def refuses(running: Running) -> bool:
    try:
        socket.create_connection((running.address, running.port)).close()
    except ConnectionRefusedError:
        return True
    return False


def test_an_upload_that_never_ends_is_cut_after_the_grace_period(mongod: Mongod, start: Start) -> None:
    idle = start(mongo_url=mongod.url())
    began = time.monotonic()
    assert idle.stop() == 0
    without = time.monotonic() - began
    running = start(mongo_url=mongod.url(), command=with_grace(1))
    with socket.create_connection((running.address, running.port)) as connection:
        connection.sendall(b"POST /files HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\nabc")
        running.health()
        began = time.monotonic()
        assert running.stop() == 0

    assert 1 < time.monotonic() - began < 6 + 10 * without, "as long as this machine makes of its one second"
    assert [line for line in running.log() if "Cancel 1 running task" in line]


def test_the_second_signal_ends_it_at_once(mongod: Mongod, start: Start) -> None:
    running = start(mongo_url=mongod.url(), command=with_grace(3600))
    with socket.create_connection((running.address, running.port)) as connection:
        connection.sendall(b"POST /files HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\nabc")
        running.health()
        running.process.terminate()
        wait_for(lambda: refuses(running), "new connections are refused")
        running.process.terminate()
        assert running.process.wait(PATIENCE) == -signal.SIGTERM


def test_it_stops_quickly_when_the_database_is_away(start: Start) -> None:
    running = start(mongo_url=NOWHERE, database_timeout="3600", command=with_grace(3600))
    waiting = threading.Thread(target=lambda: httpx.get(f"{running.base}/notes", timeout=2 * PATIENCE))
    waiting.start()
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{running.base}/notes", timeout=httpx.Timeout(PATIENCE, read=0.3))

    assert running.stop() == 0
    waiting.join(PATIENCE)
    assert not waiting.is_alive()


def test_a_part_that_fails_takes_the_process_with_it(start: Start) -> None:
    breaking = (
        "from corral.noticeboard import __main__, feed\n"
        "async def run(self): raise KeyError('a mistake')\n"
        "feed.Feed.run = run; __main__.main()"
    )
    running = start(mongo_url=NOWHERE, instance="one", command=[sys.executable, "-c", breaking])

    assert running.process.wait(PATIENCE) == 1
    assert "noticeboard one error: a background task failed: KeyError: 'a mistake'" in running.log()[1]


def test_a_signal_during_the_start_ends_it_quietly(start: Start) -> None:
    running = start(ready=False, mongo_url=NOWHERE)
    wait_for(lambda: not refuses(running), "the port is open")

    assert running.stop() == 0
    assert all(line.startswith("noticeboard ") for line in running.log())
