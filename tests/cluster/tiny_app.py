"""The smallest application that Corral can run; MODE makes it misbehave."""

from __future__ import annotations

import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MODE = os.environ.get("MODE", "")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        sick = MODE == "sick" or (MODE == "sick-one" and os.environ["PORT"].endswith("1"))
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


def main() -> None:
    if MODE == "die":
        sys.exit("no licence found, giving up")
    if MODE == "deaf":
        print("alive, and not listening", flush=True)
        signal.pause()
    if MODE == "slow-stop":
        signal.signal(signal.SIGTERM, lambda *_: (time.sleep(4), os._exit(0)))
    ThreadingHTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Handler).serve_forever()


if __name__ == "__main__":
    main()
