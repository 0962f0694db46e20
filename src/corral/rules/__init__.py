"""What is known to go wrong with clusters such as these: one catalogue, for the cluster file and for the machines.

One rule is one function with a code of docs/rules.md: app, database, proxy and time look at the file, values at what it
refers to, host_* at hosts, shared_* at the one machine that all hosts may be. Their words: texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from corral.language import language, tr
from corral.model.cluster import Cluster
from corral.model.shared_machine import SharedMachine
from corral.problems import Problem
from corral.rules import (  # noqa: F401  # they register their rules
    app,
    database,
    host_answers,
    host_database,
    host_network,
    host_ports,
    host_resources,
    host_services,
    host_software,
    host_system,
    host_time,
    proxy,
    shared_command,
    shared_data,
    shared_ports,
    shared_programs,
    shared_resources,
    time,
    values,
)
from corral.rules.registry import RULES, Facts, LooksAt, Machines, Rule, Seen
from corral.rules.texts import TEXTS
from corral.secrets import Secrets

if TYPE_CHECKING:
    from corral.cluster_file.parse import Loaded

__all__ = ["RULES", "TEXTS", "findings", "findings_on"]


def findings(cluster: Cluster, loaded: Loaded, outside: Secrets = MappingProxyType({})) -> list[Problem]:
    """What the rules on the file have to say, and the warnings of the file's reading, in the order of the file.

    `outside` are the values that the file refers to, as far as they are known.
    """
    seen = list(_applying("file", Facts(cluster, loaded.spec, outside)))
    seen.sort(key=lambda pair: loaded.document.position(pair[1].path))
    told = (_problem(rule, each, loaded.where(each.path)) for rule, each in seen)
    return [*loaded.warnings, *told]


def findings_on(cluster: Cluster, machines: Machines, shared: SharedMachine | None = None) -> list[Problem]:
    """What the rules on machines have to say, host by host in the file's order; errors refuse.

    `shared` is the one machine that all hosts are, where they are one: what is wrong with it comes first, and once.
    """
    facts = Facts(cluster, machines=machines, shared=shared)
    first = list(_applying("machines", facts, alone=True))
    if first:
        silent = {seen.host for _, seen in first}
        facts = replace(facts, machines={name: each for name, each in machines.items() if name not in silent})
    seen = [*first, *_applying("machines", facts)]
    order = {host.name: number for number, host in enumerate(cluster.hosts)}
    seen.sort(key=lambda pair: order.get(pair[1].host, -1))
    return list(dict.fromkeys(_problem(rule, each) for rule, each in seen))


def _applying(looks_at: LooksAt, facts: Facts, *, alone: bool = False) -> Iterator[tuple[Rule, Seen]]:
    for rule in RULES:
        if rule.looks_at == looks_at and rule.alone == alone and rule.needs <= facts.cluster.abilities:
            yield from ((rule, seen) for seen in rule.look(facts))


def _problem(rule: Rule, seen: Seen, where: str | None = None) -> Problem:
    evidence = {"host": seen.host, **seen.evidence}
    between = " " if language() == "en" else ""
    message, why, hint = (tr(part, **evidence) for part in TEXTS[rule.name])
    where = rule.where.format(**evidence) if where is None else where
    return Problem(rule.code.format(**evidence), rule.severity, f"{message}{between}{why}", hint, where)
