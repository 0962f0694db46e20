"""The lab's hosts that bench/apply.py has for itself, and a cluster file for them."""

from __future__ import annotations

import fcntl
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "lab" / "cluster.yaml"
NAME, SUBNET = "corral-bench", "10.110.0"
HOSTS = ("proxy-100", "app-108", "app-208", "db-216", "db-217", "db-218", "time-123")


def lab(*arguments: str) -> str:
    """`python -m lab`, whose own words go to stderr. Ends the benchmark when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "lab", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(f"python -m lab {' '.join(arguments)} failed")
    return done.stdout


@contextmanager
def alone() -> Iterator[None]:
    """One benchmark at a time has the hosts. Ends this one when another is at work."""
    with Path(tempfile.gettempdir(), f"{NAME}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"another benchmark is at work on the lab {NAME}")
        yield


def up() -> None:
    lab("up", "--name", NAME, "--subnet", SUBNET)


def down() -> None:
    lab("down", "--name", NAME)


def execute(host: str, command: str) -> str:
    """A line of sh on `host`, as root."""
    return lab("exec", "--name", NAME, host, "--", "sh", "-c", command)


def install(package: str, hosts: Iterable[str] = HOSTS) -> None:
    """What a measurement needs to be there, from the hosts' own sources."""
    fetch = f"apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq {package} >/dev/null"
    command = f"dpkg -s {package} >/dev/null 2>&1 || {{ {fetch}; }}"
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda host: execute(host, command), hosts))


def write_cluster(directory: Path) -> Path:
    """The example's file on these hosts, in a new directory: its secrets and its journal are beside it."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o700)
    text = EXAMPLE.read_text().replace("10.108.0.", f"{SUBNET}.")
    text = re.sub(r"\.\./\.\./lab/\.state/corral-lab/", f"{ROOT}/lab/.state/{NAME}/", text)
    path = directory / "cluster.yaml"
    path.write_text(re.sub(r"\.\./\.\./lab/", f"{ROOT}/lab/", text))
    return path
