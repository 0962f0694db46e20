"""`corral apply` on the lab's seven hosts: the first one, and one with nothing to change beside pyinfra and Ansible.

    .venv/bin/python bench/apply.py [--first 2] [--rounds 5] [--ansible-rounds 3] [--keep]

Needs root, as the lab does, and takes ten minutes. The hosts are a lab of their own, with the reference cluster of
examples/lab. pyinfra and Ansible keep the same packages, accounts, directories, files, services and containers, made
from Corral's own desired state; that each tool does look is proved by a file that is changed by hand. Of the replica
set, its users and the answers from outside, which Corral looks at besides, they know nothing.

All hosts share the machine's cores with the tool that looks at them.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from peers import hosts
from peers.inputs import write_inputs
from peers.tools import Ran, Tool, ansible, close_connections, corral, install_peers, pyinfra

CORRAL = Path(sys.executable).parent / "corral"
LIMIT_FIRST = 40.0
"""Seconds from nothing of Corral's on the hosts to verified, with the packages in place."""
LIMITS = {"pyinfra": 1 / 3, "ansible": 1 / 30}
"""Corral's time with nothing to change, as a part of the other's."""
BY_HAND = ("app-208", "/etc/corral/board/compose.yaml")
"""The file that is changed to see who finds it."""


class First(NamedTuple):
    """`slowest` are the longest actions, as the journal has them: seconds and name."""

    ran: Ran
    stages: dict[str, float]
    slowest: list[tuple[float, str]]


def first(cluster_file: Path) -> First:
    """Ends the benchmark when it fails."""
    tool = corral(cluster_file)
    ran = tool.run(tool.apply)
    if ran.code != 0:
        sys.exit(f"the first apply failed:\n{ran.said}")
    stages = re.findall(r"^✔ (\S+)\s+([\d.]+) s", ran.said, re.MULTILINE)
    return First(ran, {stage: float(took) for stage, took in stages}, _slowest(cluster_file))


def _slowest(cluster_file: Path) -> list[tuple[float, str]]:
    """Of the last run. The actions of one script have its time each, so one stands for all of a host and time."""
    newest = _json(cluster_file, "journal")["runs"][0]["run"]
    steps = _json(cluster_file, "journal", newest)["steps"]
    named: dict[tuple[str, float], str] = {}
    for step in steps:
        named.setdefault((step["host"], step["seconds"]), step["action"])
    return sorted(((seconds, action) for (_, seconds), action in named.items()), reverse=True)[:6]


def _json(cluster_file: Path, *arguments: str) -> Any:
    command = [str(CORRAL), "-f", str(cluster_file), *arguments, "--format", "json"]
    return json.loads(subprocess.check_output(command))


def destroy(cluster_file: Path) -> None:
    """What it keeps: packages, accounts, the database's archive and the application's image."""
    subprocess.run(
        [CORRAL, "-f", cluster_file, "destroy", "--purge", "--yes", "board"], capture_output=True, check=True
    )


def first_applies(directory: Path, rounds: int) -> tuple[Path, dict[str, list[First]]]:
    """The file of the cluster that is there at the end, and the runs."""
    runs: dict[str, list[First]] = defaultdict(list)
    cluster_file = directory
    for number in range(max(1, rounds)):
        hosts.down()
        hosts.up()
        hosts.install("logrotate", ["proxy-100"])
        cluster_file = hosts.write_cluster(directory / f"cluster-{number}")
        runs["archive and image are sent"].append(first(cluster_file))
        if rounds:
            destroy(cluster_file)
            runs["archive and image are there"].append(first(cluster_file))
    return cluster_file, runs


def prove(tools: Sequence[Tool], console: Console) -> None:
    """Change one file by hand: each tool finds it, and finds nothing once it is restored. Ends the benchmark if not."""
    host, path = BY_HAND
    hosts.execute(host, f"cp -p {path} /root/kept && echo '# by hand' >>{path}")
    found = {tool.name: tool.found() for tool in tools}
    hosts.execute(host, f"mv /root/kept {path}")
    left = {tool.name: tool.found() for tool in tools}
    if any(count != 1 for count in found.values()) or any(left.values()):
        sys.exit(f"one file was changed by hand; found: {found}, and once it was restored: {left}")
    console.print(f"one line added to {path} on {host}: found by {', '.join(found)}; restored: by none")


def unchanged(tools: Sequence[Tool], rounds: dict[str, int]) -> dict[str, list[Ran]]:
    """In turn; each has had a run that isn't counted."""
    for tool in tools:
        tool.unchanged()
    runs: dict[str, list[Ran]] = defaultdict(list)
    for number in range(max(rounds.values())):
        for tool in tools:
            if number < rounds[tool.name]:
                runs[tool.name].append(tool.unchanged())
    return runs


def report_unchanged(runs: dict[str, list[Ran]], console: Console) -> None:
    columns = ("tool", "median s", "min", "max", "processor s", "Corral's part of it", "at most", "runs")
    table = Table(*columns, title=f"nothing to change, 7 hosts, {os.cpu_count()} cores")
    own = statistics.median(run.seconds for run in runs["corral"])
    for name, rounds in runs.items():
        seconds = [run.seconds for run in rounds]
        median, processor = statistics.median(seconds), statistics.median(run.processor for run in rounds)
        limit = f"{LIMITS[name]:.3f}" if name in LIMITS else ""
        row = (f"{median:.2f}", f"{min(seconds):.2f}", f"{max(seconds):.2f}", f"{processor:.2f}")
        table.add_row(name, *row, f"{own / median:.3f}" if limit else "", limit, str(len(rounds)))
    console.print(table)


def report_first(runs: dict[str, list[First]], console: Console) -> None:
    title = f"first apply, packages in place, 7 hosts, {os.cpu_count()} cores; medians in seconds"
    table = Table("part", *runs, title=title)
    median = {name: statistics.median(run.ran.seconds for run in rounds) for name, rounds in runs.items()}
    table.add_row("whole, to verified", *(f"{seconds:.1f}" for seconds in median.values()))
    table.add_row("of the limit", *(f"{seconds / LIMIT_FIRST:.2f}" for seconds in median.values()))
    table.add_row("all runs", *(" ".join(f"{run.ran.seconds:.1f}" for run in rounds) for rounds in runs.values()))
    for stage in next(iter(runs.values()))[0].stages:
        table.add_row(stage, *(f"{_stage(rounds, stage):.1f}" for rounds in runs.values()))
    rest = [median[name] - sum(_stage(rounds, stage) for stage in rounds[0].stages) for name, rounds in runs.items()]
    table.add_row("file, plan, lock, Python", *(f"{seconds:.1f}" for seconds in rest))
    console.print(table)
    for name, rounds in runs.items():
        console.print(f"the longest, where {name}:")
        for seconds, action in rounds[0].slowest:
            console.print(f"  {seconds:5.1f} s  {action}")


def _stage(rounds: Sequence[First], stage: str) -> float:
    return statistics.median(run.stages.get(stage, 0.0) for run in rounds)


def compare(cluster_file: Path, directory: Path, options: argparse.Namespace, console: Console) -> None:
    hosts.install("python3-apt")  # or Ansible would install it itself, at its first run
    wanted = write_inputs(cluster_file, directory / "peers")
    tools = (corral(cluster_file), pyinfra(wanted), ansible(wanted))
    try:
        prove(tools, console)
        rounds = {"corral": options.rounds, "pyinfra": options.rounds, "ansible": options.ansible_rounds}
        report_unchanged(unchanged(tools, rounds), console)
    finally:
        close_connections(wanted)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--first", type=int, default=2, help="rounds of first applies; 0 is one that isn't reported")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ansible-rounds", type=int, default=3)
    parser.add_argument("--keep", action="store_true", help="leave the lab as it is at the end")
    options = parser.parse_args()
    console = Console(width=120)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # or secrets and hosts would be left behind
    install_peers()
    hosts.lab("artifacts")
    with hosts.alone(), tempfile.TemporaryDirectory(prefix="corral-bench-") as directory:  # 0700
        try:
            cluster_file, runs = first_applies(Path(directory), options.first)
            if options.first:
                report_first(runs, console)
            compare(cluster_file, Path(directory), options, console)
        finally:
            if not options.keep:
                hosts.down()
    console.print(f"load of the machine in the last minute: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
