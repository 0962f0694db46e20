"""The script that asks a host everything at once: the question's words, and machine.sh behind them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from functools import cache
from typing import Final

from corral.model.identity import prefix
from corral.observe.question import Question, Section
from corral.shell import beside, call, function, variables
from corral.transport import apt_locks
from corral.units import compose
from corral.units.docker_inspect import describe
from corral.units.systemd_show import PROPERTIES

_MACHINE: Final = beside(__file__, "machine.sh")


def script_of(question: Question) -> str:
    """A POSIX sh script that writes what `machine_parse` reads."""
    values = {
        "cluster": question.cluster,
        "patience": question.patience or "",
        "services": " ".join(question.services),
        "properties": PROPERTIES,
        "port_filter": _port_filter(question.ports),
        "packages": " ".join(dict.fromkeys(name for group in question.packages for name in group)),
        "versions": " ".join(question.versions),
        "mongod": question.mongod,
        "host_name": question.name,
        "image": question.image,
        "virtual": question.virtual,
        "interface": question.interface,
        "failover": question.failover,
        "own_address": "" if question.name else question.address,
        "docker_root": question.docker_root,
        "docker_format": describe(prefix(question.cluster).removesuffix("-")),
    }
    below = [f"{shlex.quote(parent)}/*/" for parent in question.parents]
    places = dict.fromkeys((*question.directories, *question.disks, *question.trees))
    return "".join(
        (
            variables(**values),
            function("at_directories", _with([*map(shlex.quote, question.directories), *below])),
            function("at_vital", _with(map(shlex.quote, question.vital))),
            function("at_disks", _with(map(shlex.quote, question.disks))),
            function("at_places", _with(map(shlex.quote, places))),
            function("at_trees", _with(map(shlex.quote, question.trees))),
            function("each_group", "".join(call("wanted", *group) for group in question.packages) or ":\n"),
            _machine_sh(question.sections),
        )
    )


def _with(words: Iterable[str]) -> str:
    """Calls a function's arguments with `words` behind them: a list whose words may hold anything."""
    return f'    "$@" {" ".join(words)}\n'


@cache
def _machine_sh(sections: tuple[Section, ...]) -> str:
    script = "".join(f"tell_{section}\n" for section in sections) + "exit 0\n"
    for file in (_MACHINE, compose.SHELL, apt_locks.SHELL):
        script = file.before(script)
    return script


def _port_filter(ports: Iterable[int]) -> str:
    return f"( {' or '.join(f'sport = :{port}' for port in ports)} )"
