"""nginx with Corral's configuration against the how-to's own: same binary, same upstreams, rounds by turns.

    python bench/nginx_vs_howto.py [--seconds 2] [--rounds 9] [--version 1.22] [--level N] [--keepalive N]

Everything runs on loopback addresses: one nginx plays ten application instances, one nginx worker is the proxy, 32
connections ask it, each client new (no cookie) and with `Accept-Encoding: gzip`. No access log on either side. Corral's
configuration is the built-in example's. The proxies have a core of their own, load and instances share another one.
The load comes from wrk where there is one, else from a slower generator in this file, which the table then says.

`ratio` is the median over the rounds of one side's rate by the other's just before it. `CPU` is the processor time
that the proxy's worker took for a request, `busy` its share of a core: well below 100 % something else was the limit,
such as other work on the machine, and the ratio says too little.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from corral.cluster_file.build import Placement, build  # noqa: E402
from corral.cluster_file.example import example_text  # noqa: E402
from corral.cluster_file.parse import load_text  # noqa: E402
from corral.desired.nginx import render_nginx  # noqa: E402 - after the path of tests/
from corral.model.cluster import Layout  # noqa: E402
from corral.model.resources import HostFacts  # noqa: E402
from tests.binaries import NginxVersion, find_nginx  # noqa: E402

CONNECTIONS = 32
PORTS = range(5040, 5045)
Version = tuple[int, int, int]
VERSIONS: dict[NginxVersion, Version] = {"1.22": (1, 22, 1), "1.31": (1, 31, 3)}
TARGETS = {("1.22", "small"): 3.0, ("1.22", "json"): 3.5, ("1.31", "small"): 1.3, ("1.31", "json"): 2.5}
SMALL = '{"ok":true,"instance":"app-108","notes":12}'


@dataclass(frozen=True)
class Endpoint:
    address: str
    port: int

    def __str__(self) -> str:
        return f"{self.address}:{self.port}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2, help="length of one round")
    parser.add_argument("--rounds", type=int, default=9, help="rounds for each configuration and answer")
    parser.add_argument("--version", choices=list(VERSIONS), help="only this nginx")
    parser.add_argument("--level", type=int, help="another gzip_comp_level than Corral's, to choose it by")
    parser.add_argument("--keepalive", type=int, help="another number of idle connections than the file's default")
    options = parser.parse_args()
    generator = (
        "wrk" if shutil.which("wrk") else "the built-in generator, which is slower than nginx: ratios are too small"
    )
    print(f"{options.rounds} rounds of {options.seconds:g} s each, {CONNECTIONS} connections, load by {generator}")
    titles = f"{'requests/s':>10} {'min - max':>17} {'CPU, us':>8} {'busy':>5} {'bytes':>6}"
    print(f"{'nginx':5} {'answer':6} {'side':6} {titles}  ratio")
    for version in [options.version] if options.version else VERSIONS:
        binary = find_nginx(version)
        if isinstance(binary, Path):
            compare(version, binary, options)
        else:
            print(f"{version:6} left out: {binary}")


def compare(version: NginxVersion, binary: Path, options: argparse.Namespace) -> None:
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        directory.chmod(0o755)  # nginx's worker is another account's where this one is root, and looks for its pool
        first, second, howto, corral = free_addresses(4)
        upstreams = [Endpoint(address, port) for address in (first, second) for port in PORTS]
        instances = upstream_config(directory, upstreams)
        stack.enter_context(nginx(binary, directory / "instances", instances, upstreams[0], core=1))
        sides = {"how-to": Endpoint(howto, 8080), "Corral": Endpoint(corral, 8080)}
        configs = {
            "how-to": howto_config(directory / "how-to", upstreams, sides["how-to"]),
            "Corral": corral_config(directory / "Corral", upstreams, sides["Corral"], VERSIONS[version], options),
        }
        workers = {
            side: stack.enter_context(nginx(binary, directory / side, configs[side], sides[side], core=0))
            for side in sides
        }
        for answer in ("small", "json"):
            rounds: dict[str, list[Round]] = {side: [] for side in sides}
            for _ in range(options.rounds):
                for side, endpoint in sides.items():
                    rounds[side].append(measure(endpoint, f"/{answer}", options.seconds, workers[side]))
            report(version, answer, rounds, {side: bytes_on_the_wire(sides[side], f"/{answer}") for side in sides})


@dataclass(frozen=True)
class Round:
    rate: float
    """Requests a second."""
    cpu: float
    """Microseconds of the proxy's worker for each request."""


def measure(endpoint: Endpoint, path: str, seconds: float, worker: int) -> Round:
    before = cpu_seconds(worker)
    requests, rate = load(endpoint, path, seconds)
    return Round(rate, (cpu_seconds(worker) - before) / requests * 1e6)


def cpu_seconds(process: int) -> float:
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9


def report(version: str, answer: str, rounds: dict[str, list[Round]], wire: dict[str, int]) -> None:
    pairs = zip(rounds["Corral"], rounds["how-to"], strict=True)
    ratio = statistics.median(ours.rate / theirs.rate for ours, theirs in pairs)
    target = TARGETS[version, answer]
    verdict = f"  {ratio:.2f} (wanted {target:g}{', met' if ratio >= target else ', MISSED'})"
    for side, values in rounds.items():
        rates = [value.rate for value in values]
        spread = f"{min(rates):,.0f} - {max(rates):,.0f}"
        cpu = statistics.median(value.cpu for value in values)
        busy = statistics.median(value.rate * value.cpu / 1e6 for value in values)
        figures = f"{statistics.median(rates):10,.0f} {spread:>17} {cpu:8,.1f} {busy:5.0%} {wire[side]:6,}"
        print(f"{version:5} {answer:6} {side:6} {figures}{verdict if side == 'Corral' else ''}", flush=True)


def free_addresses(count: int) -> list[str]:
    found: list[str] = []
    while len(found) < count:
        address = f"127.{random.randint(2, 254)}.{random.randint(0, 254)}.{random.randint(2, 254)}"
        if all(is_free(Endpoint(address, port)) for port in (*PORTS, 8080)):
            found.append(address)
    return found


def is_free(endpoint: Endpoint) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((endpoint.address, endpoint.port)) != 0


def upstream_config(directory: Path, upstreams: list[Endpoint]) -> str:
    """One nginx as all ten instances: what it answers with costs it next to nothing."""
    files = directory / "files"
    files.mkdir()
    (files / "json").write_bytes(big_json())
    run = directory / "instances"
    temporary = " ".join(
        f"{kind}_temp_path {run}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    listens = " ".join(f"listen {endpoint};" for endpoint in upstreams)
    user = "user root;" if os.geteuid() == 0 else ""  # the directory is this process's own
    small = f"location = /small {{ return 200 '{SMALL}'; }}"
    return f"""
daemon off; pid {run}/nginx.pid; error_log stderr error; worker_processes 1; {user}
events {{ worker_connections 8000; }}
http {{
    access_log off; {temporary} sendfile on; default_type application/json;
    keepalive_requests 1000000; open_file_cache max=10;
    server {{ {listens} root {files}; {small} }}
}}
"""


def big_json() -> bytes:
    """About 49 KB that compress to about a fifth, as lists of records from a business application do."""
    dice = random.Random(108)
    words = [
        "invoice",
        "order",
        "customer",
        "approved",
        "pending",
        "review",
        "contract",
        "supplier",
        "delivery",
        "address",
        "amount",
        "remark",
    ]
    records: list[dict[str, object]] = []
    while len(json.dumps(records)) < 49_000:
        records.append(
            {
                "_id": f"{dice.getrandbits(96):024x}",
                "name": " ".join(dice.choices(words, k=4)),
                "owner": f"user-{dice.randint(1, 40)}",
                "created": f"2026-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}T08:00:00.000Z",
                "amount": dice.randint(1, 99) * 100,
                "state": dice.choice(("draft", "pending", "approved")),
                "description": " ".join(dice.choices(words, k=12)),
            }
        )
    return json.dumps(records).encode()


def howto_config(run: Path, upstreams: list[Endpoint], listen: Endpoint) -> str:
    text = (ROOT / "bench" / "howto.conf.tmpl").read_text()
    servers = "\n".join(f"        server {endpoint};" for endpoint in upstreams)
    return text.replace("@RUN@", str(run)).replace("@LISTEN@", str(listen)).replace("@SERVERS@", servers)


def corral_config(
    run: Path, upstreams: list[Endpoint], listen: Endpoint, version: Version, options: argparse.Namespace
) -> str:
    """What Corral renders for the built-in example; one worker and no access log, as on the other side."""
    spec = load_text(example_text()).spec
    apps = dict(zip(spec.app.hosts, dict.fromkeys(upstream.address for upstream in upstreams), strict=True))
    placement = Placement(
        addresses=dict.fromkeys(spec.hosts, listen.address) | apps,
        layouts=dict.fromkeys(spec.hosts, Layout(*[PurePosixPath(run)] * 5)),
        proxy_ports=(listen.port,),
    )
    cluster = build(spec, placement, run)
    assert {(web.host.address, web.port) for web in cluster.app.web} == {(e.address, e.port) for e in upstreams}
    facts = HostFacts("proxy", version)
    proxy = replace(cluster.proxy, keepalive=options.keepalive or cluster.proxy.keepalive)
    text = render_nginx(proxy, cluster.app.web, cluster.proxy.hosts[0], listen.port, facts)
    text = text.replace("worker_processes auto;", "worker_processes 1;")
    return re.sub(r"gzip_comp_level \d", f"gzip_comp_level {options.level}", text) if options.level else text


@contextmanager
def on_core(number: int) -> Iterator[None]:
    """What is started here stays on that core: the proxy has one of its own, load and instances share what is left."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[number % len(cores)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


@contextmanager
def nginx(binary: Path, run: Path, config: str, listen: Endpoint, core: int) -> Iterator[int]:
    """The process id of its one worker."""
    run.mkdir(exist_ok=True)
    path = run / "nginx.conf"
    path.write_text(config)
    with on_core(core):
        process = subprocess.Popen([binary, "-e", "stderr", "-p", run, "-c", path])
    try:
        until = time.monotonic() + 60
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while is_free(listen) or not (workers := children.read_text()):  # it listens before it has a worker
            with suppress(subprocess.TimeoutExpired):  # it goes on, as it should
                process.wait(0.02)
            assert process.returncode is None and time.monotonic() < until, f"nginx with {path} doesn't listen"
        yield int(workers)
    finally:
        process.terminate()
        process.wait(20)


def bytes_on_the_wire(endpoint: Endpoint, path: str) -> int:
    """One whole answer, with its head."""
    with socket.create_connection((endpoint.address, endpoint.port), timeout=60) as sock:
        sock.sendall(request(endpoint, path, "close"))
        return sum(len(part) for part in iter(lambda: sock.recv(65536), b""))


def request(endpoint: Endpoint, path: str, connection: str = "keep-alive") -> bytes:
    lines = f"GET {path} HTTP/1.1", f"Host: {endpoint}", "Accept-Encoding: gzip", f"Connection: {connection}"
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def load(endpoint: Endpoint, path: str, seconds: float) -> tuple[int, float]:
    """How many requests were answered with 200, and how many a second. Fails on any other answer."""
    assert endpoint.address.startswith("127."), "never against anything but this machine"
    if shutil.which("wrk") is None:
        with on_core(-1):
            return asyncio.run(own_load(endpoint, path, seconds))
    command = [
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{max(1, round(seconds))}s",
        "-H",
        "Accept-Encoding: gzip",
    ]
    with on_core(-1):
        said = subprocess.run([*command, f"http://{endpoint}{path}"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"(\d+) requests in .*Requests/sec:\s+([\d.]+)", said, re.DOTALL)
    assert found and "Non-2xx" not in said, said
    return int(found[1]), float(found[2])


async def own_load(endpoint: Endpoint, path: str, seconds: float) -> tuple[int, float]:
    """What wrk does, in Python. Both configurations answer with a length or in chunks, so the end is looked for."""
    until = time.monotonic() + seconds
    asked = request(endpoint, path)

    async def over(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        """The answers of one connection, one at least, until nginx has had enough of it (keepalive_requests)."""
        count, head = 0, b""
        while count == 0 or (time.monotonic() < until and b"Connection: close" not in head):
            writer.write(asked)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            length = re.search(rb"Content-Length: (\d+)", head)
            await (reader.readexactly(int(length[1])) if length else reader.readuntil(b"\r\n0\r\n\r\n"))
            count += 1
        writer.close()
        return count

    async def client() -> int:
        count = 0
        while count == 0 or time.monotonic() < until:
            count += await over(*await asyncio.open_connection(endpoint.address, endpoint.port))
        return count

    began = time.monotonic()
    count = sum(await asyncio.gather(*(client() for _ in range(CONNECTIONS))))
    return count, count / (time.monotonic() - began)


if __name__ == "__main__":
    main()
