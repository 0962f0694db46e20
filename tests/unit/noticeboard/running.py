"""One real process of noticeboard, as a supervisor would run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

from tests.patience import PATIENCE


def wait_for(condition: Callable[[], Any], what: str) -> Any:
    """The first true value that `condition` gives. Raises AssertionError when none comes in time."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError(f"waited {PATIENCE:g} s in vain until {what}")


def received(client: ClientConnection) -> Any:
    """The next message, which is on its way, read as JSON."""
    return json.loads(client.recv(PATIENCE))


COMMAND = [sys.executable, "-m", "corral.noticeboard"]


def variables(environment: Mapping[str, str]) -> dict[str, str]:
    """The process's whole environment: `environment`, whose keys may be in lower case, and where programs are found."""
    found_by = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return found_by | {name.upper(): value for name, value in environment.items()}


def run(**environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the program to its end, which must be near: for environments that it refuses."""
    return subprocess.run(
        COMMAND, env=variables(environment), capture_output=True, text=True, timeout=PATIENCE, check=False
    )


class Running:
    """A started instance. `base` is its URL; its log is read by `log`."""

    def __init__(self, environment: Mapping[str, str], command: list[str] = COMMAND) -> None:
        self.address = environment["host"]
        self.port = int(environment["port"])
        self.base = f"http://{self.address}:{self.port}"
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `end`
        self.process = subprocess.Popen(
            command, env=variables(environment), stdout=self._output, stderr=subprocess.STDOUT
        )
        self.http = httpx.Client(base_url=self.base, timeout=PATIENCE)

    @property
    def socket_url(self) -> str:
        return f"ws://{self.address}:{self.port}/ws"

    def connect(self) -> ClientConnection:
        """A websocket to be used in a `with` block; `received` reads from it."""
        return connect(self.socket_url, open_timeout=PATIENCE, ping_timeout=PATIENCE, close_timeout=PATIENCE)

    def log(self) -> list[str]:
        """The lines that the process has written so far."""
        return os.pread(self._output.fileno(), 1_000_000, 0).decode().splitlines()

    def listens(self) -> bool:
        assert self.process.poll() is None, self.log()
        return any("listening" in line for line in self.log())

    def health(self) -> httpx.Response:
        return self.http.get("/health")

    def healthy(self) -> bool:
        return self.health().status_code == 200

    def write(self, text: str) -> str:
        """Writes a note and returns its id."""
        answer = self.http.post("/notes", json={"text": text})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def texts(self) -> list[str]:
        """The texts of the latest notes."""
        return [note["text"] for note in self.http.get("/notes", params={"limit": "500"}).json()["notes"]]

    def stop(self) -> int:
        """Sends SIGTERM and returns the exit status."""
        self.process.terminate()
        return self.process.wait(PATIENCE)

    def end(self) -> None:
        self.http.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._output.close()
