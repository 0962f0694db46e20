"""A user id without an account, and without HOME, as containers have them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from corral.files import expanded, home

PROGRAM = """\
import os, sys
from corral import files
def unknown(path):
    raise RuntimeError("Could not determine home directory.")
files.Path.expanduser = unknown
from corral.__main__ import main
sys.argv[0] = "corral"
main()
"""
VERBS = [["up", "--dry-run"], ["down"], ["status"], ["verify"], ["logs"], ["journal"], ["unlock"], ["restart", "app"]]


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb[0])
def test_it_is_told_in_a_sentence(verb: list[str], tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ("HOME", "XDG_STATE_HOME")}
    command = [sys.executable, "-c", PROGRAM, *verb]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert "the home directory isn't known: set HOME to one" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == 1


def test_nor_is_a_name_that_nobody_has(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OSError, match="there is no account nobody-has-this-name"):
        expanded("~nobody-has-this-name/key")
    monkeypatch.setenv("HOME", "/srv/anna")
    assert (home(), expanded("~/key"), expanded("key")) == (Path("/srv/anna"), Path("/srv/anna/key"), Path("key"))
