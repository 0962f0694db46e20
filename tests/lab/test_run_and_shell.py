"""`run` and `database shell` on real hosts: as instances run there, attached, and nothing is left behind."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.lab import judges
from tests.lab.harness import A_RUN, LabCluster, until
from tests.unit.transport.at_terminal import AtTerminal

STAND_IN = """\
#!/bin/sh
# As mongosh is called: its file, which it removes as the real one would, and what is typed.
for file; do :; done
stat -c '%a %U' "$file"
sed -n 's/.*@//p' "$file"
rm "$file"
read -r typed && echo "typed: $typed"
exit 5
"""


def corral(cluster: LabCluster, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Whatever its exit code is."""
    return subprocess.run(
        [sys.executable, "-m", "corral", "-f", str(cluster.file), *arguments],
        env=cluster.environment,
        input=typed,
        capture_output=True,
        text=True,
        timeout=A_RUN,
        check=False,
        cwd=cluster.directory,
    )


def containers(board: LabCluster, host: str) -> list[str]:
    return [name for name in board.on(host, "docker", "ps", "-a", "--format", "{{.Names}}").split() if "_run" in name]


def test_in_a_container_like_the_instances(board: LabCluster) -> None:
    before = board.status()["instances"]
    say = 'echo "$INSTANCE $ROLE $PORT"; echo "$MONGO_URL" | cut -c 1-22; cat; echo said >&2; exit 9'
    done = corral(board, "run", "--", "sh", "-c", say, typed="typed\n")
    assert done.stdout == "app-108-run run 5040\nmongodb://application:\ntyped\n", done.stderr
    assert done.returncode == 9
    assert "on app-108; `--host` takes another one: app-208" in done.stderr
    assert "said" in done.stderr
    assert corral(board, "run", "--on", "app-208", "--", "printenv", "INSTANCE").stdout == "app-208-run\n"
    assert containers(board, "app-108") == []
    assert board.status()["instances"] == before
    board.assert_settled()


def test_a_container_that_runs_is_no_instance_and_goes_when_it_is_interrupted(board: LabCluster) -> None:
    """A signal here, without a terminal; meanwhile nothing of the cluster takes it for its own."""
    running = board.start("run", "--", "sleep", "3600", stdin=subprocess.DEVNULL, start_new_session=True)
    until(lambda: containers(board, "app-108"), seconds=A_RUN)
    assert {row["state"] for row in board.status()["instances"]} == {"healthy"}
    board.assert_settled()
    running.send_signal(signal.SIGTERM)
    assert running.wait(A_RUN) == 130
    until(lambda: containers(board, "app-108"), lambda found: not found, seconds=A_RUN)


@pytest.mark.parametrize("place", ["container", "service"])
def test_at_a_terminal_ctrl_c_reaches_it(request: pytest.FixtureRequest, place: str) -> None:
    cluster: LabCluster = request.getfixturevalue("board" if place == "container" else "pair")
    words = "trap 'echo interrupted; exit 4' INT; while :; do echo now $(stty size); sleep 0.1; done"
    command = [sys.executable, "-m", "corral", "-f", str(cluster.file), "run", "--", "sh", "-c", words]
    with AtTerminal(command, cluster.environment) as terminal:
        terminal.until("now 30 90")  # docker tells a container the size when it runs already
        terminal.type("\x03")
        terminal.until("interrupted")
        assert terminal.wait() == 4


def test_as_the_account_of_the_services(pair: LabCluster) -> None:
    """In the release, with its environment and a home of its own, which is gone behind it."""
    say = (
        'id -un; echo "$INSTANCE $ROLE $PORT"; echo "$MONGO_URL" | cut -c 1-22; test -x bin/tiny && echo $HOME; exit 9'
    )
    done = corral(pair, "run", "--", "sh", "-c", say)
    user, own, url, home = done.stdout.splitlines()
    assert (user, own, url) == ("corral-pair-app", "app-1-run run 5040", "mongodb://application:")
    assert done.returncode == 9
    assert pair.sh("app-1", f"ls -d {home} 2>/dev/null || :") == ""
    assert judges.Leaks(pair, list(pair.secrets().values())).on("app-1") == []
    pair.assert_settled()


def test_what_a_signal_here_ends_has_ended_there(pair: LabCluster) -> None:
    running = pair.start("run", "--", "sleep", "3617", stdin=subprocess.DEVNULL, start_new_session=True)
    until(lambda: _sleeping(pair), seconds=A_RUN)
    running.send_signal(signal.SIGTERM)
    assert running.wait(A_RUN) == 130
    until(lambda: _sleeping(pair), lambda sleeping: sleeping == "")
    assert pair.sh("app-1", "ls -d /tmp/corral-pair_run* 2>/dev/null || :") == ""


def _sleeping(pair: LabCluster) -> str:
    """Command lines on the host that have it; the brackets keep this look's own from being one."""
    return pair.sh("app-1", "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -o 'sleep 361[7]' || :")


def test_the_ssh_s_own_255_is_the_command_s(pair: LabCluster) -> None:
    assert corral(pair, "run", "--", "sh", "-c", "exit 255").returncode == 255


@pytest.fixture
def shell_there(board: LabCluster) -> Iterator[LabCluster]:
    """A database host has what is found as mongosh, and this machine has none."""
    if any(map(shutil.which, ("mongosh", "mongo"))):
        pytest.skip("this machine has a shell of MongoDB's, which goes first")
    board.sh("db-217", f"cat >/usr/local/bin/mongosh <<'END'\n{STAND_IN}END\nchmod 755 /usr/local/bin/mongosh")
    yield board
    board.sh("db-217", "rm /usr/local/bin/mongosh")


def test_the_shell_of_a_database_host_is_signed_in(shell_there: LabCluster) -> None:
    done = corral(shell_there, "database", "shell", typed="hello\n")
    mode, url, typed = done.stdout.splitlines()
    assert (done.returncode, mode, typed) == (5, "600 root", "typed: hello"), done.stderr
    assert all(f"{shell_there.lab.addresses[name]}:27017" in url for name in ("db-216", "db-217", "db-218"))
    assert "replicaSet=board" in url
    assert "from db-217, signed in to board at" in done.stderr
    assert shell_there.sh("db-217", "ls -d /tmp/corral-shell* 2>/dev/null || :") == ""
    leaks = judges.Leaks(shell_there, list(shell_there.secrets().values()))
    assert leaks.on("db-217") == []
    assert not [value for value in leaks.values if value in done.stdout + done.stderr]


def test_without_any_shell_the_sentence_brings_one(board: LabCluster) -> None:
    if any(map(shutil.which, ("mongosh", "mongo"))):
        pytest.skip("this machine has one")
    done = corral(board, "database", "shell")
    assert done.returncode == 3
    assert "neither this machine nor a database host has mongosh or mongo" in done.stderr
