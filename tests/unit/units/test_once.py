"""One command as an instance would run it: by the shells that are behind /bin/sh, as an account, in a container."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from corral.desired.instances import start_script
from corral.model.cluster import Cluster, Instance
from corral.shell import call
from corral.units import once
from tests.patience import PATIENCE, until
from tests.unit.plan.cluster_of import cluster_of
from tests.unit.transport.answers import Workshop

SAY = "import json,os,sys;print(json.dumps([dict(os.environ), os.getcwd(), sys.argv[1:]]));sys.exit(7)"
VALUES = {"PASSWORD": "it's\nexec false\n", "PORT": "5040", "UID": "4711", "INSTANCE": "one-5040", "ROLE": "web"}
NASTY = 'it\'s "x" $HOME `id` %s\nexec false'
FILE = """\
name: shop
hosts: {one: 10.0.0.1}
proxy: {hosts: [one]}
app: {image: "shop:1.2", runtime: compose, hosts: [one]}
database: {members: [one]}
"""
SHELLS = [["bash", "--posix"], ["dash"]]


def started(directory: Path, command: tuple[str, ...], **more: str) -> tuple[Cluster, Instance, Path]:
    """A cluster, its instance, and the script that starts it."""
    cluster = cluster_of(FILE)
    values = tuple((VALUES | more).items())
    instance = replace(cluster.app.web[0], command=command, environment=values)
    script = directory / "it's.sh"
    script.write_text(start_script(replace(cluster.app, directory=PurePosixPath(directory)), instance))
    return cluster, instance, script


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
@pytest.mark.parametrize("command", [("false",), ("sh", "-c", "set -e\nexec false\n"), ("/usr/bin/env", "-S", "false")])
def test_a_command_has_the_environment_and_directory_of_the_instance(
    tmp_path: Path, shell: list[str], command: tuple[str, ...]
) -> None:
    """Whatever the instance's own command is."""
    _, instance, script = started(tmp_path, command)
    words = (sys.executable, "-c", SAY, NASTY, "")
    text = once.as_process(PurePosixPath(script), instance, words)
    assert "exec false" not in text.replace(NASTY.replace("'", "'\"'\"'"), ""), "no value is in a command line"
    done = subprocess.run([*shell, "-c", text], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stderr) == (7, "")
    environment, directory, arguments = json.loads(done.stdout)
    assert {name: environment.get(name) for name in VALUES} == VALUES | {"INSTANCE": "one-run", "ROLE": "run"}
    assert not [name for name in environment if name.startswith("CORRAL_CARRIED")]
    assert (directory, arguments) == (str(tmp_path), [NASTY, ""])


def test_without_such_names_too(tmp_path: Path) -> None:
    _, instance, script = started(tmp_path, ("/usr/bin/env", "-S", "false"))
    instance = replace(instance, environment=(("PORT", "5040"),))
    app = replace(cluster_of(FILE).app, directory=PurePosixPath(tmp_path))
    script.write_text(start_script(app, instance))
    text = once.as_process(PurePosixPath(script), instance, ("printenv", "PORT", "INSTANCE"))
    done = subprocess.run(["sh", "-c", text], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.stdout == "5040\none-run\n"


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another account")


def as_nobody(script: str, mark: str) -> str:
    return once.SHELL.before(call("as_account", "nobody", mark, 1024, script))


@needs_root
def test_it_runs_as_the_account_with_nothing_of_the_shell_and_a_home_that_goes(tmp_path: Path) -> None:
    say = "id -un; umask; ulimit -n; pwd; echo $HOME; stat -c %U:%a $HOME; env | cut -d= -f1 | sort | xargs; exit 7"
    text = as_nobody(say, "corral-shop_run-1")
    environment = {"PATH": os.environ["PATH"], "TERM": "xterm", "SECRET": "x"}
    done = subprocess.run(["sh", "-c", text], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (7, "")
    user, umask, files, directory, home, kept, names = done.stdout.splitlines()
    assert (user, umask, files, directory, kept) == ("nobody", "0027", "1024", "/", "nobody:700")
    assert set(names.split()) <= {"CORRAL_RUN", "HOME", "LANG", "LOGNAME", "PATH", "PWD", "TERM", "USER", "SHLVL", "_"}
    assert home.startswith("/tmp/corral-shop_run-1.")
    assert not Path(home).exists()


@needs_root
def test_what_a_cut_session_leaves_is_ended_with_its_home() -> None:
    text = as_nobody("trap '' HUP; echo $HOME; sleep 3600; :", "corral-shop_run-2")
    process = subprocess.Popen(["sh", "-c", text], stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout
    home = Path(process.stdout.readline().strip())
    process.send_signal(signal.SIGKILL)  # the shell alone: what it has started goes on
    process.wait()
    assert home.exists()
    began = time.monotonic()
    subprocess.run(["sh", "-c", once.SHELL.before(call("end_account", "corral-shop_run-2"))], check=True)
    assert time.monotonic() - began < PATIENCE
    assert not home.exists()
    until(lambda: b"corral-shop_run-2" not in _environments())


def _environments() -> bytes:
    found = b""
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            found += path.read_bytes()
        except OSError:
            continue
    return found


def test_of_a_service_the_start_script_is_asked_for(tmp_path: Path) -> None:
    cluster, instance, script = started(tmp_path, ("false",))
    made = once.as_service(cluster, PurePosixPath(script), 1024, instance, ("true",), "ab12")
    assert subprocess.run(["sh", "-c", made.asking], check=False).returncode == 0
    script.unlink()
    assert subprocess.run(["sh", "-c", made.asking], check=False).returncode == 1


COMPOSE = """\
case "$*" in *"rm -f"*) exit 0 ;; esac
echo "in a container"
exit 7
"""


def test_a_container_is_compose_s_own_of_another_project_and_is_removed(tmp_path: Path) -> None:
    """Beside the cluster's containers, none of which it is taken for; and no value travels."""
    cluster = cluster_of(FILE)
    instance, file = cluster.app.web[0], PurePosixPath("/etc/corral/shop/instances/one-5000.yaml")
    made = once.in_container(cluster, file, instance, ("sh", "-c", NASTY), "ab12", terminal=False)
    workshop = Workshop(tmp_path, {"docker": COMPOSE, "docker-compose": COMPOSE})
    done = asyncio.run(workshop.run("one", f"HOME={tmp_path}\n{made.script}"))
    assert (done.code, done.text) == (7, "in a container\n")
    run, removed = "\n".join(workshop.calls).rsplit("\n", 1)
    own = f"-e INSTANCE=one-run -e ROLE=run -e CORRAL_RUN=corral-shop_run-ab12 {instance.name} sh -c {NASTY}"
    project = "-p corral-shop_run -f /etc/corral/shop/compose.yaml run --rm --no-deps -T --name corral-shop_run-ab12"
    assert run.partition(" ")[2].removeprefix("compose ") == f"{project} {own}"
    assert removed == "docker rm -f corral-shop_run-ab12"
    at_terminal = once.in_container(cluster, file, instance, ("true",), "ab12", terminal=True)
    assert " -T " not in at_terminal.script.partition("in_container corral-shop_run")[2]
