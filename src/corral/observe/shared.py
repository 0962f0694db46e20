"""Hosts that are all this machine: one script asks for all of them, and the paths say whose a file is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from corral.model.cluster import Cluster, Host
from corral.model.machine import Machine, Owned
from corral.model.pools import DIRECTORY
from corral.model.resources import FoundUnit
from corral.observe.machine import ask
from corral.observe.question import MINE, Question
from corral.secrets import Secrets
from corral.transport.base import Runner


def question_of_all(cluster: Cluster, hosts: Sequence[Host], here: Host, directories: Iterable[str]) -> Question:
    """`here` is the machine as a host of its own, for what is recorded once for all of `hosts`."""
    layouts = [host.layout for host in hosts]
    return Question(
        cluster=cluster.name,
        host=here.name,
        address=here.address,
        trees=(
            *(str(layout.config) for layout in layouts),
            *(str(layout.state / name) for layout in layouts for name in ("revisions", "files", DIRECTORY)),
            str(here.layout.state / "marks"),
        ),
        directories=tuple(dict.fromkeys(directories)),
        disks=(str(here.layout.state),),
        state=str(here.layout.state),
        sections=MINE,
        patience=0,
    )


async def observe_shared(
    runner: Runner, question: Question, hosts: Sequence[Host], units: Sequence[FoundUnit], secrets: Secrets
) -> dict[str, Machine]:
    """By host, each with what belongs to it; `units` is the supervisor's list.

    Raises Unreachable when this machine itself doesn't answer.
    """
    whole = await ask(runner, question, secrets, units)
    return {host.name: _part(whole, host) for host in hosts}


def _part(whole: Machine, host: Host) -> Machine:
    """The files, records and units of one host; the facts about the machine are the same for all."""
    owned, own = whole.owned, f"{host.layout.config.parent}/"
    files = tuple(replace(file, host=host.name) for file in owned.files if file.path.startswith(own))
    units = tuple(unit for unit in owned.units if unit.host == host.name)
    return replace(
        whole,
        host=host.name,
        owned=Owned(
            files=files,
            records=tuple(replace(each, host=host.name) for each in owned.records if each.path.startswith(own)),
            directories=tuple(replace(each, host=host.name) for each in owned.directories),
            units=units,
            marks=owned.marks,
            obstacles=tuple(replace(each, host=host.name) for each in owned.obstacles if each.path.startswith(own)),
        ),
    )
