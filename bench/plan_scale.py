"""How long `corral plan` takes for 10, 100 and 1,000 hosts with ten instances each, and how much memory.

    .venv/bin/python bench/plan_scale.py [--hosts 10 100 1000] [--found 'in place' drifted] [--rounds 3]
    .venv/bin/python bench/plan_scale.py --hosts 1000 --rounds 1 --profile plan.pstats

The hosts are recordings: the bytes that observe/machine.sh writes there, given back by a transport that reads them from
files. All else is what `corral plan` does: the cluster file, the rules, the parsing of the answers, what is wanted, the
plan, its basis. Each measurement has a process of its own; recordings are made before, reading them counts.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, get_args

from rich.console import Console
from rich.table import Table

from scale.record import Found, changes, record

HERE = Path(__file__).parent
LIMIT_SECONDS, LIMIT_PEAK = 3.0, 300 << 20
"""For 1,000 hosts, on two cores."""


def run(directory: Path, profile: str) -> dict[str, Any]:
    """What one process says of itself, and the seconds that it took as a whole."""
    command = [sys.executable, "-m", "scale.measure", str(directory), *([profile] if profile else [])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(HERE), os.environ.get("PYTHONPATH"))))}
    started = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    whole = time.perf_counter() - started
    if done.returncode != 0:
        sys.exit(f"the measurement failed:\n{done.stderr}")
    return {**json.loads(done.stdout), "whole": whole}


def rounds_of(hosts: int, found: Found, options: argparse.Namespace) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="corral-bench-") as directory:
        record(Path(directory), hosts, found)
        runs = [run(Path(directory), options.profile) for _ in range(options.rounds)]
    wanted = changes(hosts, found)
    if wanted is not None and runs[0]["changes"] != wanted:
        sys.exit(f"{hosts} hosts, {found}: the plan has {runs[0]['changes']} changes, and {wanted} are right")
    return runs


def median(runs: list[dict[str, Any]], key: str) -> float:
    return float(statistics.median(run[key] for run in runs))


def report(results: dict[tuple[int, Found], list[dict[str, Any]]], console: Console) -> None:
    title = f"corral plan, {os.cpu_count()} cores"
    columns = (
        "hosts",
        "found",
        "changes",
        "whole s",
        "of it start s",
        "processor s",
        "ms a host",
        "peak MB",
        "of limits",
    )
    table = Table(*columns, title=title)
    for (hosts, found), runs in results.items():
        whole, inside, processor, peak = (median(runs, key) for key in ("whole", "seconds", "processor", "peak"))
        limits = f"{whole / LIMIT_SECONDS:.2f} {peak / LIMIT_PEAK:.2f}" if hosts == 1000 else ""
        row = (
            f"{whole:.2f}",
            f"{whole - inside:.2f}",
            f"{processor:.2f}",
            f"{1000 * inside / hosts:.2f}",
            f"{peak / 2**20:.0f}",
            limits,
        )
        table.add_row(str(hosts), found, str(runs[0]["changes"]), *row)
    console.print(table)


def report_phases(results: dict[tuple[int, Found], list[dict[str, Any]]], console: Console) -> None:
    """make_plan includes those parts of assemble that it asks for: the proxies' files batch by batch."""
    phases = list(next(iter(results.values()))[0]["phases"])
    table = Table("hosts", "found", *phases, title="ms of processor time by phase")
    for (hosts, found), runs in results.items():
        cells = [statistics.median(run["phases"][phase] for run in runs) for phase in phases]
        table.add_row(str(hosts), found, *(f"{1000 * seconds:.0f}" for seconds in cells))
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--hosts", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--found", nargs="+", choices=get_args(Found), default=["in place", "drifted"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--profile", default="", metavar="FILE", help="write cProfile's statistics; times are longer")
    options = parser.parse_args()
    results = {(hosts, found): rounds_of(hosts, found, options) for found in options.found for hosts in options.hosts}
    console = Console(width=120)
    report(results, console)
    report_phases(results, console)


if __name__ == "__main__":
    main()
