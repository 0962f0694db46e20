"""A real nginx for the length of a test, the model values that its configuration is rendered from, and clients."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from corral.desired.nginx import PING_PATH, render_nginx
from corral.model.cluster import Host, Install, Instance, Layout, Proxy
from corral.model.resources import HostFacts
from corral.secrets import Secret, resolve
from tests.binaries import NginxVersion, nginx
from tests.free_addresses import free_address
from tests.patience import PATIENCE
from tests.unit.desired.upstreams import Upstream

PROBE = "0123456789abcdef0123456789abcdef01234567"
VERSIONS: Mapping[NginxVersion, tuple[int, int, int]] = {"1.22": (1, 22, 1), "1.31": (1, 31, 3)}

ROOT = PurePosixPath("/srv/corral")

PROXY = Proxy(
    hosts=(),
    ports=(),
    extra_addresses=(),
    server_name="cluster.example",
    balance="sticky_cookie",
    hash_key="",
    max_body_size=100 * 1024 * 1024,
    buffer_size=16384,
    read_timeout=60.0,
    websocket_timeout=3600.0,
    shutdown_timeout=30.0,
    max_fails=3,
    fail_timeout=10.0,
    keepalive=64,
    keepalive_idle=1.0,
    header_size=32768,
    header_underscores=False,
    real_ip_from=(),
    real_ip_header="X-Forwarded-For",
    outer_headers=("Forwarded", "X-Forwarded-Prefix"),
    not_found=("/cordova.js",),
    unbuffered=("/sockjs/",),
    virtual_ip=None,
    install=Install(),
)


def host(name: str, address: str, root: PurePosixPath = ROOT) -> Host:
    layout = Layout(*(root / name for name in ("config", "data", "logs", "run", "state")))
    return Host(name, address, address, layout)


def instance(name: str, on: Host, port: int) -> Instance:
    return Instance(name, on, port, "web", (), (), None)


def instances_of(upstreams: list[Upstream]) -> list[Instance]:
    """Upstreams as the model's instances: those of one address are on one host."""
    return [instance(each.name, host(each.name[0], each.address), each.port) for each in upstreams]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def instance(self) -> str:
        return str(self.json["instance"])

    @property
    def cookie(self) -> str:
        """name=value of the cookie that the answer sets, as a browser would send it back."""
        return (self.headers["Set-Cookie"] or "").partition(";")[0]


@dataclass(frozen=True)
class Running:
    """An nginx that listens."""

    address: str
    port: int
    directory: Path

    @property
    def errors(self) -> str:
        return (self.directory / "error.log").read_text()

    @property
    def access_log(self) -> str:
        return (self.directory / "access.log").read_text()

    def connect(self, source: str = "") -> http.client.HTTPConnection:
        bind = (source, 0) if source else None
        return http.client.HTTPConnection(self.address, self.port, timeout=PATIENCE, source_address=bind)

    def ask(
        self, target: str, method: str = "GET", content: str | bytes = b"", *, source: str = "", **headers: str
    ) -> Answer:
        """One request on a connection of its own; header names are written with _ for -."""
        connection = self.connect(source)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, target, content or None, named)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def upgrade(
        self, target: str, protocol: str = "websocket", **headers: str
    ) -> tuple[socket.socket, dict[str, Any], str]:
        """A socket after its upgrade, what the instance saw, and the head of the answer."""
        sock = socket.create_connection((self.address, self.port), timeout=PATIENCE)
        lines = [f"GET {target} HTTP/1.1", f"Host: {self.address}:{self.port}"]
        lines += [f"Upgrade: {protocol}", "Connection: Upgrade"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        received = b""
        while not received.endswith(b"\n") or received.endswith(b"\r\n"):
            part = sock.recv(65536)
            if not part:
                raise AssertionError(f"closed after {received!r}")
            received += part
        head, _, seen = received.partition(b"\r\n\r\n")
        return sock, json.loads(seen), head.decode()


def in_parallel(count: int, do: Callable[[int], Answer], threads: int = 16) -> list[Answer]:
    """The answers of `do(0)` to `do(count - 1)`."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(do, range(count)))


@contextmanager
def running(version: NginxVersion, upstreams: list[Upstream], directory: Path, **changes: Any) -> Iterator[Running]:
    """nginx of `version` and two workers in front of `upstreams`, with PROXY changed by `changes`."""
    binary = nginx(version)
    port = 8080
    address = free_address()
    where = host("proxy-1", address, PurePosixPath(directory))
    (directory / "run").mkdir(parents=True)
    user = "root" if os.geteuid() == 0 else ""
    facts = HostFacts("proxy-1", VERSIONS[version], user=user, access_log=str(directory / "access.log"))
    text = render_nginx(replace(PROXY, **changes), instances_of(upstreams), where, port, facts)
    text = resolve(text, {"probe": Secret(PROBE)}).replace("worker_processes auto;", "worker_processes 2;")
    (directory / "nginx.conf").write_text(text)
    with (directory / "error.log").open("wb") as errors:
        command = [str(part) for part in (binary, "-e", "stderr", "-p", directory, "-c", directory / "nginx.conf")]
        process = subprocess.Popen(command, stdout=errors, stderr=errors)
        try:
            here = Running(address, port, directory)
            _wait(here, process)
            yield here
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _wait(nginx_here: Running, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            if nginx_here.ask(PING_PATH).status == 200:
                return
        except OSError:
            time.sleep(0.01)  # the pause between two questions, not a guess at how long it takes
    raise AssertionError(f"nginx doesn't answer: {nginx_here.errors}")
