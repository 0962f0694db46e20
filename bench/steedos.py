"""The reference cluster with the real Steedos: from `make steedos` to healthy, memory, and how many may start at once.

    .venv/bin/python bench/steedos.py [--rounds 2] [--empty]

Steedos must be installed (`make steedos`, or examples/steedos/install.py). Ten instances, a worker, three members and a
proxy run with a state directory of their own. The ways to start are run in turn, one round after the other, on the same
database; with --empty also on an empty one each.
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
import time
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "steedos"
CORRAL = Path(sys.executable).parent / "corral"
WAYS = ("1", "2", "cores", "4", "all")
"""Values of app.start_at_once."""


class Run(NamedTuple):
    """`peak` is the largest resident size of `corral up` itself, in bytes."""

    seconds: float
    stages: dict[str, float]
    peak: int


class Cluster:
    def __init__(self, state: Path) -> None:
        self.environment = {**os.environ, "XDG_STATE_HOME": str(state), "NO_COLOR": "1"}
        self.file = state / "cluster.yaml"
        self.name = f"bench-{os.getpid()}"
        self.write("cores")

    def write(self, start_at_once: str) -> None:
        text = (EXAMPLE / "cluster.yaml").read_text()
        text = re.sub(r"^name: .*", f"name: {self.name}", text, count=1, flags=re.MULTILINE)
        own = f"app:\n  directory: {EXAMPLE}\n  start_at_once: {start_at_once}\n"
        self.file.write_text(re.sub(r"^app:\n", own, text, count=1, flags=re.MULTILINE))

    def up(self) -> Run:
        """`make steedos`, as a user has it. Ends the benchmark when it fails."""
        started = time.perf_counter()
        command = ["make", "--no-print-directory", "-C", str(ROOT), "steedos", f"FILE={self.file}", "ARGS=--detach"]
        said, _peak = self._run(command)
        seconds = time.perf_counter() - started
        stages = re.findall(r"^✔ (\S+)\s+([\d.]+) s", said, re.MULTILINE)
        return Run(seconds, {stage: float(took) for stage, took in stages}, 0)

    def corral(self, *arguments: str) -> tuple[str, int]:
        return self._run([str(CORRAL), "-f", str(self.file), *arguments])

    def _run(self, command: list[str]) -> tuple[str, int]:
        with tempfile.TemporaryFile("w+") as output:
            process = subprocess.Popen(
                command, env=self.environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )
            try:
                _pid, status, usage = os.wait4(process.pid, 0)
            except KeyboardInterrupt:
                os.killpg(process.pid, signal.SIGINT)  # or it would hold the lock that `down` needs
                os.wait4(process.pid, 0)
                raise
            output.seek(0)
            said = output.read()
        if status != 0:
            sys.exit(f"{' '.join(command)} failed:\n{said}")
        return said, usage.ru_maxrss * 1024

    def pids(self) -> dict[str, list[int]]:
        """The processes of each part, nginx's workers and supervisord among them."""
        status = json.loads(subprocess.check_output([CORRAL, "-f", self.file, "status", "--format", "json"],
                                                    env=self.environment))  # fmt: skip
        parts = {
            "web instances": [row["pid"] for row in status["instances"] if row["role"] == "web"],
            "worker": [row["pid"] for row in status["instances"] if row["role"] == "worker"],
            "mongod": [row["pid"] for row in status["database"]["members"]],
        }
        supervisor = _parent(parts["mongod"][0])
        known = {pid for pids in parts.values() for pid in pids}
        masters = [pid for pid in _children(supervisor) if pid not in known]
        parts["nginx"] = [*masters, *(worker for master in masters for worker in _children(master))]
        parts["supervisord"] = [supervisor]
        return parts


def _status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":", 1) for line in lines)


def _parent(pid: int) -> int:
    return int(_status(pid)["PPid"])


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in tasks.split()]


def _memory(pid: int) -> tuple[int, int]:
    """Resident and proportional size in bytes: the second shares what several processes map among them."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return tuple(int(re.search(rf"^{key}:\s+(\d+)", text, re.MULTILINE)[1]) * 1024 for key in ("Rss", "Pss"))  # type: ignore[index,return-value]  # every rollup has both


def memory_table(cluster: Cluster, console: Console) -> None:
    table = Table("part", "processes", "RSS MB", "PSS MB", "each, RSS MB", title="memory of the whole cluster")
    totals = [0, 0]
    for part, pids in cluster.pids().items():
        sizes = [_memory(pid) for pid in pids]
        sums = [sum(size[n] for size in sizes) for n in (0, 1)]
        totals = [total + size for total, size in zip(totals, sums, strict=True)]
        spread = f"{min(s[0] for s in sizes) >> 20} to {max(s[0] for s in sizes) >> 20}"
        table.add_row(part, str(len(pids)), f"{sums[0] >> 20}", f"{sums[1] >> 20}", spread)
    table.add_row("together", "", f"{totals[0] >> 20}", f"{totals[1] >> 20}", "")
    console.print(table)
    peak = cluster.corral("up", "--detach")[1]
    console.print(f"Corral itself: {peak >> 20} MB while `up` runs, nothing after `up --detach`")


def ways_table(times: dict[str, list[Run]], title: str, console: Console) -> None:
    table = Table("start_at_once", "whole s, median", "all runs", "application s", "ratio to cores", title=title)
    chosen = statistics.median(run.seconds for run in times["cores"])
    for way, runs in times.items():
        median = statistics.median(run.seconds for run in runs)
        stage = statistics.median(run.stages["application"] for run in runs)
        every = " ".join(f"{run.seconds:.1f}" for run in runs)
        table.add_row(way, f"{median:.1f}", every, f"{stage:.1f}", f"{median / chosen:.2f}")
    console.print(table)


def breakdown_table(run: Run, console: Console) -> None:
    table = Table("stage", "s", "share", title="`make steedos` on an installed tree, empty database, to healthy")
    for stage, seconds in run.stages.items():
        table.add_row(stage, f"{seconds:.1f}", f"{seconds / run.seconds:.0%}")
    rest = run.seconds - sum(run.stages.values())
    table.add_row("make, checks, reading, planning", f"{rest:.1f}", f"{rest / run.seconds:.0%}")
    table.add_row("whole", f"{run.seconds:.1f}", "")
    console.print(table)


def measure(cluster: Cluster, rounds: int, empty: bool, console: Console) -> None:
    breakdown_table(cluster.up(), console)
    memory_table(cluster, console)
    filled: dict[str, list[Run]] = defaultdict(list)
    for number in range(rounds):
        for way in WAYS if number % 2 == 0 else reversed(WAYS):
            cluster.corral("down")
            cluster.write(way)
            filled[way].append(cluster.up())
    ways_table({way: filled[way] for way in WAYS}, f"the same database, {os.cpu_count()} cores", console)
    bare: dict[str, list[Run]] = defaultdict(list)
    for way in WAYS if empty else ():
        cluster.corral("down", "--purge", "--yes")
        cluster.write(way)
        bare[way].append(cluster.up())
    if bare:
        ways_table(bare, f"an empty database each, {os.cpu_count()} cores", console)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--empty", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="corral-bench-") as directory:
        cluster = Cluster(Path(directory))
        try:
            measure(cluster, options.rounds, options.empty, Console(width=120))
        finally:
            cluster.corral("down", "--purge", "--yes")


if __name__ == "__main__":
    main()
