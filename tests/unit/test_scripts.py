"""Every script as a host gets it: shells read it, and it brings along the functions that it calls."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import corral
from corral.execute.scripts import script_of
from corral.execute.software_scripts import load_command, unpack_command
from corral.model.cluster import Host, Layout
from corral.model.endpoint import Endpoint
from corral.model.identity import program_id
from corral.model.resources import Directory, File
from corral.model.software import Image, Service
from corral.observe import reach
from corral.observe.files import observe_files
from corral.plan.actions import HostChange, MakeDirectory, RemoveFile, RemoveTree, WriteFile
from corral.plan.software import EnableService, InstallPackages, LoadImage
from corral.runs import journal_texts, lock_file
from corral.runs.lock_file import Claim
from corral.shell import ShellFile
from corral.transport import ssh_files
from corral.transport.fake import FakeTransport
from corral.transport.script import Marks, guarded, streamed, whole
from corral.units.host_units import HostUnits
from tests.unit.observe.recorded import COMPOSE, SYSTEMD
from tests.unit.plan.cluster_of import cluster_of
from tests.unit.runs.lock_hosts import ANNA

STATE = '/var/lib/corral/it\'s a "$name"'
RELOAD = ("systemctl", "daemon-reload")
ACTIONS: dict[str, tuple[HostChange, ...]] = {
    "directory": (MakeDirectory(Directory("h", "/a b", 0o700, owner="me")),),
    "file": (WriteFile(File("h", "/it's", "x\n", after=(RELOAD, ("-", *RELOAD))), "", "", ("nginx", "-t", "{}")),),
    "removal": (RemoveFile("h", "/it's", "0", (RELOAD,)),),
    "tree": (RemoveTree("h", "/it's", "the database"),),
    "apt": (InstallPackages("h", ("nginx", "mongodb-org"), ("nginx.service",)),),
    "dnf": (InstallPackages("h", ("nginx",), manager="dnf"),),
    "software": (LoadImage(Image("h", "a/b:1")), EnableService(Service("h", "docker"))),
}
CLAIM = Claim(ANNA, "now", "t1")
TEXTS = {
    "take": lock_file.take(STATE, CLAIM),
    "take and begin": lock_file.take(STATE, CLAIM, 30, journal_texts.begin(STATE, "r", '{"it\'s": 1}')),
    "refresh": lock_file.refresh(STATE, "t1"),
    "release": lock_file.release(STATE, "t1"),
    "append and release": lock_file.release(STATE, "t1", journal_texts.append(STATE, "r", ["{}", "{}"])),
    "read": lock_file.read(STATE),
    "remove": lock_file.remove(STATE, CLAIM.to_text()),
    "records": journal_texts.read(STATE),
    "unpack": unpack_command("/opt/it's", "0" * 64),
    "load": load_command(Image("h", "it's:1", "a.tar", "0" * 64), STATE),
    "load without a note": load_command(Image("h", "it's:1", "a.tar"), STATE),
    "write": ssh_files.write_script("/it's", b"\0", 0o600),
    "read file": ssh_files.read_script("/it's"),
    "reach": reach.script_of([Endpoint("tcp", "10.0.0.1", 80)]),
}


def asked_of_units(text: str) -> list[str]:
    """What goes to a host for its units."""
    cluster = cluster_of(text)
    transport = FakeTransport.of(host.name for host in cluster.hosts)
    units, instance = HostUnits(transport, cluster), cluster.app.instances[0]
    host = instance.host.name

    async def ask() -> None:
        await units.list()
        for unit in (instance.unit, program_id("database", host)):
            for verb in (units.find, units.start, units.stop):
                await verb(unit)
        await units.reload(program_id("proxy", host))

    asyncio.run(ask())
    return [*transport.scripts(host), units.log_script(instance.unit, 9, follow=True)]


def asked_for_files() -> list[str]:
    layout = Layout(*(Path("/x"),) * 5)
    transport = FakeTransport.of(["h"])
    asyncio.run(observe_files(transport, Host("h", "127.0.0.1", "h", layout), {}, ["/it's"], ["/a b", "/c"]))
    return transport.scripts()


def scripts() -> dict[str, str]:
    found = {name: script_of(actions, "", {}) for name, actions in ACTIONS.items()}
    found |= {f"{name} with notes": script_of(actions, STATE, {}) for name, actions in ACTIONS.items()}
    found["all"] = script_of([action for actions in ACTIONS.values() for action in actions], STATE, {})
    found |= TEXTS
    for name, several in {
        "systemd": asked_of_units(SYSTEMD),
        "compose": asked_of_units(COMPOSE),
        "files": asked_for_files(),
    }.items():
        found |= {f"{name} {number}": text for number, text in enumerate(several)}
    return found


SCRIPTS = scripts()
MARKS = Marks.new()


@pytest.mark.parametrize("shell", [["sh"], ["dash"], ["bash", "--posix"], ["busybox", "sh"], ["ksh"]], ids="".join)
def test_shells_read_it(shell: list[str]) -> None:
    if shutil.which(shell[0]) is None:
        pytest.skip(f"there is no {shell[0]}")
    for name, script in SCRIPTS.items():
        for form in (script, whole(script), guarded(script, 60, MARKS), streamed(script, 60, MARKS)):
            done = subprocess.run([*shell, "-n"], input=form.encode(), capture_output=True, check=False, timeout=20)
            assert (done.returncode, done.stderr) == (0, b""), f"{name}:\n{form}"


def functions() -> set[str]:
    """Of all files."""
    texts = [ShellFile(path).text for path in Path(corral.__file__).parent.rglob("*.sh")]
    return {name for text in texts for name in re.findall(r"^(\w+)\(\) ", text, re.MULTILINE)}


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_it_calls_is_there(name: str) -> None:
    """A word where a command can begin."""
    called = set(re.findall(r"(?:^|\|\||&&|[;{(]|\bif|\bdo|\bthen|!) *(\w+)\b(?!=)", SCRIPTS[name], re.MULTILINE))
    there = set(re.findall(r"^(\w+)\(\) ", SCRIPTS[name], re.MULTILINE))
    assert called & functions() - {"ending"} <= there
    assert there - {"ending"} <= called, "what nobody calls doesn't travel"
