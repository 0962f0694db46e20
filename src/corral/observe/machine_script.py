"""The script that asks a host everything at once: the question's words, and machine.sh behind them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from corral.model.identity import prefix
from corral.observe.question import Question
from corral.units.compose import FIND_COMPOSE
from corral.units.docker_inspect import describe
from corral.units.systemd_show import PROPERTIES


def script_of(question: Question) -> str:
    """A POSIX sh script that writes what `machine_parse` reads."""
    variables = {
        "cluster": question.cluster,
        "services": " ".join(question.services),
        "properties": PROPERTIES,
        "port_filter": _port_filter(question.ports),
        "packages": " ".join(dict.fromkeys(name for group in question.packages for name in group)),
        "versions": " ".join(question.versions),
        "mongod": question.mongod,
        "host_name": question.name,
        "image": question.image,
        "docker_root": question.docker_root,
        "docker_format": describe(prefix(question.cluster).removesuffix("-")),
    }
    groups = "".join(f"    wanted {shlex.join(group)}\n" for group in question.packages)
    below = [f"{shlex.quote(parent)}/*/" for parent in question.parents]
    return "".join(
        (
            *(f"{name}={shlex.quote(value)}\n" for name, value in variables.items()),
            "lists='' compose=''\n",
            _function("at_directories", [*map(shlex.quote, question.directories), *below]),
            _function("at_disks", map(shlex.quote, question.disks)),
            _function("at_trees", map(shlex.quote, question.trees)),
            f"each_group() {{\n{groups}    :\n}}\n",
            f"find_compose() {{\n{FIND_COMPOSE}}}\n",
            _machine_sh(),
        )
    )


def _function(name: str, words: Iterable[str]) -> str:
    """A shell function that calls its arguments with `words` behind them: a list whose words may hold anything."""
    return f'{name}() {{\n    "$@" {" ".join(words)}\n}}\n'


def _port_filter(ports: Iterable[int]) -> str:
    return f"( {' or '.join(f'sport = :{port}' for port in ports)} )"


@cache
def _machine_sh() -> str:
    return Path(__file__).with_name("machine.sh").read_text(encoding="utf-8")
