"""/ws: notes from every instance, echoes, and clients that don't listen."""

import json
import socket
import time
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from .conftest import Mongod, Start
from .running import Running, wait_for

Boards = tuple[Running, Running]


def following(running: Running) -> ClientConnection:
    """A websocket whose instance follows the notes."""
    client = connect(running.socket_url)
    hello = json.loads(client.recv(20))
    assert hello["type"] == "hello"
    if not hello["live"]:
        assert next_of(client, "feed")["live"]
    return client


def next_of(client: ClientConnection, kind: str) -> dict[str, Any]:
    """The next message of this type; other messages are skipped."""
    while True:
        message: dict[str, Any] = json.loads(client.recv(20))
        if message["type"] == kind:
            return message


def test_the_first_message_says_who_answers(boards: Boards) -> None:
    with connect(boards[1].socket_url) as client:
        hello = json.loads(client.recv(20))

    assert hello == {"type": "hello", "instance": "two", "version": "1.4", "live": hello["live"]}


def test_a_note_written_through_one_instance_shows_on_the_other(boards: Boards) -> None:
    one, two = boards
    with following(one) as here, following(two) as there:
        note_id = one.write("<b>seen by all</b>")
        messages = [next_of(client, "note") for client in (here, there)]

    assert messages[0] == messages[1]
    assert messages[0]["note"] == one.http.get(f"/notes/{note_id}").json()


def test_every_text_comes_back(boards: Boards) -> None:
    with connect(boards[0].socket_url) as client:
        for text in ("hello", "", "😀", '{"type": "note"}', "x" * 60_000):
            client.send(text)
            assert next_of(client, "echo") == {"type": "echo", "text": text}


def test_binary_messages_are_passed_over(boards: Boards) -> None:
    with connect(boards[0].socket_url) as client:
        client.send(b"\x00\x01")
        client.send("after")
        assert next_of(client, "echo")["text"] == "after"


def test_a_message_that_is_too_long_closes_the_socket(boards: Boards) -> None:
    with connect(boards[0].socket_url) as client:
        client.send("x" * 70_000)
        with pytest.raises(ConnectionClosed):
            next_of(client, "echo")
        assert client.close_code == 1009


def test_a_client_that_does_not_read_is_dropped_and_holds_nobody_back(mongod: Mongod, start: Start) -> None:
    running = start(mongo_url=mongod.url())
    with following(running) as reader, deaf_client(running) as deaf:
        written = 0
        while not cut_off(deaf):
            running.write("x" * 2000)
            assert len(next_of(reader, "note")["note"]["text"]) == 2000
            written += 1
            assert written < 2000, "the client that does not read is still connected"

    assert running.stop() == 0
    assert len(running.log()) == 2, running.log()


def deaf_client(running: Running) -> socket.socket:
    """A websocket that takes in nothing after its handshake, with small buffers so that this shows soon."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect((running.address, running.port))
    client.sendall(
        b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    assert client.recv(12) == b"HTTP/1.1 101"
    return client


def cut_off(client: socket.socket) -> bool:
    """Whether the other side has ended the connection; asks without reading."""
    return client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != 1  # 1 is ESTABLISHED


def test_a_hundred_clients_get_every_note_in_order(boards: Boards) -> None:
    one, two = boards
    clients = [following(two) for _ in range(100)]
    try:
        texts = [f"number {number}" for number in range(5)]
        for text in texts:
            one.write(text)
        for client in clients:
            assert [next_of(client, "note")["note"]["text"] for _ in texts] == texts
    finally:
        for client in clients:
            client.close()


def test_clients_that_vanish_are_forgotten(mongod: Mongod, start: Start) -> None:
    running = start(mongo_url=mongod.url())
    before = descriptors(running)
    for _ in range(20):
        client = following(running)
        client.socket.close()
    wait_for(lambda: descriptors(running) <= before + 3, "the connections are gone")
    running.write("nobody listens")

    assert len(running.log()) == 1


def descriptors(running: Running) -> int:
    from pathlib import Path

    return len(list(Path(f"/proc/{running.process.pid}/fd").iterdir()))


def test_starting_takes_no_database(start: Start) -> None:
    running = start(mongo_url="mongodb://127.0.0.1:1/board")
    began = time.monotonic()
    with connect(running.socket_url) as client:
        assert json.loads(client.recv(20))["live"] is False
        client.send("still here")
        assert next_of(client, "echo")["text"] == "still here"

    assert time.monotonic() - began < 5
