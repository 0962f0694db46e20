"""An application as frameworks make it: it knows its hosts, and forces https.

With `trusted=False` it answers as through a proxy that takes nobody's word for https.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from corral.desired.nginx import UPSTREAM_HEADER

LIMIT = 2 << 20
"""Bytes of a body."""


class Strict(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, hosts: tuple[str, ...], https: bool, trusted: bool) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.hosts, self.https, self.trusted = hosts, https, trusted
        self.asked: list[Message] = []
        """The headers of each request."""
        self.elsewhere = ""
        """Where it redirects to, instead of the same with https."""


class Handler(BaseHTTPRequestHandler):
    server: Strict
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server, host = self.server, self.headers["Host"]
        server.asked.append(self.headers)
        if server.hosts and host.rpartition(":")[0] not in server.hosts and host not in server.hosts:
            self._answer(400, f"{host}?")
        elif server.https and not (server.trusted and self.headers["X-Forwarded-Proto"] == "https"):
            self._answer(301, "", server.elsewhere or f"https://{host}{self.path}")
        else:
            self._answer(200, "fine")

    def do_POST(self) -> None:
        size = int(self.headers["Content-Length"])
        if size > LIMIT:
            self.server.asked.append(self.headers)
            self._answer(413, "")
        else:
            self.rfile.read(size)
            self.do_GET()

    def _answer(self, status: int, body: str, location: str = "") -> None:
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header(UPSTREAM_HEADER, "10.0.0.1:5000")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *arguments: object) -> None:
        """Quiet."""


@contextmanager
def strict(*hosts: str, https: bool = False, trusted: bool = True) -> Iterator[Strict]:
    with Strict(hosts, https, trusted) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield running
        finally:
            running.shutdown()
            thread.join()
