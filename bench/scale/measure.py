"""`corral plan` over a recording: the time of each of its phases, and the memory that it took.

    PYTHONPATH=bench .venv/bin/python -m scale.measure DIRECTORY [PROFILE]

A program of its own, which has loaded nothing else.
"""

from __future__ import annotations

import cProfile
import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from corral.__main__ import set_up
from corral.cli.running import run_async
from corral.desired.database import replica_set
from corral.observe.machine import observe_machines, observed_of
from corral.operate import look as looking
from corral.operate.connections import cluster_of
from corral.operate.look import Look, plan_from
from corral.operate.preflight import check_file
from corral.operate.site import Site
from corral.plan.only import Only
from corral.spec.parse import load_file
from corral.transport.base import Transport
from corral.units.base import UnitManager
from scale.replay import Replay, read_secrets
from scale.wanted import complete

PARTS = ("preflight", "host_facts", "assemble_hosts", "plan_of", "basis_of")
"""The functions that plan_from() calls, each of them a phase."""


class Stopwatch:
    """Seconds of processor time by phase: others may be at work on the machine."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def time(self, phase: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, timed."""

        def timed(*arguments: Any, **named: Any) -> Any:
            started = time.process_time()
            try:
                return function(*arguments, **named)
            finally:
                self.seconds[phase] = self.seconds.get(phase, 0.0) + time.process_time() - started

        return timed

    @contextmanager
    def watching(self, module: ModuleType, names: tuple[str, ...]) -> Iterator[None]:
        """Time the functions that `module` calls by these names."""
        functions = {name: getattr(module, name) for name in names}
        for name, function in functions.items():
            setattr(module, name, self.time(name, function))
        try:
            yield
        finally:
            for name, function in functions.items():
                setattr(module, name, function)


def measure(directory: Path) -> dict[str, Any]:
    watch = Stopwatch()
    started = time.perf_counter()
    loaded = watch.time("load_file", load_file)(directory / "cluster.yaml")
    cluster = watch.time("cluster_of", cluster_of)(loaded)
    watch.time("check_file", check_file)(loaded)
    transport = cast(Transport, Replay(directory / "answers"))
    site = Site(cluster, transport, cast(UnitManager, None), read_secrets(directory))
    seen = watch.time("observe", lambda: run_async(_look(site)))()
    with watch.watching(looking, PARTS):
        plan = plan_from(site, seen, Only()).plan
    return {
        "seconds": time.perf_counter() - started,
        "phases": watch.seconds,
        "processor": time.process_time(),
        "peak": peak(),
        "changes": plan.changes,
    }


async def _look(site: Site) -> Look:
    """As operate.look.look(), with a replica set that needs no asking."""
    machines, problems = await observe_machines(site.transport, site.cluster, site.secrets)
    if problems:
        raise ValueError(f"a recording can't be read: {next(iter(problems.values())).message}")
    return Look(machines, observed_of(machines, complete(replica_set(site.cluster.database))))


def peak() -> int:
    """The largest resident size of this process so far, in bytes.

    Of this program alone: getrusage's ru_maxrss begins with that of the process which started it.
    """
    found = re.search(r"^VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    if found is None:
        raise OSError("/proc/self/status has no VmHWM")
    return int(found[1]) * 1024


def main() -> None:
    set_up()
    directory, *profile = sys.argv[1:]
    profiler = cProfile.Profile()
    if profile:
        profiler.enable()
    result = measure(Path(directory))
    if profile:
        profiler.disable()
        profiler.dump_stats(profile[0])
    print(json.dumps(result))


if __name__ == "__main__":
    main()
