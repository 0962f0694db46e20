"""What is known to go wrong on real hosts, looked for in what they tell before anything is changed."""

from __future__ import annotations

from corral.model.cluster import Cluster
from corral.problems import Language, Problem
from corral.rules import (  # noqa: F401  # they register their rules
    host_database,
    host_ports,
    host_resources,
    host_software,
    host_system,
    host_time,
)
from corral.rules.host_registry import HOST_RULES, HostRule, Machines, SeenOn
from corral.rules.host_texts import HOST_TEXTS

__all__ = ["HOST_RULES", "preflight"]


def preflight(cluster: Cluster, machines: Machines, language: Language = "en") -> list[Problem]:
    """Everything that the rules on hosts have to say of `machines`, host by host in the file's order; errors refuse.

    A host that gives no root tells too little for any other rule.
    """
    rootless = {name for name, machine in machines.items() if not machine.system.root}
    told = {name: machine for name, machine in machines.items() if name not in rootless}
    order = {host.name: number for number, host in enumerate(cluster.hosts)}
    seen = [
        (rule, place)
        for rule in HOST_RULES
        for place in rule.look(cluster, machines if rule.name == "no_root" else told)
    ]
    seen.sort(key=lambda pair: order[pair[1].host])
    return [_problem(rule, place, language) for rule, place in seen]


def _problem(rule: HostRule, seen: SeenOn, language: Language) -> Problem:
    text, evidence = HOST_TEXTS[language][rule.name], {"host": seen.host, **seen.evidence}
    between = " " if language == "en" else ""
    message, why, hint = (part.format(**evidence) for part in text)
    return Problem(rule.code, rule.severity, f"{message}{between}{why}", hint, seen.host)
