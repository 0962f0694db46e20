"""Installing packages, by a real shell and programs that stand for apt-get, dpkg and dnf."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from corral.execute.scripts import script_of
from corral.model.programs import APT_WAIT
from corral.plan.software import InstallPackages
from tests.patience import PATIENCE, until

_SAYS: Final = '#!/bin/sh\necho "$DEBIAN_FRONTEND ${0##*/} $*" >>"$0.log"\n'
_APT: Final = """\
refuse() { printf '%s\\n' "$@" >&2; exit 100; }
cd "${0%/*}"
case "$*" in
*" update")
    if [ -e locked ]; then
        rm locked
        refuse "E: Could not get lock /x/lists/lock. It is held by process 9 (apt-get)"
    fi
    [ ! -e outdated ] || refuse "Err:1 http://third.example.org stable InRelease" "E: third.example.org isn't there"
    exit 0
    ;;
esac
echo 'Reading package lists...'
[ ! -e interrupted ] ||
    refuse "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem."
case "$*" in *--fix-broken*) rm -f broken ;; esac
[ ! -e broken ] || refuse "E: Unmet dependencies. Try 'apt --fix-broken install' with no packages"
[ ! -e other ] || refuse "Setting up nginx" "$(cat other)" "E: Sub-process /usr/bin/dpkg returned an error code (1)"
[ ! -e missing ] || refuse 'E: Unable to locate package nginx'
"""
_DPKG: Final = 'cd "${0%/*}"; rm -f interrupted; [ ! -e broken ]\n'
_QUERY: Final = 'cd "${0%/*}"; for last; do :; done; cat "status-$last"\n'
_OTHER: Final = """\
dpkg: error processing package theirs (--configure):
 installed theirs package post-installation script failed with 7
"""
INSTALL: Final = InstallPackages("h", ("nginx", "logrotate"))


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    for name, text in (
        ("apt-get", _APT),
        ("dpkg", _DPKG),
        ("dpkg-query", _QUERY),
        ("dnf", "echo 'Error: No match' >&2; exit 1\n"),
    ):
        stand_in(tmp_path, name, text)
    return tmp_path


def stand_in(programs: Path, name: str, text: str) -> None:
    (programs / name).write_text(_SAYS + text)
    (programs / name).chmod(0o755)


def begin(
    programs: Path,
    action: InstallPackages,
    stderr: int = subprocess.PIPE,
    change: Callable[[str], str] = lambda script: script,
) -> subprocess.Popen[str]:
    (programs / "tmp").mkdir(exist_ok=True)
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "TMPDIR": str(programs / "tmp")}
    script = change(script_of([action], str(programs / "state"), {}))
    return subprocess.Popen(
        ["sh", "-c", script], env=environment, text=True, stdout=subprocess.PIPE, stderr=stderr, start_new_session=True
    )


def installed(programs: Path, action: InstallPackages = INSTALL) -> tuple[int, list[str]]:
    """The exit code and what was said on stderr; whatever happens, no file is left over."""
    code, _, said = told(programs, action)
    return code, said


def told(programs: Path, action: InstallPackages = INSTALL) -> tuple[int, list[str], list[str]]:
    """The exit code, the notes, and what was said on stderr."""
    process = begin(programs, action)
    notes, said = process.communicate(timeout=PATIENCE)
    assert list((programs / "tmp").iterdir()) == []
    return process.returncode, [line for line in notes.splitlines() if line.startswith("note ")], said.splitlines()


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
    code, said = installed(programs)
    assert (code, said[:-1]) == (1, [*map(str, range(961, 1001))])
    assert said[-1] == "apt-get can't install nginx logrotate, after apt-get update failed: 1000"


def test_a_source_that_does_not_answer_is_told_and_no_more(programs: Path) -> None:
    (programs / "outdated").touch()
    code, notes, said = told(programs)
    assert (code, said) == (0, [])
    assert [note.rpartition("may be old: ")[2] for note in notes] == ["E: third.example.org isn't there"]


def test_a_source_that_does_not_answer_is_told_with_what_follows(programs: Path) -> None:
    for state in ("outdated", "missing"):
        (programs / state).touch()
    code, said = installed(programs)
    assert (code, said[-2]) == (1, "E: Unable to locate package nginx")
    assert said[-1].endswith(
        "can't install nginx logrotate, after apt-get update failed: E: third.example.org isn't there"
    )


@pytest.mark.parametrize("state", ["ii ", "hi "])
def test_another_package_that_fails_is_told_and_no_more(programs: Path, state: str) -> None:
    """What counts is that those are installed that were asked for."""
    (programs / "other").write_text(_OTHER)
    for name in INSTALL.names:
        (programs / f"status-{name}").write_text(state)
    code, notes, said = told(programs)
    assert (code, said) == (0, [])
    assert [note.rpartition(" reason: ")[2] for note in notes] == [
        "package theirs (--configure): installed theirs package post-installation script failed with 7"
    ]


@pytest.mark.parametrize("state", ["iF ", "iU ", "rc ", None])
def test_a_package_that_is_there_by_half_is_not_there(programs: Path, state: str | None) -> None:
    """The cause comes last, where it is taken from; what apt says in the end tells nothing."""
    (programs / "other").write_text(_OTHER.replace("theirs", "nginx"))
    (programs / "status-logrotate").write_text("ii ")
    if state:
        (programs / "status-nginx").write_text(state)
    code, said = installed(programs)
    assert (code, said[-1]) == (1, "apt-get can't install nginx logrotate")
    assert said[-2].startswith("package nginx (--configure): installed nginx package post-installation script")


def test_a_lock_is_waited_for(programs: Path) -> None:
    """Somebody was faster between the look at the locks and apt's own."""
    (programs / "locked").touch()
    assert installed(programs) == (0, [])
    assert [line.split()[-1] for line in calls(programs, "apt-get")] == ["update", "update", "logrotate"]


LOCKS: Final = "for lock in "


@pytest.fixture
def lock(programs: Path) -> Iterator[Path]:
    """One that a process of this test's holds, as apt does."""
    path = programs / "lists" / "lock"
    path.parent.mkdir()
    with path.open("w") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        yield path


def holding(script: str, lock: Path, wait: int) -> str:
    """`script` for which there is only this lock; its holder is another process than the shell that asks."""
    head, mark, rest = script.partition(LOCKS)
    assert mark
    _, _, rest = rest.partition(";")
    return f"{head}{mark}{lock};{rest}".replace(f"lock_wait={APT_WAIT}", f"lock_wait={wait}")


def test_who_holds_a_lock_is_named(programs: Path, lock: Path) -> None:
    process = begin(programs, INSTALL, change=lambda script: holding(script, lock, 1))
    notes, said = process.communicate(timeout=PATIENCE)
    name = Path("/proc/self/comm").read_text().strip()
    assert f"note {name} (pid {os.getpid()}) holds the lock {lock}: waiting for it, at most 1 s" in notes
    assert said.splitlines() == [
        f"{name} (pid {os.getpid()}) still holds the lock {lock} after 1 s: let it end, or end it"
    ]
    assert calls(programs, "apt-get") == []


def test_a_lock_that_is_given_back(programs: Path, lock: Path) -> None:
    process = begin(programs, INSTALL, change=lambda script: holding(script, lock, 60))
    assert process.stdout
    first = process.stdout.readline()
    while not first.startswith("note "):
        first = process.stdout.readline()
    with lock.open("w"):
        """Closing any descriptor of the file gives the lock back."""
    _, said = process.communicate(timeout=PATIENCE)
    assert (process.returncode, said) == (0, "")


def test_a_repository_that_dnf_cannot_read_is_left_out(programs: Path) -> None:
    said = "Error: Failed to download metadata for repo 'theirs'"
    stand_in(programs, "dnf", f"""case $* in *skip_if_unavailable*) exit 0 ;; esac; echo "{said}" >&2; exit 1\n""")
    code, notes, said_last = told(programs, InstallPackages("h", ("nginx",), manager="dnf"))
    assert (code, said_last) == (0, [])
    assert [said in note for note in notes] == [True]


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
