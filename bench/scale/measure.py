"""`corral plan` over a recording: the time of each of its phases, and the memory that it took.

    PYTHONPATH=bench .venv/bin/python -m scale.measure DIRECTORY [PROFILE]

A program of its own, which has loaded nothing else.
"""

from __future__ import annotations

import asyncio
import cProfile
import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from corral import tuned
from corral.cluster_file.parse import load_file
from corral.desired.database import replica_set
from corral.model.only import Only
from corral.observe.machine import observe_machines, observed_of
from corral.operate import planning
from corral.operate.refusals import Case, refuse
from corral.places.base import Observation
from corral.places.hosts import place as hosts
from corral.places.hosts.place import HostsPlace, cluster_of
from corral.transport.base import Transport
from scale.replay import Replay, read_secrets
from scale.wanted import complete

PARTS = (
    (hosts.rules, ("findings_on",)),  # type: ignore[attr-defined] # late: the object that the place calls
    (hosts, ("host_facts",)),
    (hosts.assembler, ("assemble",)),  # type: ignore[attr-defined] # the same
    (planning, ("make_plan", "basis_of")),
)
"""The functions that make a plan of what was seen, each of them a phase, where they are called."""


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
    watch.time("cluster_of", cluster_of)(loaded)
    place = HostsPlace(loaded)
    place.secret_store.values = read_secrets(directory)
    watch.time("check_file", lambda: refuse("file", Case("plan", place, tuple(place.judge_file()))))()
    looks: list[Observation] = []
    watch.time("observe", lambda: asyncio.run(_look(place, Replay(directory / "answers"), looks)))()
    seen = looks[0]
    with ExitStack() as watched:
        for module, names in PARTS:
            watched.enter_context(watch.watching(module, names))
        refuse("seen", Case("plan", place, tuple(place.findings(seen)), seen=seen))
        plan = planning.differences(Only())(place, seen)
    return {
        "seconds": time.perf_counter() - started,
        "phases": watch.seconds,
        "processor": time.process_time(),
        "peak": peak(),
        "changes": plan.changes,
    }


async def _look(place: HostsPlace, replay: Replay, looks: list[Observation]) -> None:
    """As HostsPlace.observe(), with a replica set that needs no asking; its task has no result to be written out."""
    machines, problems = await observe_machines(cast(Transport, replay), place.cluster, place.secrets)
    if problems:
        raise ValueError(f"a recording can't be read: {next(iter(problems.values())).message}")
    found = observed_of(machines, complete(replica_set(place.cluster.database)))
    looks.append(Observation(found, machines, set_asked=True))


def peak() -> int:
    """The largest resident size of this process so far, in bytes.

    Of this program alone: getrusage's ru_maxrss begins with that of the process which started it.
    """
    found = re.search(r"^VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    if found is None:
        raise OSError("/proc/self/status has no VmHWM")
    return int(found[1]) * 1024


def main() -> None:
    tuned.begin()
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
