"""What the machine must have, found out before anything is fetched, and said all at once."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from .tree import Tree

PACKAGES_SIZE = 700 << 20
"""Bytes of node_modules: 685 MiB measured with du."""
NODE_SIZE = 100 << 20
"""Bytes of Node and npm, likewise."""
CACHE_SIZE = 300 << 20
"""Bytes that npm's cache grows by: 292 MiB. On the same file system unless somebody put it elsewhere."""
NPM_ANSWERS_WITHIN = 20
"""Seconds for `npm --version`, which takes 0.2."""

FreeSpace = Callable[[Path], int]


def free_space(path: Path) -> int:
    return shutil.disk_usage(path).free


def missing(tree: Tree, free: FreeSpace = free_space) -> list[str]:
    """A sentence for each thing that the install would fail for; none when it can begin."""
    checks = (_platform(), _system_npm(tree), _compiler(), _space(tree, free), _writable(tree.root))
    return [sentence for sentence in checks if sentence]


def _platform() -> str:
    system, machine, libc = sys.platform, platform.machine(), platform.libc_ver()[0]
    if (system, machine, libc) == ("linux", "x86_64", "glibc"):
        return ""
    found = f"{system} on {machine}" + ("" if libc == "glibc" else " without glibc")
    return (
        f"Node 14 comes from npm for Linux on x86_64 with glibc, and this is {found}: use such a machine or container."
    )


def _system_npm(tree: Tree) -> str:
    """Only fetches Node, with which the npm comes that does the rest."""
    if tree.has_node():
        return ""
    if not shutil.which("npm"):
        return "npm is missing, which fetches Node 14: install it, on Debian and Ubuntu by `apt install npm`."
    version = _npm_version()
    if not version.split(".")[0].isdigit():
        return f"npm is there ({shutil.which('npm')}) but does not work, `npm --version` {version}: install it anew."
    if int(version.split(".")[0]) < 7:
        return f"npm {version} can't read the lock files here, and 7 or later can: run `npm install -g npm@9`."
    return ""


def _npm_version() -> str:
    """npm's version, or what it did instead of telling it."""
    command = ["npm", "--version"]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=NPM_ANSWERS_WITHIN, check=False)
    except subprocess.TimeoutExpired:
        return f"does not answer in {NPM_ANSWERS_WITHIN} s"
    except OSError as error:
        return f"can't be run: {error.strerror}"
    if run.returncode:
        return f"ends with {run.returncode}"
    return run.stdout.strip() or "says nothing"


def _compiler() -> str:
    """bcrypt 3.0.6 has no build for Node 14 on offer: it is compiled here."""
    absent = [name for name in ("g++", "make") if not shutil.which(name)]
    if not absent:
        return ""
    verb, them = ("is", "it") if len(absent) == 1 else ("are", "them")
    names = " and ".join(absent)
    return f"{names} {verb} missing, to compile bcrypt: install {them}, on Debian and Ubuntu by `apt install g++ make`."


def _space(tree: Tree, free: FreeSpace) -> str:
    needed = 0 if tree.has_node() else NODE_SIZE
    if not tree.has_packages():
        needed += PACKAGES_SIZE + CACHE_SIZE
    available = free(tree.root)
    if available < needed and not tree.has_packages():
        available += tree.size()  # the half of an earlier run is taken away first
    if available >= needed:
        return ""
    return (
        f"{_megabytes(needed)} of disk are needed below {tree.root}, and {_megabytes(available)} are free: "
        "make room, or move the folder to a larger disk."
    )


def _writable(root: Path) -> str:
    for place in (root, root / "node", root / "node_modules", root / "node" / "node_modules"):
        if place.exists() and not os.access(place, os.W_OK | os.X_OK):
            return (
                f"{place} can't be written by this user: run as its owner, or copy the folder to a place of your own."
            )
    return ""


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
