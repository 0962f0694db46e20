"""What an instance is started with, by the shells that are behind /bin/sh on real machines."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from corral.cluster_file.build import build, direct_placement
from corral.cluster_file.parse import load_text
from corral.desired.instances import start_script
from tests.patience import PATIENCE

SHELLS_OWN = (
    "UID",
    "EUID",
    "GID",
    "PPID",
    "RANDOM",
    "SRANDOM",
    "SECONDS",
    "LINENO",
    "OPTIND",
    "OPTARG",
    "IFS",
    "PWD",
    "OLDPWD",
    "SHLVL",
    "_",
    "GROUPS",
    "DIRSTACK",
    "FUNCNAME",
    "BASHPID",
    "BASHOPTS",
    "SHELLOPTS",
    "BASH_VERSION",
    "BASH_ENV",
    "HISTCMD",
    "HOSTTYPE",
    "OSTYPE",
    "MACHTYPE",
    "PS1",
    "PS4",
    "EPOCHSECONDS",
    "TMOUT",
    "POSIXLY_CORRECT",
    "PIPESTATUS",
    "COMP_WORDBREAKS",
    "USERNAME",
    "ZSH_VERSION",
)
FILE = "name: shell\nhosts: {a: 10.0.0.1}\nproxy: {hosts: [a]}\ndatabase: {members: [a]}\n"
NASTY = """it's "x" $HOME ${PATH} `id` \\t # %s ;&|  é\n two"""
SHELLS = [["bash"], ["bash", "--posix"], ["dash"]]


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_every_name_arrives_whatever_the_shell_is(shell: list[str], tmp_path: Path) -> None:
    told = {
        name: f"{name} {NASTY}" for name in (*SHELLS_OWN, "HOSTNAME", "ENV", "CDPATH", "HOME", "LANG", "STATUS", "x")
    }
    say = "import json,os;print(json.dumps(dict(os.environ)))"
    spec = load_text(f"{FILE}app: {{hosts: [a], command: x}}\n").spec
    cluster = build(spec, direct_placement(spec), tmp_path)
    instance = replace(cluster.app.web[0], command=(sys.executable, "-c", say), environment=tuple(told.items()))
    script = tmp_path / "instance.sh"
    script.write_text(start_script(replace(cluster.app, directory=tmp_path), instance))
    done = subprocess.run([*shell, str(script)], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    arrived = json.loads(done.stdout)
    assert {name: arrived.get(name) for name in told} == told
    assert not [name for name in arrived if name.startswith("CORRAL_CARRIED")]


def test_such_a_value_stands_in_no_command_line(tmp_path: Path) -> None:
    spec = load_text(f"{FILE}app: {{hosts: [a], command: x, env: {{UID: '1000', B: c}}}}\n").spec
    cluster = build(spec, direct_placement(spec), tmp_path)
    *_, last = start_script(cluster.app, cluster.app.web[0]).splitlines()
    assert last == "exec /usr/bin/env -S '-u CORRAL_CARRIED_UID UID=${CORRAL_CARRIED_UID}' x"
