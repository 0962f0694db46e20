"""nginx with Corral's configuration against the how-to's own: same binary, same upstreams, rounds by turns.

    python bench/nginx_vs_howto.py [--seconds 3] [--rounds 5] [--level N] [--version 1.22]

Everything runs on loopback addresses: one nginx plays ten application instances, one nginx worker is the proxy, 32
connections ask it, each client new (no cookie) and with `Accept-Encoding: gzip`. No access log on either side. The
load comes from wrk where there is one, else from a slower generator in this file, which the table then says.
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
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.binaries import NginxVersion, find_nginx  # noqa: E402

from corral.desired.nginx import render_nginx  # noqa: E402 - after the path of tests/
from corral.model.cluster import Layout  # noqa: E402
from corral.model.resources import HostFacts  # noqa: E402
from corral.spec.build import Placement, build  # noqa: E402
from corral.spec.example import example_text  # noqa: E402
from corral.spec.parse import load_text  # noqa: E402

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
    parser.add_argument("--seconds", type=float, default=3, help="length of one round")
    parser.add_argument("--rounds", type=int, default=5, help="rounds for each configuration and answer")
    parser.add_argument("--version", choices=list(VERSIONS), help="only this nginx")
    parser.add_argument("--level", type=int, help="another gzip_comp_level than Corral's, to choose it by")
    options = parser.parse_args()
    generator = (
        "wrk" if shutil.which("wrk") else "the built-in generator, which is slower than nginx: ratios are too small"
    )
    print(f"{options.rounds} rounds of {options.seconds:g} s each, {CONNECTIONS} connections, load by {generator}")
    print(f"{'nginx':6} {'answer':6} {'configuration':14} {'requests/s':>10} {'min - max':>17} {'bytes':>7}  ratio")
    for version in [options.version] if options.version else VERSIONS:
        binary = find_nginx(version)
        if isinstance(binary, Path):
            compare(version, binary, options)
        else:
            print(f"{version:6} left out: {binary}")


def compare(version: NginxVersion, binary: Path, options: argparse.Namespace) -> None:
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        hosts = free_addresses(4)
        upstreams = [Endpoint(address, port) for address in hosts[:2] for port in PORTS]
        stack.enter_context(
            nginx(binary, directory / "app", upstream_config(directory, upstreams), upstreams[0], core=1)
        )
        sides = {"how-to": Endpoint(hosts[2], 8080), "Corral": Endpoint(hosts[3], 8080)}
        howto = howto_config(directory / "howto", upstreams, sides["how-to"])
        corral = corral_config(directory / "corral", upstreams, sides["Corral"], VERSIONS[version], options.level)
        stack.enter_context(nginx(binary, directory / "howto", howto, sides["how-to"], core=0))
        stack.enter_context(nginx(binary, directory / "corral", corral, sides["Corral"], core=0))
        for answer in ("small", "json"):
            rates: dict[str, list[float]] = {side: [] for side in sides}
            for _ in range(options.rounds):
                for side, endpoint in sides.items():
                    rates[side].append(load(endpoint, f"/{answer}", options.seconds))
            report(version, answer, rates, {side: bytes_on_the_wire(sides[side], f"/{answer}") for side in sides})


def report(version: str, answer: str, rates: dict[str, list[float]], wire: dict[str, int]) -> None:
    pairs = zip(rates["Corral"], rates["how-to"], strict=True)
    ratio = statistics.median(ours / theirs for ours, theirs in pairs)  # neighbours in time share the machine's noise
    target = TARGETS[version, answer]
    verdict = f"{ratio:.2f} (wanted {target:g}{', met' if ratio >= target else ', MISSED'})"
    for side, values in rates.items():
        spread = f"{min(values):,.0f} - {max(values):,.0f}"
        last = verdict if side == "Corral" else ""
        print(
            f"{version:6} {answer:6} {side:14} {statistics.median(values):10,.0f} {spread:>17} {wire[side]:7,}  {last}"
        )
    sys.stdout.flush()


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
    run = directory / "app"
    temporary = " ".join(
        f"{kind}_temp_path {run}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    listens = " ".join(f"listen {endpoint};" for endpoint in upstreams)
    return (
        f"daemon off; pid {run}/nginx.pid; error_log stderr error; worker_processes 1; user root;\n"
        "events { worker_connections 8000; }\n"
        f"http {{ access_log off; {temporary} sendfile on; default_type application/json; keepalive_requests 1000000;\n"
        f"open_file_cache max=10; server {{ {listens} root {files}; location = /small {{ return 200 '{SMALL}'; }} }} }}\n"
    )


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


def corral_config(run: Path, upstreams: list[Endpoint], listen: Endpoint, version: Version, level: int | None) -> str:
    """What Corral renders for the built-in example; one worker and no access log, as on the other side."""
    spec = load_text(example_text()).spec
    apps = dict(zip(spec.app.hosts, dict.fromkeys(upstream.address for upstream in upstreams), strict=True))
    placement = Placement(
        addresses=dict.fromkeys(spec.hosts, listen.address) | apps,
        layouts=dict.fromkeys(spec.hosts, Layout(*[PurePosixPath(run)] * 4)),
        proxy_ports=(listen.port,),
    )
    cluster = build(spec, placement, run)
    assert {(web.host.address, web.port) for web in cluster.app.web} == {(e.address, e.port) for e in upstreams}
    facts = HostFacts("proxy", version)
    text = render_nginx(cluster.proxy, cluster.app.web, cluster.proxy.hosts[0], listen.port, facts)
    text = text.replace("worker_processes auto;", "worker_processes 1;")
    return re.sub(r"gzip_comp_level \d", f"gzip_comp_level {level}", text) if level else text


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
def nginx(binary: Path, run: Path, config: str, listen: Endpoint, core: int) -> Iterator[None]:
    run.mkdir(exist_ok=True)
    path = run / "nginx.conf"
    path.write_text(config)
    with on_core(core):
        process = subprocess.Popen([binary, "-e", "stderr", "-p", run, "-c", path])
    try:
        until = time.monotonic() + 20
        while is_free(listen):
            assert process.poll() is None and time.monotonic() < until, f"nginx with {path} doesn't listen"
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait(20)


def bytes_on_the_wire(endpoint: Endpoint, path: str) -> int:
    """One whole answer, with its head."""
    with socket.create_connection((endpoint.address, endpoint.port), timeout=20) as sock:
        sock.sendall(request(endpoint, path, "close"))
        return sum(len(part) for part in iter(lambda: sock.recv(65536), b""))


def request(endpoint: Endpoint, path: str, connection: str = "keep-alive") -> bytes:
    lines = f"GET {path} HTTP/1.1", f"Host: {endpoint}", "Accept-Encoding: gzip", f"Connection: {connection}"
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def load(endpoint: Endpoint, path: str, seconds: float) -> float:
    """Requests answered with 200 for each second. Fails on any other answer."""
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
    found = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert found and "Non-2xx" not in said and "Socket errors" not in said, said
    return float(found[1])


async def own_load(endpoint: Endpoint, path: str, seconds: float) -> float:
    """What wrk does, in Python. Both configurations answer with a length or in chunks, so the end is looked for."""
    until = time.monotonic() + seconds
    asked = request(endpoint, path)

    async def client() -> int:
        reader, writer = await asyncio.open_connection(endpoint.address, endpoint.port)
        count = 0
        while time.monotonic() < until:
            writer.write(asked)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            length = re.search(rb"Content-Length: (\d+)", head)
            await (reader.readexactly(int(length[1])) if length else reader.readuntil(b"\r\n0\r\n\r\n"))
            count += 1
        writer.close()
        return count

    began = time.monotonic()
    counts = await asyncio.gather(*(client() for _ in range(CONNECTIONS)))
    return sum(counts) / (time.monotonic() - began)


if __name__ == "__main__":
    main()
