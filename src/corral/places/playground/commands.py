"""What the kernel makes of the first words of the instances' commands: the file, and what its first line asks for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Final

from corral.model.cluster import Cluster, Instance
from corral.model.shared_machine import FoundCommand
from corral.secrets import has_reference

_HEAD: Final = 4096
"""Bytes of a file in which its first line is looked for; the kernel looks at 256."""
_MARK: Final = b"\xef\xbb\xbf"
"""U+FEFF in UTF-8."""
_SHELL: Final = "sh"
"""By what a script is run that the kernel takes for no script: to one of these its first line makes no difference."""
_ENV: Final = "env"
_SPLIT: Final = "-S"
"""env's option: without it the kernel gives env all that follows as one name."""


def found(cluster: Cluster, directory: Path, path: str) -> Iterator[tuple[str, FoundCommand]]:
    """By first word. `path` is the PATH that instances have, unless their environment names another."""
    firsts: dict[str, Instance] = {}
    for instance in cluster.app.instances:
        if instance.command:
            firsts.setdefault(instance.command[0], instance)
    for word, instance in firsts.items():
        own = dict(instance.environment).get("PATH", "")
        yield word, _found(directory, word, path if not own or has_reference(own) else own)


def _found(directory: Path, word: str, path: str) -> FoundCommand:
    if "/" not in word:
        place = shutil.which(word, path=path)
        judged = _judged(Path(place), directory, path) if place else FoundCommand("missing")
        return FoundCommand("found") if judged.state == "found" else judged
    file = directory / word
    if file.is_dir():
        return FoundCommand("directory", str(file))
    if not file.exists():
        return FoundCommand("missing", str(file))
    runs = file.is_file() and os.access(file, os.X_OK)
    return _judged(file, directory, path) if runs else FoundCommand("not executable", str(file))


def _judged(file: Path, directory: Path, path: str) -> FoundCommand:
    """By its first line. What is no script is taken for a program that runs, and so is what can't be read."""
    head = _head(file)
    line = head.removeprefix(_MARK).partition(b"\n")[0]
    words = line[2:].decode(errors="replace").strip().split(maxsplit=1)
    if not words or not line.startswith(b"#!"):
        return FoundCommand("found", str(file))
    if line.endswith(b"\r"):
        return FoundCommand("windows lines", str(file), " ".join(words))
    if head.startswith(_MARK) and PurePath(words[-1]).name != _SHELL:
        return FoundCommand("mark", str(file), " ".join(words))
    missing = _missing(words, directory, path)
    return FoundCommand("no interpreter", str(file), missing) if missing else FoundCommand("found", str(file))


def _head(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(_HEAD)
    except OSError:
        return b""


def _missing(words: list[str], directory: Path, path: str) -> str:
    """What the first line asks for and can't be had; empty where nothing is missing, or that isn't known.

    `words` are the interpreter and, as the kernel has it, all that follows as one argument.
    """
    if not os.access(directory / words[0], os.X_OK):
        return words[0]
    if len(words) < 2 or PurePath(words[0]).name != _ENV:
        return ""
    name = words[1]
    if name.startswith(_SPLIT):
        name = "".join(name.removeprefix(_SPLIT).split()[:1])
    known = name and not name.startswith("-") and "=" not in name
    return name if known and not shutil.which(name, path=path) else ""
