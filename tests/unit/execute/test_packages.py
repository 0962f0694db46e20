"""Installing packages, by a real shell and programs that stand for apt-get, dpkg and dnf."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Final

import pytest

from corral.execute.scripts import script_of
from corral.plan.software import InstallPackages
from tests.patience import PATIENCE, until

_SAYS: Final = '#!/bin/sh\necho "$DEBIAN_FRONTEND ${0##*/} $*" >>"$0.log"\n'
_APT: Final = """\
case "$*" in *" update") exit 0 ;; esac
cd "${0%/*}"
echo 'Reading package lists...'
if [ -e interrupted ]; then
    echo "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem." >&2
    exit 100
fi
case "$*" in *--fix-broken*) rm -f broken ;; esac
[ ! -e broken ] || { echo "E: Unmet dependencies. Try 'apt --fix-broken install' with no packages" >&2; exit 100; }
[ ! -e missing ] || { echo 'E: Unable to locate package nginx' >&2; exit 100; }
"""
_DPKG: Final = 'cd "${0%/*}"; rm -f interrupted; [ ! -e broken ]\n'
INSTALL: Final = InstallPackages("h", ("nginx", "logrotate"))


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    for name, text in (("apt-get", _APT), ("dpkg", _DPKG), ("dnf", "echo 'Error: No match' >&2; exit 1\n")):
        stand_in(tmp_path, name, text)
    return tmp_path


def stand_in(programs: Path, name: str, text: str) -> None:
    (programs / name).write_text(_SAYS + text)
    (programs / name).chmod(0o755)


def begin(programs: Path, action: InstallPackages, stderr: int = subprocess.PIPE) -> subprocess.Popen[str]:
    (programs / "tmp").mkdir(exist_ok=True)
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "TMPDIR": str(programs / "tmp")}
    script = script_of([action], str(programs / "state"), {})
    return subprocess.Popen(
        ["sh", "-c", script], env=environment, text=True, stdout=subprocess.PIPE, stderr=stderr, start_new_session=True
    )


def installed(programs: Path, action: InstallPackages = INSTALL) -> tuple[int, list[str]]:
    """The exit code and what was said on stderr; whatever happens, no file is left over."""
    process = begin(programs, action)
    _, said = process.communicate(timeout=PATIENCE)
    assert list((programs / "tmp").iterdir()) == []
    return process.returncode, said.splitlines()


def calls(programs: Path, name: str) -> list[str]:
    log = programs / f"{name}.log"
    return log.read_text().splitlines() if log.exists() else []


def test_what_goes_well_says_nothing_and_leaves_dpkg_alone(programs: Path) -> None:
    assert installed(programs) == (0, [])
    assert [line.split()[-1] for line in calls(programs, "apt-get")] == ["update", "logrotate"]
    assert calls(programs, "dpkg") == []


@pytest.mark.parametrize("left", [["interrupted"], ["broken"], ["interrupted", "broken"]])
def test_what_was_cut_off_is_gone_on_with(programs: Path, left: list[str]) -> None:
    """dpkg has notes of its own; a package is unpacked and one that it depends on is not."""
    for state in left:
        (programs / state).touch()
    assert installed(programs) == (0, [])
    assert calls(programs, "dpkg") == ["noninteractive dpkg --force-confdef --force-confold --configure -a"]
    _, first, mended, again = calls(programs, "apt-get")
    assert first == again
    assert first.startswith("noninteractive apt-get -q -y ")
    assert first.endswith(" --no-install-recommends install nginx logrotate")
    assert mended.endswith(" --fix-broken --no-remove install"), "nothing of the user's is removed to mend it"


def test_what_fails_tells_why_and_is_not_tried_again(programs: Path) -> None:
    (programs / "missing").touch()
    why = ["Reading package lists...", "E: Unable to locate package nginx", "apt-get can't install nginx logrotate"]
    assert installed(programs) == (1, why)
    assert len(calls(programs, "apt-get")) == 2
    assert calls(programs, "dpkg") == []


def test_the_end_of_a_long_story_is_told(programs: Path) -> None:
    stand_in(programs, "apt-get", "seq 1 1000; exit 100\n")
    assert installed(programs) == (1, [*map(str, range(961, 1001)), "apt-get update failed"])


def test_what_dnf_says_is_told_too(programs: Path) -> None:
    action = InstallPackages("h", ("nginx",), manager="dnf")
    assert installed(programs, action) == (1, ["Error: No match", "dnf can't install nginx"])


@pytest.mark.parametrize("manager", ["apt", "dnf"])
def test_a_connection_that_is_cut_does_not_kill_the_installer(programs: Path, manager: str) -> None:
    for name in ("apt-get", "dnf"):
        stand_in(programs, name, 'seq 1 1000 && seq 1 1000 >&2 && touch "$0.whole"\n')
    reader, writer = os.pipe()
    os.close(reader)
    try:
        process = begin(programs, InstallPackages("h", ("nginx",), manager=manager), writer)  # type: ignore[arg-type]
        process.communicate(timeout=PATIENCE)
    finally:
        os.close(writer)
    assert [path.name for path in programs.glob("*.whole")] == [f"{'apt-get' if manager == 'apt' else 'dnf'}.whole"]


def test_one_that_takes_too_long_tells_how_far_it_came(programs: Path) -> None:
    """At its deadline a script is sent TERM."""
    said = "echo '0% [Connecting to deb.example.org]'; touch \"$0.said\""
    stand_in(programs, "apt-get", f"{said}; exec sleep 3600\n")
    process = begin(programs, INSTALL)
    until((programs / "apt-get.said").exists)
    os.killpg(process.pid, signal.SIGTERM)
    _, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == 143
    assert "0% [Connecting to deb.example.org]" in told.splitlines()
    assert list((programs / "tmp").iterdir()) == []
