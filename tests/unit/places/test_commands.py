"""First words of commands, each judged, and then started as an instance is: what is found starts, and nothing else."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from corral.model.cluster import Cluster
from corral.model.shared_machine import FoundCommand
from corral.places.playground import commands
from tests.unit.rules import one_machine

SCRIPT = b"#!/bin/sh\necho ran\n"
PATH = "/usr/bin:/bin"


def cluster(word: str, env: str = "{}") -> Cluster:
    return one_machine.cluster(one_machine.FILE.replace("serve --quick", f"'{word}', env: {env}"))


def judged(directory: Path, word: str, env: str = "{}", path: str = PATH) -> FoundCommand:
    [(told, found)] = commands.found(cluster(word, env), directory, path)
    assert told == word
    return found


def starts(directory: Path, word: str, path: str = PATH) -> bool:
    done = subprocess.run(
        ["/bin/sh", "-c", f"exec {word}"], cwd=directory, env={"PATH": path}, capture_output=True, check=False
    )
    return done.stdout.endswith(b"ran\n")


def put(directory: Path, content: bytes, mode: int = 0o755) -> Path:
    file = directory / "run"
    file.write_bytes(content)
    file.chmod(mode)
    return file


@pytest.mark.parametrize(
    ("content", "state", "interpreter"),
    [
        (SCRIPT, "found", ""),
        (b"#! /bin/sh -e\necho ran\n", "found", ""),
        (b"#!/usr/bin/env sh\necho ran\n", "found", ""),
        (b"#!/usr/bin/env -S sh -e\necho ran\n", "found", ""),
        (b"#!/usr/bin/env -S A=1 sh\necho ran\n", "found", ""),
        (b"echo ran\n", "found", ""),
        (b"#!\necho ran\n", "found", ""),
        (b"\xef\xbb\xbf#!/bin/sh\necho ran\n", "found", ""),
        (SCRIPT.replace(b"\n", b"\r\n"), "windows lines", "/bin/sh"),
        (b"#!/usr/bin/env sh\r\necho ran\r\n", "windows lines", "/usr/bin/env sh"),
        (b"#!/bin/sh -e\r\necho ran\r\n", "windows lines", "/bin/sh -e"),
        (b"\xef\xbb\xbf#!/usr/bin/env python3\nprint('ran')\n", "mark", "/usr/bin/env python3"),
        (b"#!/usr/bin/python3.99\nprint('ran')\n", "no interpreter", "/usr/bin/python3.99"),
        (b"#!/usr/bin/env python3.99\nprint('ran')\n", "no interpreter", "python3.99"),
        (b"#!/usr/bin/env -S python3.99 -u\nprint('ran')\n", "no interpreter", "python3.99"),
        (b"#!/usr/bin/env sh -e\necho ran\n", "no interpreter", "sh -e"),
        (b"#!/etc/passwd\necho ran\n", "no interpreter", "/etc/passwd"),
    ],
)
def test_a_file_by_its_first_line(tmp_path: Path, content: bytes, state: str, interpreter: str) -> None:
    file = put(tmp_path, content)
    found = judged(tmp_path, "./run")
    assert (found.state, found.file, found.interpreter) == (state, str(file), interpreter)
    assert starts(tmp_path, "./run") is (state == "found")


def test_what_is_no_program_that_may_be_run(tmp_path: Path) -> None:
    file = put(tmp_path, SCRIPT, 0o644)
    (tmp_path / "bin").mkdir()
    assert judged(tmp_path, "./run") == FoundCommand("not executable", str(file))
    assert judged(tmp_path, "./bin") == FoundCommand("directory", str(tmp_path / "bin"))
    assert judged(tmp_path, "./none") == FoundCommand("missing", str(tmp_path / "none"))
    assert not any(starts(tmp_path, word) for word in ("./run", "./bin", "./none"))


def test_a_word_on_path_has_a_first_line_too(tmp_path: Path) -> None:
    """As what a virtual environment has put there, which was moved since."""
    file = put(tmp_path, b"#!/old/place/bin/python\n")
    path = f"{tmp_path}:{PATH}"
    assert judged(tmp_path, "run", path=path) == FoundCommand("no interpreter", str(file), "/old/place/bin/python")
    assert judged(tmp_path, "sh") == FoundCommand("found")
    assert judged(tmp_path, "no-such-program") == FoundCommand("missing")
    put(tmp_path, SCRIPT)
    assert judged(tmp_path, "run", path=path) == FoundCommand("found")


def test_the_applications_own_path_counts(tmp_path: Path) -> None:
    put(tmp_path, SCRIPT)
    assert judged(tmp_path, "run", f"{{PATH: '{tmp_path}'}}") == FoundCommand("found")
    assert judged(tmp_path, "run", "{PATH: '${env:PATH}'}") == FoundCommand("missing"), "that one isn't known here"


def test_what_can_not_be_read_is_taken_for_a_program(tmp_path: Path) -> None:
    put(tmp_path, b"\x7fELF")
    assert judged(tmp_path, "./run").state == "found"
    if os.geteuid() != 0:
        put(tmp_path, SCRIPT.replace(b"\n", b"\r\n"), 0o111)
        assert judged(tmp_path, "./run").state == "found"
