"""Everything that can be known to fail is looked at before anything starts; all of it is said at once."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from corral.model.cluster import Cluster, Instance
from corral.model.programs import MONGOD_LIMIT
from corral.model.resources import Desired
from corral.places.playground import ports
from corral.places.playground.state import State
from corral.problems import Problem
from corral.units import machine, orphans

SPACE_A_MEMBER: Final = 400 << 20
"""Bytes of disk that a new member needs: its journal's 100 MiB files, its first tables, its logs."""
MEMORY_A_MEMBER: Final = 300 << 20
"""Bytes that a mongod of the playground takes after a while: its cache of 256 MB, and as seen 200 to 260 MB with one
application's tables."""
SPACE_TO_GO_ON: Final = 100 << 20
"""Bytes below which a running member is in danger."""


def findings(cluster: Cluster, desired: Desired, running: frozenset[str], state: State, path: str) -> list[Problem]:
    """Everything found; errors keep a change from working.

    `running` are the units that hold their own ports, `path` is the PATH that instances will have.
    """
    return [
        *_supervisor(),
        *_commands(cluster, path),
        *_same_database(cluster, state),
        *_taken(desired, running, state),
        *_space(cluster, state),
        *_memory(cluster, running),
        *_open_files(running),
    ]


def _open_files(running: frozenset[str]) -> Iterator[Problem]:
    limit = machine.open_files_limit()
    if limit < MONGOD_LIMIT and not running:
        message = f"this machine allows {limit} open files for a process; MongoDB asks for {MONGOD_LIMIT}"
        hint = "enough to try things out; for many connections raise the hard limit (ulimit -Hn)"
        yield Problem("open-files", "warning", message, hint)


def _memory(cluster: Cluster, running: frozenset[str]) -> Iterator[Problem]:
    """When what is still to start would take more than the machine has left."""
    if not cluster.app.memory:
        return
    instances = sum(instance.name not in running for instance in cluster.app.instances)
    members = sum(member.unit.name not in running for member in cluster.database.members)
    needed, available = instances * cluster.app.memory + members * MEMORY_A_MEMBER, machine.available_memory()
    if instances and needed > available:
        message = f"{_count(instances, 'instance')} of {cluster.app.memory >> 20} MB"
        message += f" and {_count(members, 'member')} of {MEMORY_A_MEMBER >> 20} MB" if members else ""
        message += f" ask for {needed >> 20} MB of memory, and this machine has {available >> 20} MB left"
        hint = "expect it to be slow, or processes to be killed; run fewer `instances`"
        yield Problem("memory-short", "warning", message, hint)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _supervisor() -> Iterator[Problem]:
    if importlib.util.find_spec("supervisor") is None:
        message = "supervisord, which keeps the playground's processes, is not installed"
        yield Problem("no-supervisor", "error", message, "pip install 'corral[playground]'")


def _commands(cluster: Cluster, path: str) -> Iterator[Problem]:
    """The application's directory and command, once for each different command."""
    directory = Path(cluster.app.directory)
    if not directory.is_dir():
        message = f"app.directory {directory} is not a directory"
        yield Problem("no-directory", "error", message, "it is relative to the cluster file's directory")
        return
    seen: dict[tuple[str, ...], Instance] = {}
    for instance in cluster.app.instances:
        seen.setdefault(instance.command, instance)
    for command, instance in seen.items():
        problem = _command(command, directory, instance, path)
        if problem:
            yield problem


def _command(command: tuple[str, ...], directory: Path, instance: Instance, path: str) -> Problem | None:
    if not command:
        message = "app.command is not set: the playground runs the application as processes"
        return Problem("no-command", "error", message, "write `command: …` below `app:`, as you start it yourself")
    word = command[0]
    if "/" in word:
        file = directory / word
        if file.is_file() and os.access(file, os.X_OK):
            return None
        what = "can't be executed" if file.exists() else "does not exist"
        message = f"app.command: {file} {what}, so {instance.name} can't start"
        return Problem("command-missing", "error", message, f"chmod +x {file}" if file.exists() else "", instance.name)
    if shutil.which(word, path=path):
        return None
    message = f"app.command: {word!r} was not found, so {instance.name} can't start; looked in PATH ({path})"
    hint = "install it, or write its whole path; a cluster that runs keeps the PATH it was started with until `down`"
    return Problem("command-missing", "error", message, hint, instance.name)


def _same_database(cluster: Cluster, state: State) -> Iterator[Problem]:
    """Data that the file would leave behind: a set knows its members by name, address and port."""
    data, facts = state.data_hosts(), state.read_facts()
    if not data:
        return
    names, database = [member.host.name for member in cluster.database.members], cluster.database
    if not set(data) & set(names):
        message = f"this cluster's data are on {', '.join(data)}, and the file has no such member"
        hint = "were they renamed? write the old names, or `corral down --purge` to begin without the data"
        yield Problem("data-left-behind", "error", message, hint, str(state.root))
    old_set, old = facts.get("replica_set", database.replica_set), set(facts.get("members", ()))
    if old_set != database.replica_set:
        message = f"the data are those of the replica set {old_set}; the file calls it {database.replica_set}"
        hint = f"a set can't be renamed: write `replica_set: {old_set}`, or `corral down --purge` to begin anew"
        yield Problem("wrong-set-name", "error", message, hint, str(state.root))
    if old and not old & {member.name for member in database.members}:
        message = f"the file gives every member another address or port than the set knows: {', '.join(sorted(old))}"
        hint = "change them one at a time, each with a `corral up`, or `corral down --purge` to begin anew"
        yield Problem("no-common-member", "error", message, hint, str(state.root))


def _taken(desired: Desired, running: frozenset[str], state: State) -> Iterator[Problem]:
    for unit in desired.units:
        if unit.name in running:
            continue
        error = ports.bind_error(unit.address, unit.port)
        if error is None:
            continue
        where = f"{unit.address}:{unit.port}"
        if ports.is_taken(unit.address, unit.port):
            holder = ports.holder(unit.address, unit.port)
            message = f"{where}, which {unit.name} needs, is taken by {holder}"
            hint = "end that process, or choose other ports in the file, or another playground.network"
            if holder.pid in orphans.processes_of(state.root):
                message += ", a process of this very cluster under another name"
                hint = "corral down, then corral up"
        else:
            message = f"{where}, which {unit.name} needs, can't be listened on: {error.strerror}"
            hint = "ports below 1024 need root; choose others in the file" if unit.port < 1024 else ""
        yield Problem("port-taken", "error", message, hint, unit.name)


def _space(cluster: Cluster, state: State) -> Iterator[Problem]:
    place = state.root if state.root.exists() else state.root.parent
    free = shutil.disk_usage(place).free
    members = len(cluster.database.members)
    needed = SPACE_TO_GO_ON if state.has_data() else members * SPACE_A_MEMBER
    if free < needed:
        message = f"{state.root} has {free >> 20} MB of disk left; {needed >> 20} MB are needed"
        hint = "free some space, or set XDG_STATE_HOME to a larger disk; nothing was changed"
        yield Problem("disk-full", "error", message, hint, str(state.root))
