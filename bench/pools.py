"""What it costs a request that the proxies choose their pool by a file: the same configuration in three ways, by turns.

    python bench/pools.py [--seconds 2] [--rounds 9] [--version 1.22]

`fixed` is Corral's configuration with the one pool's name in it and no question; `all in` is the configuration as it
is, at rest; `one out` while a group of instances is out. The rest is as in nginx_vs_howto.py: a small answer, ten
instances, one worker with a core of its own.

`ratio` is the median over the rounds of a side's processor time for a request by that of `fixed` just before it.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path, PurePosixPath

from corral.cluster_file.example import example_text
from corral.cluster_file.parse import load_text
from corral.execute.handlers.steering import script_of
from corral.model.cluster import Layout
from corral.model.pools import key, link
from nginx_vs_howto import (
    PORTS,
    VERSIONS,
    Endpoint,
    Round,
    corral_config,
    free_addresses,
    measure,
    nginx,
    upstream_config,
)
from tests.binaries import NginxVersion, find_nginx

SIDES = ("fixed", "all in", "one out")
PATH = "/small"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2, help="length of one round")
    parser.add_argument("--rounds", type=int, default=9, help="rounds for each side")
    parser.add_argument("--version", choices=list(VERSIONS), help="only this nginx")
    options = parser.parse_args()
    print(f"{options.rounds} rounds of {options.seconds:g} s each")
    print(f"{'nginx':5} {'side':8} {'requests/s':>10} {'CPU, us':>8} {'busy':>5}  ratio")
    for version in [options.version] if options.version else VERSIONS:
        binary = find_nginx(version)
        if isinstance(binary, Path):
            compare(version, binary, options)
        else:
            print(f"{version:6} left out: {binary}")


def compare(version: NginxVersion, binary: Path, options: argparse.Namespace) -> None:
    as_rendered = argparse.Namespace(keepalive=None, level=None)
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        directory.chmod(0o755)  # nginx's worker is another account's where this one is root, and looks for its pool
        first, second, *listens = free_addresses(2 + len(SIDES))
        upstreams = [Endpoint(address, port) for address in (first, second) for port in PORTS]
        instances = upstream_config(directory, upstreams)
        stack.enter_context(nginx(binary, directory / "instances", instances, upstreams[0], core=1))
        sides = {side: Endpoint(address, 8080) for side, address in zip(SIDES, listens, strict=True)}
        workers = {}
        for side, listen in sides.items():
            run = directory / side.replace(" ", "-")
            text = corral_config(run, upstreams, listen, VERSIONS[version], as_rendered)
            text = without_question(text) if side == "fixed" else text
            workers[side] = stack.enter_context(nginx(binary, run, text, listen, core=0))
        out = tuple(f"{host}-{PORTS[0]}" for host in load_text(example_text()).spec.app.hosts)
        assert key(out) in text, "the first group of the built-in example"
        place = link(Layout(*[PurePosixPath(directory / "one-out")] * 5))
        subprocess.run(["sh", "-c", script_of(place, out)], check=True, timeout=20)
        rounds: dict[str, list[Round]] = {side: [] for side in SIDES}
        for _ in range(options.rounds):
            for side in SIDES:
                rounds[side].append(measure(sides[side], PATH, options.seconds, workers[side]))
        report(version, rounds)


def without_question(text: str) -> str:
    """The configuration that knows one pool and asks nothing."""
    asking = r' *set \$corral_any_out "";\n *if \(-f "[^"]+"\) \{\n.*\n *\}\n'
    fixed, count = re.subn(asking, "", text.replace("http://$corral_pool", "http://corral_app"))
    assert count == text.count('set $corral_any_out "";') > 0
    fixed = re.sub(r" *map \$(corral_any_out|realpath_root) [^}]*\}\n", "", fixed)
    return fixed.replace(" $corral_pool\\n", "\\n")


def report(version: str, rounds: dict[str, list[Round]]) -> None:
    for side, values in rounds.items():
        cpu = statistics.median(value.cpu for value in values)
        busy = statistics.median(value.rate * value.cpu / 1e6 for value in values)
        rate = statistics.median(value.rate for value in values)
        pairs = zip(values, rounds["fixed"], strict=True)
        ratio = statistics.median(value.cpu / fixed.cpu for value, fixed in pairs)
        shown = "" if side == "fixed" else f"  {ratio:.2f}"
        print(f"{version:5} {side:8} {rate:10,.0f} {cpu:8,.1f} {busy:5.0%}{shown}", flush=True)


if __name__ == "__main__":
    main()
