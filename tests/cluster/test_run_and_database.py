"""`run`, `database shell` and `database import` on a cluster of real processes."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.harness import TINY, TestCluster, make_cluster
from tests.patience import PATIENCE, until
from tests.unit.mongo.dumps import notes, write_archive
from tests.unit.transport.at_terminal import AtTerminal

pytestmark = pytest.mark.cluster
CORRAL = Path(sys.executable).parent / "corral"
STAND_IN = """\
#!/bin/sh
# What mongosh is asked to do, told on: its file, which it removes as the real one would.
printf '%s\\n' "$*" >>"$TOLD"
for file; do :; done
stat -c %a "$file" "${file%/*}" >>"$TOLD"
cat "$file" >>"$TOLD"
read -r typed && echo "typed: $typed"
exit 5
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestCluster]:
    made = make_cluster(tmp_path_factory.mktemp("run"), TINY)
    try:
        before = made.run("run", "--", "true", code=1).stderr
        assert "a-5040 was never carried out on a, so a command has no environment there" in before
        assert "`corral up` first, then the same command again" in before
        made.edit("env: {}", 'env: {GREETING: "it is me", UID: "4711"}')
        made.up()
        yield made
    finally:
        made.end()


def secrets(cluster: TestCluster) -> dict[str, str]:
    found: dict[str, str] = json.loads((cluster.root / "secrets.json").read_text())
    return {name: value for name, value in found.items() if isinstance(value, str)}


def database(cluster: TestCluster) -> str:
    """The name of the application's, by default the cluster's with other hyphens."""
    return cluster.name.replace("-", "_")


def test_a_command_has_what_the_instances_have_and_its_exit_code_is_corral_s(cluster: TestCluster) -> None:
    say = 'echo "$INSTANCE $ROLE $PORT $GREETING"; printenv UID; echo "$MONGO_URL" | cut -c 1-22; cat; exit 9'
    done = subprocess.run(
        [CORRAL, "-f", str(cluster.file), "run", "--", "sh", "-c", say],
        env=cluster.environment,
        input="typed\n",
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.stdout == "a-run run 5040 it is me\n4711\nmongodb://application:\ntyped\n"
    assert (done.returncode, done.stderr) == (9, "")


@pytest.mark.parametrize(
    "where", [["--on", "a"], ["--host", "a"], ["--on", "playground"], ["--on", "playground", "--host", "a"]]
)
def test_where_it_runs_can_be_said_in_both_ways(cluster: TestCluster, where: list[str]) -> None:
    assert cluster.run("run", *where, "--", "printenv", "INSTANCE").stdout == "a-run\n"


def test_a_word_that_is_neither_a_place_nor_a_host_is_refused(cluster: TestCluster) -> None:
    assert "'d' is no host of the application: a" in cluster.run("run", "--on", "d", "--", "true", code=2).stderr
    assert "name two hosts" in cluster.run("run", "--on", "a", "--host", "b", "--", "true", code=2).stderr


def test_options_behind_the_command_are_the_command_s(cluster: TestCluster) -> None:
    assert cluster.run("run", "printf", "%s|", "-f", "--on", "--help").stdout == "-f|--on|--help|"


def test_at_a_terminal_ctrl_c_reaches_the_command_and_not_corral(cluster: TestCluster) -> None:
    words = "trap 'echo interrupted; exit 4' INT; test -t 0 && echo ready $(stty size); while :; do sleep 0.1; done"
    command = [str(CORRAL), "-f", str(cluster.file), "run", "--", "sh", "-c", words]
    with AtTerminal(command, cluster.environment) as terminal:
        terminal.until("ready 30 90")
        terminal.type("\x03")
        terminal.until("interrupted")
        assert terminal.wait() == 4
    assert "Traceback" not in terminal.said


def test_a_signal_is_passed_on(cluster: TestCluster, tmp_path: Path) -> None:
    words = f"trap 'exit 3' TERM; touch {tmp_path}/begun; while :; do sleep 0.1; done"
    running = cluster.start("run", "--", "sh", "-c", words, start_new_session=True)
    until((tmp_path / "begun").exists)
    running.send_signal(signal.SIGTERM)
    assert running.wait(PATIENCE) == 3


def test_down_does_not_know_it_and_it_is_no_instance(cluster: TestCluster) -> None:
    """It is none of those that are ended as left behind."""
    said = cluster.run("run", "--", "sh", "-c", "tr '\\0' '\\n' </proc/self/environ").stdout
    assert str(cluster.root) not in [line.partition("=")[2] for line in said.splitlines()]


@pytest.fixture
def stand_in(cluster: TestCluster, tmp_path: Path) -> Iterator[Path]:
    """A program that is found as mongosh; what it was given is in the file."""
    program = tmp_path / "bin" / "mongosh"
    program.parent.mkdir()
    program.write_text(STAND_IN)
    program.chmod(0o755)
    before = cluster.environment
    told = tmp_path / "told"
    path = f"{program.parent}:{before['PATH']}"
    cluster.environment = before | {"PATH": path, "TOLD": str(told), "TMPDIR": str(tmp_path)}
    yield told
    cluster.environment = before


def test_the_shell_is_signed_in_by_a_file_for_its_user_alone(
    cluster: TestCluster, stand_in: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        [CORRAL, "-f", str(cluster.file), "database", "shell"],
        env=cluster.environment,
        input="hello\n",
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout) == (5, "typed: hello\n")
    assert f"(the primary) as application, who reads and writes {database(cluster)}; no other user" in done.stderr
    arguments, file_mode, directory_mode, remove, connect = stand_in.read_text().splitlines()
    assert arguments.startswith("--quiet --nodb --shell /")
    assert (file_mode, directory_mode) == ("600", "700")
    assert arguments.rpartition(" ")[2] in remove
    url = f"mongodb://application:{secrets(cluster)['application']}@{cluster.network}."
    assert connect.startswith(f'db = connect("{url}')
    assert "replicaSet=" in connect
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("corral-shell")]
    assert not [value for value in secrets(cluster).values() if value in arguments + done.stdout + done.stderr]


def test_the_file_goes_also_when_it_is_interrupted(cluster: TestCluster, stand_in: Path, tmp_path: Path) -> None:
    running = cluster.start("database", "shell", stdin=subprocess.PIPE, start_new_session=True)
    until(stand_in.exists)
    until(lambda: "connect" in stand_in.read_text())
    running.send_signal(signal.SIGTERM)
    assert running.wait(PATIENCE) == 128 + signal.SIGTERM
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("corral-shell")]


@pytest.mark.parametrize("user", ["admin", "operator", "monitor"])
def test_other_users_sign_in_to_admin(cluster: TestCluster, stand_in: Path, user: str) -> None:
    said = cluster.run("database", "shell", "--as", user, code=5).stderr
    assert f"as {user}, who" in said
    assert f"it can't read {database(cluster)}" in " ".join(said.split())
    assert f"mongodb://{user}:{secrets(cluster)[user]}@" in stand_in.read_text()
    assert "/admin?" in stand_in.read_text()


def test_another_user_is_refused_with_those_that_there_are(cluster: TestCluster) -> None:
    said = cluster.run("database", "shell", "--as", "oprator", code=2).stderr
    assert "'oprator' is no user that Corral makes in MongoDB [unknown-user]" in said
    assert "operator" in said


def test_where_there_is_no_shell_the_sentence_brings_one(cluster: TestCluster, tmp_path: Path) -> None:
    if any(map(shutil.which, ("mongosh", "mongo"))):
        pytest.skip("this machine has one")
    said = cluster.run("database", "shell", code=3).stderr
    assert "neither this machine nor a database host has mongosh or mongo [no-mongo-shell]" in said
    assert "`npm install --global mongosh`" in " ".join(said.split())


def test_the_real_shell_takes_all_of_it(cluster: TestCluster) -> None:
    """The contract that the stand-in stands for."""
    if not any(map(shutil.which, ("mongosh", "mongo"))):
        pytest.skip("neither mongosh nor mongo is on this machine's PATH")
    done = subprocess.run(
        [CORRAL, "-f", str(cluster.file), "database", "shell"],
        env=cluster.environment,
        input="print('in', db.getName(), db.runCommand({connectionStatus: 1}).authInfo.authenticatedUsers[0].user)\n",
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert f"in {database(cluster)} application" in done.stdout
    assert done.returncode == 0


def test_existing_data_come_in(cluster: TestCluster, tmp_path: Path) -> None:
    dump = write_archive(tmp_path / "old.archive", [notes(1500)], packed=True)
    asked = cluster.run("database", "import", str(dump), code=2)
    assert f"old of the dump into the database {database(cluster)}" in asked.stdout
    assert f"not done: write 1500 documents into {database(cluster)}?" in asked.stderr
    done = json.loads(cluster.run("database", "import", str(dump), "--yes", "--format", "json").stdout)
    assert (done["database"], done["source"], done["left_out"]) == (database(cluster), "old", [])
    assert [(each["name"], each["documents"], each["found"]) for each in done["collections"]] == [("notes", 1500, 1500)]
    again = cluster.run("database", "import", str(dump), "--yes", code=1).stderr
    assert f"{database(cluster)} has documents already in notes; nothing was changed" in again
    said = cluster.run("database", "import", str(dump), "--yes", "--drop")
    assert f"1500 documents in {database(cluster)}" in said.stdout
    assert json.loads(cluster.run("journal", "--format", "json").stdout)["runs"][0]["verb"] == "database import"


def test_without_the_cluster_its_database_is_out_of_reach(cluster: TestCluster, tmp_path: Path) -> None:
    dump = write_archive(tmp_path / "old.archive", [notes(1)])
    cluster.run("down")
    said = cluster.run("database", "import", str(dump), "--yes", code=3).stderr
    assert "can't be written to from here: no member takes writes [no-primary]" in said
    assert "no member of the replica set answers" in cluster.run("database", "shell", code=3).stderr
    assert "the cluster doesn't run: `corral up` starts it" in cluster.run("run", "--", "true").stderr
