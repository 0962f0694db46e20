"""An application of your own, at its smallest: it listens where it is told, says who it is, and ends when asked.

.venv/bin/corral -f examples/hello/cluster.yaml up
"""

import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/healthz":
            body = b"ok"  # a real one would ask its database first: MONGO_URL is in the environment
        else:
            body = f"Hello from {os.environ['INSTANCE']}, version {os.environ['VERSION']}\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """One line for each request would only repeat nginx's access log."""


def main() -> None:
    server = ThreadingHTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Handler)
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    print(f"{os.environ['INSTANCE']} listens on {os.environ['HOST']}:{os.environ['PORT']}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
