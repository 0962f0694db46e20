"""Builds the images, once: they are kept until the recipe changes."""

from __future__ import annotations

import contextlib
from typing import Final

from lab import apt, debian, parcel, recipe
from lab.docker import command, docker, inspect, rows, try_docker
from lab.errors import LabError
from lab.processes import run_to_log, say, step
from lab.recipe import Kind

REPOSITORY: Final = "corral-lab"
KINDS: Final[tuple[Kind, Kind]] = ("base", "full")


def ready(kind: Kind) -> str:
    """The image's name, built first if need be; those of older recipes go. Raises LabError with the log's place."""
    base, full = (f"{REPOSITORY}/{each}:{recipe.digest(each)}" for each in KINDS)
    name = base if kind == "base" else full
    if inspect("image", "inspect", name) is None:
        if inspect("image", "inspect", base) is None:
            say("building the hosts' system, once (1 to 3 minutes)")
            with step("built the bare system"):
                debian.build(recipe.base(), base)
        if kind == "full":
            with step(f"installed {', '.join(recipe.FULL)} into it"):
                _build_full(name, base)
    for each in KINDS:
        remove_but({base, full}, each)
    return name


def purge() -> None:
    """Removes all images of the lab's that no host runs."""
    remove_but(set(), "*")


def _build_full(name: str, base: str) -> None:
    """With the machine's own network: the lab's is made only later."""
    container = f"{REPOSITORY}-build"
    try_docker("rm", "--force", "--volumes", container)
    try:
        docker("create", "--name", container, "--network=host", base, "sh", "-c", *recipe.INSTALL)
        docker("cp", "-", f"{container}:/", stdin=parcel.pack(apt.settings().files))
        run_to_log(command("start", "--attach", container), debian.LOG)
        docker("commit", "--change", recipe.START, container, name)
    finally:
        try_docker("rm", "--force", "--volumes", container)


def remove_but(kept: set[str], kind: str) -> None:
    """An image that a host still runs stays: docker refuses to remove it."""
    for row in rows("images", "--filter", f"reference={REPOSITORY}/{kind}"):
        name = f"{row['Repository']}:{row['Tag']}"
        if name not in kept:
            with contextlib.suppress(LabError):
                docker("rmi", name)
