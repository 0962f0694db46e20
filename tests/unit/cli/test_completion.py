"""What a shell completes: names of the cluster file, whatever is typed so far; nothing, and no noise, without one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE

CORRAL = Path(sys.executable).parent / "corral"
FILE = """\
name: shop
hosts: {one: 10.0.0.1, two: 10.0.0.2, three: 10.0.0.3}
proxy: {hosts: [one]}
app: {command: serve --quick, hosts: [one, two], instances: 2, first_port: 5000}
database: {members: [one, two, three]}
"""


def completed(directory: Path, *words: str) -> list[str]:
    environment = {
        **os.environ,
        "XDG_STATE_HOME": str(directory / "state"),
        "COMP_WORDS": " ".join(("corral", *words)),
        "COMP_CWORD": str(len(words)),
        "_CORRAL_COMPLETE": "complete_bash",
    }
    done = subprocess.run(
        [CORRAL], cwd=directory, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("stop", "two-"), ["two-5000", "two-5001"]),
        (("stop", "one-5000", "two-5001"), ["two-5001"]),
        (("restart", "w"), ["web", "worker"]),
        (("logs", "th"), ["three"]),
        (("exec", "o"), ["one", "one-5000", "one-5001"]),
        (("apply", "--without", "t"), ["two", "three"]),
        (("apply", "--only", "t"), ["time", "two", "three"]),
        (("trust", "o"), ["one"]),
        (("sta",), ["status", "start"]),
    ],
)
def test_names_of_the_file(tmp_path: Path, words: tuple[str, ...], expected: list[str]) -> None:
    (tmp_path / "cluster.yaml").write_text(FILE)
    assert completed(tmp_path, *words) == expected


@pytest.mark.parametrize("before", [True, False])
def test_the_file_that_is_named(tmp_path: Path, before: bool) -> None:
    (tmp_path / "shop.yaml").write_text(FILE)
    named = ("-f", "shop.yaml")
    assert completed(tmp_path, *((*named, "stop", "th") if before else ("stop", *named, "th"))) == ["three"]


@pytest.mark.parametrize("text", ["", "name: [", FILE.replace("[one]", "[ghost]")])
def test_without_a_right_file_nothing_is_completed(tmp_path: Path, text: str) -> None:
    if text:
        (tmp_path / "cluster.yaml").write_text(text)
    assert completed(tmp_path, "stop", "t") == []
