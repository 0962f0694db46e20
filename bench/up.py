"""How long the main verbs take: empty state to healthy, an unchanged run, one instance more, --help, down.

    .venv/bin/python bench/up.py [--rounds 3]

Each round has a state directory of its own and uses the installed command as a user would. Prints medians, the
limits that the project sets itself, and a breakdown by stage of the first start.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

CORRAL = Path(sys.executable).parent / "corral"
LIMITS = {"empty state to healthy": 15.0, "unchanged": 1.5, "corral --help": 0.25}
"""Seconds, on two cores with everything installed."""


class Bench:
    def __init__(self, state: Path, name: str) -> None:
        self.environment = {**os.environ, "XDG_STATE_HOME": str(state), "NO_COLOR": "1"}
        self.file = state / "cluster.yaml"
        self.run("init", "-f", str(self.file), "--name", name)

    def run(self, *arguments: str) -> tuple[float, str]:
        """Seconds, and what was said on stderr. Ends the benchmark when the command fails."""
        started = time.perf_counter()
        done = subprocess.run([CORRAL, *arguments], env=self.environment, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - started
        if done.returncode != 0:
            sys.exit(f"corral {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
        return seconds, done.stderr

    def up(self) -> tuple[float, str]:
        return self.run("up", "-f", str(self.file), "--detach")


def one_round(times: dict[str, list[float]], stages: dict[str, list[float]]) -> None:
    with tempfile.TemporaryDirectory(prefix="corral-bench-") as directory:
        bench = Bench(Path(directory), f"bench-{os.getpid()}")
        try:
            seconds, said = bench.up()
            times["empty state to healthy"].append(seconds)
            for stage, took in re.findall(r"^✔ (\S+)\s+([\d.]+) s", said, re.MULTILINE):
                stages[stage].append(float(took))
            for _ in range(3):
                times["unchanged"].append(bench.up()[0])
            text = bench.file.read_text()
            bench.file.write_text(re.sub(r"^(  instances:) 5", r"\1 6", text, count=1, flags=re.MULTILINE))
            times["5 to 6 instances on each host"].append(bench.up()[0])
            times["down"].append(bench.run("down", "-f", str(bench.file))[0])
            times["up again, with data"].append(bench.up()[0])
        finally:
            bench.run("down", "-f", str(bench.file), "--purge", "--yes")
    for _ in range(5):
        times["corral --help"].append(bench.run("--help")[0])


def report(times: dict[str, list[float]], stages: dict[str, list[float]]) -> None:
    console = Console()
    table = Table("what", "median s", "min", "max", "limit", "ratio to limit", title=f"{os.cpu_count()} cores")
    for what, seconds in times.items():
        median, limit = statistics.median(seconds), LIMITS.get(what)
        ratio = f"{median / limit:.2f}" if limit else ""
        row = (
            f"{median:.2f}",
            f"{min(seconds):.2f}",
            f"{max(seconds):.2f}",
            f"{limit:g}" if limit else "",
            ratio,
        )
        table.add_row(what, *row)
    console.print(table)
    whole = statistics.median(times["empty state to healthy"])
    parts = Table("stage of the first start", "median s", "share")
    rest = whole
    for stage, seconds in stages.items():
        median = statistics.median(seconds)
        rest -= median
        parts.add_row(stage, f"{median:.2f}", f"{median / whole:.0%}")
    parts.add_row("reading, planning, Python's own start", f"{rest:.2f}", f"{rest / whole:.0%}")
    console.print(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=3)
    times: dict[str, list[float]] = defaultdict(list)
    stages: dict[str, list[float]] = defaultdict(list)
    for _ in range(parser.parse_args().rounds):
        one_round(times, stages)
    report(times, stages)


if __name__ == "__main__":
    main()
