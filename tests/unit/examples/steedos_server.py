"""A server with as much of Steedos' interface as first-user.py uses, and one that speaks no HTTP."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.patience import PATIENCE


class Steedos(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.passwords: dict[str, str] = {}
        self.companies: list[str] = []
        self.tenant: dict[str, object] | None = {"enable_register": True}
        self.refuse_companies = False
        self.sends_on_to = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Steedos

    def do_GET(self) -> None:
        if self.server.sends_on_to:
            self.send_response(301)
            self.send_header("Location", self.server.sends_on_to + self.path)
            self.end_headers()
        elif self.path == "/accounts/settings":
            self.answer(200, {"tenant": self.server.tenant} if self.server.tenant else "<html>")
        elif self.headers["Authorization"] == "token-of-u1":
            self.answer(200, [{"_id": name, "name": name} for name in self.server.companies])
        else:
            self.answer(200, {"message": "accounts.userNotFound"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/accounts/password/register":
            self.register(body["email"], body["password"])
        elif self.path == "/accounts/password/login":
            right = self.server.passwords.get(body["user"]["email"]) == body["password"]
            self.signed_in() if right else self.answer(400, {"message": "accounts.invalid_credentials"})
        elif self.server.refuse_companies or self.headers["X-Auth-Token"] != "token-of-u1":
            self.answer(500, {"message": "no primary", "success": False})
        else:
            self.server.companies.append(body["name"])
            self.answer(200, {"_id": "c1"})

    def register(self, email: str, password: str) -> None:
        if email in self.server.passwords:
            self.answer(400, {"message": "accounts.emailAlreadyExists"})
            return
        self.server.passwords[email] = password
        self.signed_in()

    def signed_in(self) -> None:
        self.answer(200, {"user": {"_id": "u1"}, "token": "token-of-u1"})

    def answer(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: object) -> None:
        """Quiet."""


@contextmanager
def serving() -> Iterator[Steedos]:
    with Steedos() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def answering(answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """The URL of a server that says `answer` to the first who asks, and what it was asked."""
    asked: list[bytes] = []

    def serve(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            asked.append(connection.recv(65536))
            connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(PATIENCE)
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}", asked
        finally:
            thread.join()
