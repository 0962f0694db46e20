"""From a table to hosts that answer, and away again. Labs are changed one at a time."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from lab import container, daemon, faults, image, labs, machine, network, state
from lab.docker import docker, try_docker
from lab.errors import LabError
from lab.places import KEPT
from lab.processes import say, step
from lab.recipe import BOOT, Kind
from lab.table import Host, Table
from lab.turn import turn

AT_ONCE: Final = 8
Item = TypeVar("Item")
Result = TypeVar("Result")


def bring_up(table: Table, kind: Kind) -> None:
    """What runs stays. Raises LabError when the lab is another's, or a host doesn't come up."""
    machine.prepare()
    machine.allow_many_hosts()
    with turn():
        _clear_abandoned(table.name)
        existing = labs.of(table.name)
        labs.refuse_anothers(existing)
        _refuse_another_kind(existing, kind)
        table = table.joined(found.host for found in existing)
        name = image.ready(kind)
        network.ensure(table)
        _start(table, {found.host.name: found.runs for found in existing}, name, kind)
        _explain(table, wait_until_up(table))
        _write_state(table)


def take_down(name: str, *, purge_images: bool = False) -> None:
    """The hosts, their volumes, the network and the keys; after the last lab the daemons, too. Raises LabError."""
    machine.require_root()
    if not (KEPT / "docker").is_dir():
        say("this machine has no lab")
        return
    machine.prepare()
    with turn():
        existing = labs.of(name)
        if not labs.is_abandoned(existing):
            labs.refuse_anothers(existing)
        with step(f"removed {name}"):
            _remove(name, existing)
        if purge_images:
            with step("removed the images that no lab uses"):
                image.purge()
    if purge_images and not daemon.answers():
        shutil.rmtree(KEPT, ignore_errors=True)


def wait_until_up(table: Table) -> dict[str, list[str]]:
    """Host's name to the units that failed. Raises LabError when one doesn't boot or its sshd doesn't answer."""
    with step(f"{_names(table.hosts)}: booted, and sshd answers"):
        failed = in_parallel(lambda host: container.wait_until_up(table.container(host.name), host), table.hosts)
    return {host.name: units for host, units in zip(table.hosts, failed, strict=True)}


def in_parallel(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """In the items' order. The first error is raised when all have ended."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(work, items))


def _start(table: Table, running: dict[str, bool], image_name: str, kind: Kind) -> None:
    key = state.ensure_key(state.state(table.name))

    def start(host: Host) -> None:
        name = table.container(host.name)
        if host.name not in running:
            docker(*container.create(table, host, image_name, kind))
        container.give(name, table, key)
        if running.get(host.name):
            docker("exec", name, BOOT)  # the names of hosts that are new
            faults.mend(name)
        else:
            docker("start", name)

    new = [host for host in table.hosts if not running.get(host.name)]
    with step(f"started {_names(new)}" if new else "all hosts run already"):
        in_parallel(start, table.hosts)


def _write_state(table: Table) -> None:
    keys = in_parallel(lambda host: container.public_host_key(table.container(host.name)), table.hosts)
    names = [host.name for host in table.hosts]
    state.write(state.state(table.name), table, dict(zip(names, keys, strict=True)))


def _explain(table: Table, failed: dict[str, list[str]]) -> None:
    for host, units in failed.items():
        if units:
            hint = f"python -m lab exec --name {table.name} {host} -- systemctl status {units[0]}"
            say(f"{host} is degraded: {', '.join(units)} failed; see {hint}")


def _names(hosts: Sequence[Host]) -> str:
    return ", ".join(host.name for host in hosts)


def _refuse_another_kind(existing: Sequence[labs.Found], kind: Kind) -> None:
    for found in existing:
        if found.kind != kind:
            hint = f"`python -m lab down --name {found.lab}` first, or take another --name and --subnet"
            raise LabError(f"{found.lab} is there already, with {found.kind} hosts; {kind} ones are wanted", hint)


def _clear_abandoned(wanted: str) -> None:
    """Labs whose checkout is gone, and another's that doesn't run but has the name that is wanted."""
    found = labs.everything()
    for name in sorted({host.lab for host in found}):
        hosts = [host for host in found if host.lab == name]
        if labs.is_orphan(hosts) or (name == wanted and labs.is_abandoned(hosts)):
            with step(f"removed the lab {name}, which was left behind by {hosts[0].checkout}"):
                _remove(name, hosts)


def _remove(name: str, hosts: Sequence[labs.Found]) -> None:
    in_parallel(lambda host: try_docker("rm", "--force", "--volumes", host.container), hosts)
    network.remove(name)
    shutil.rmtree(state.state(name).directory, ignore_errors=True)
