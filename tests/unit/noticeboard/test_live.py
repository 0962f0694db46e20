"""/ws: notes from every instance, echoes, and clients that don't listen."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pymongo
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from corral.noticeboard.feed import INBOX

from .conftest import Mongod, Start
from .running import Running, received, wait_for

Boards = tuple[Running, Running]


@contextmanager
def following(running: Running) -> Iterator[ClientConnection]:
    """A websocket whose instance follows the notes."""
    with running.connect() as client:
        hello = received(client)
        assert hello["type"] == "hello"
        if not hello["live"]:
            assert next_of(client, "feed")["live"]
        yield client


def next_of(client: ClientConnection, kind: str) -> dict[str, Any]:
    """The next message of this type; other messages are skipped."""
    while True:
        message: dict[str, Any] = received(client)
        if message["type"] == kind:
            return message


def test_the_first_message_says_who_answers(boards: Boards) -> None:
    with boards[1].connect() as client:
        hello = received(client)

    assert hello == {"type": "hello", "instance": "two", "version": "1.4", "live": hello["live"]}


def test_a_note_written_through_one_instance_shows_on_the_other(boards: Boards) -> None:
    one, two = boards
    with following(one) as here, following(two) as there:
        note_id = one.write("<b>seen by all</b>")
        messages = [next_of(client, "note") for client in (here, there)]

    assert messages[0] == messages[1]
    assert messages[0]["note"] == one.http.get(f"/notes/{note_id}").json()


def test_every_text_comes_back(boards: Boards) -> None:
    with boards[0].connect() as client:
        for text in ("hello", "", "😀", '{"type": "note"}', "x" * 60_000):
            client.send(text)
            assert next_of(client, "echo") == {"type": "echo", "text": text}


def test_binary_messages_are_passed_over(boards: Boards) -> None:
    with boards[0].connect() as client:
        client.send(b"\x00\x01")
        client.send("after")
        assert next_of(client, "echo")["text"] == "after"


def test_a_message_that_is_too_long_closes_the_socket(boards: Boards) -> None:
    with boards[0].connect() as client:
        client.send("x" * 70_000)
        with pytest.raises(ConnectionClosed):
            next_of(client, "echo")
        assert client.close_code == 1009


def test_a_client_that_does_not_read_is_dropped_and_holds_nobody_back(mongod: Mongod, start: Start) -> None:
    url = mongod.url()
    running = start(mongo_url=url)
    texts = [f"{number} {'x' * 50_000}" for number in range(4 * INBOX)]
    with following(running) as reader, deaf_client(running):
        for some in batched(texts, INBOX // 4):  # no more at once than the one that reads may fall behind
            write_directly(url, some)
            assert [next_of(reader, "note")["note"]["text"] for _ in some] == some
        wait_for(lambda: connections(running) == 1, "the client that does not read is cut off")

    assert running.stop() == 0
    assert len(running.log()) == 2, running.log()


def batched(texts: list[str], count: int) -> Iterator[list[str]]:
    return (texts[first : first + count] for first in range(0, len(texts), count))


def write_directly(url: str, texts: list[str]) -> None:
    """Writes notes faster and longer than the instance would, so that the kernel's buffers fill up."""
    with pymongo.MongoClient[dict[str, Any]](url) as client:
        client.get_default_database()["notes"].insert_many({"text": text} for text in texts)


def deaf_client(running: Running) -> socket.socket:
    """A websocket that takes in nothing after its handshake, with small buffers so that this shows soon."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect((running.address, running.port))
    client.sendall(
        b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    assert client.recv(12, socket.MSG_WAITALL) == b"HTTP/1.1 101"
    return client


def test_a_hundred_clients_get_every_note_in_order(boards: Boards) -> None:
    one, two = boards
    with ExitStack() as stack:
        clients = [stack.enter_context(following(two)) for _ in range(100)]
        texts = [f"number {number}" for number in range(5)]
        for text in texts:
            one.write(text)
        for client in clients:
            assert [next_of(client, "note")["note"]["text"] for _ in texts] == texts


def test_clients_that_vanish_are_forgotten(mongod: Mongod, start: Start) -> None:
    running = start(mongo_url=mongod.url())
    for _ in range(20):
        with running.connect() as client:
            client.socket.shutdown(socket.SHUT_RDWR)
    wait_for(lambda: connections(running) == 0, "the connections are gone")
    running.write("nobody listens")

    assert len(running.log()) == 1


def connections(running: Running) -> int:
    """How many clients the instance holds a connection to, as the kernel counts them."""
    local = f"{socket.inet_aton(running.address)[::-1].hex().upper()}:{running.port:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()]
    return sum(row[1] == local and row[3] == "01" for row in rows)  # 01 is ESTABLISHED


def test_starting_takes_no_database(start: Start) -> None:
    running = start(mongo_url="mongodb://127.0.0.1:1/board", database_timeout="3600")
    with running.connect() as client:
        assert received(client)["live"] is False
        client.send("still here")
        assert next_of(client, "echo")["text"] == "still here"
