"""Records what a real `corral up` leaves in its state directory: the files that tests/unit/takeover reads.

    python -m tests.unit.takeover.record_playground DIRECTORY

It works in HOME, which it makes and deletes: the places of files stand in them and go into the revisions, so they can't
be replaced afterwards, and they should be nobody's. What is in data/ is what an earlier Corral has left, so it is never
recorded anew: a new recording is another directory beside it.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

from corral.cluster_file.example import example_text
from corral.places.playground import binaries
from corral.units.machine import is_root
from corral.units.supervisord import Supervisord

HOME: Final = Path("/srv/board")
NAME: Final = "noticeboard"
ROOT: Final = HOME / "state" / "corral" / NAME
_ENVIRONMENT: Final = {
    "HOME": str(HOME),
    "XDG_STATE_HOME": str(HOME / "state"),
    "PATH": f"{HOME}/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
}
_OF_CORRAL: Final = ("config", "run/revisions", "run/files")
"""What Corral writes on each host; the rest is the processes' own: data, logs, sockets."""


def record(into: Path) -> None:
    HOME.mkdir()
    try:
        _link_programs()
        _corral("up", "--detach")
        try:
            _write(into)
        finally:
            _corral("down", "--purge", "--yes")
    finally:
        shutil.rmtree(HOME)


def _link_programs() -> None:
    """nginx and mongod at places that don't tell whose environment they are from."""
    (HOME / "bin").mkdir()
    for program in binaries.found():
        (HOME / "bin" / program.name).symlink_to(program.path)


def _corral(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "corral", *arguments], check=True, cwd=HOME, env=_ENVIRONMENT)


def _write(into: Path) -> None:
    into.mkdir(parents=True)
    (into / "cluster.yaml").write_text(example_text())
    _write_json(into / "files.json", {_below(path): _described(path) for path in _files()})
    _write_json(into / "directories.json", {_below(path): _mode(path) for path in _directories()})
    _write_json(into / "supervisord.json", _processes())
    _write_json(into / "facts.json", _facts())


def _processes() -> list[dict[str, Any]]:
    """Once supervisord takes all of them for running: healthy ones may be too young for that."""
    for _ in range(100):
        rows: list[dict[str, Any]] = asyncio.run(Supervisord(ROOT, NAME).call("supervisor.getAllProcessInfo"))
        if all(row["statename"] == "RUNNING" for row in rows):
            return rows
        time.sleep(0.1)
    raise AssertionError("a process doesn't stay")


def _files() -> list[Path]:
    owned = [path for part in _OF_CORRAL for place in ROOT.glob(f"hosts/*/{part}") for path in place.rglob("*")]
    return sorted(path for path in (*owned, ROOT / "state.json", ROOT / "secrets.json") if path.is_file())


def _directories() -> list[Path]:
    """Without what is inside the databases' own."""
    inside = set(ROOT.glob("hosts/*/data/mongod/**/*"))
    return [path for path in ROOT.rglob("*") if path.is_dir() and path not in inside]


def _described(path: Path) -> dict[str, Any]:
    """The content as lines, so that a person can read it."""
    return {"mode": _mode(path), "content": path.read_text().split("\n")}


def _mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):04o}"


def _facts() -> dict[str, Any]:
    os.environ["PATH"] = _ENVIRONMENT["PATH"]
    nginx, mongod = binaries.found()
    return {
        "root": str(ROOT),
        "user": "root" if is_root() else "",
        "directory": "/",  # where the built-in example is taken to lie
        "nginx": {"path": nginx.path, "version": nginx.version},
        "mongod": {"path": mongod.path, "version": mongod.version},
    }


def _below(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    record(Path(sys.argv[1]))
