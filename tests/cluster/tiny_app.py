"""The smallest application that Corral can run; MODE makes it misbehave, TOLD is a file to write its course into."""

from __future__ import annotations

import os
import signal
import sys
import time
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

MODE = os.environ.get("MODE", "")


@cache
def tell(what: str) -> None:
    """A line in the file TOLD, where one is named: each only once."""
    if "TOLD" in os.environ:
        with Path(os.environ["TOLD"]).open("a") as told:
            told.write(f"{os.environ['INSTANCE']} {what}\n")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        sick = MODE == "sick" or (MODE == "sick-one" and os.environ["PORT"].endswith("1"))
        tell("answers")
        host, proto = self.headers["Host"], self.headers["X-Forwarded-Proto"]
        if MODE == "strict" and host.partition(":")[0] != os.environ["KNOWN"]:
            self.send_response(400)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if MODE == "strict" and proto != "https":
            self.send_response(301)
            self.send_header("Location", f"https://{host}{self.path}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = b"out of order" if sick else f"fine, says {os.environ['INSTANCE']}".encode()
        self.send_response(500 if sick else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        """A request of some length that changes something: sent once, and lost if its process ends meanwhile."""
        time.sleep(0.5)
        self.do_GET()

    def log_message(self, format: str, *arguments: object) -> None:
        """Quiet."""


def end_slowly(*_: object) -> None:
    time.sleep(4)
    os._exit(0)


def main() -> None:
    tell("begins")
    if MODE == "die":
        sys.exit("no licence found, giving up")
    if MODE == "die-late":
        time.sleep(1.2)  # a supervisor has counted it as running by then
        sys.exit("no licence found, giving up")
    if MODE == "daemon" and os.fork():
        sys.exit(0)
    if MODE == "deaf":
        print("alive, and not listening", flush=True)
        signal.pause()
    if MODE == "slow-stop":
        signal.signal(signal.SIGTERM, end_slowly)
    try:
        server = ThreadingHTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Handler)
    except OSError as error:
        sys.exit(f"no port for me: {error.strerror}")
    server.serve_forever()


if __name__ == "__main__":
    main()
