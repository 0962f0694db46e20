"""What a rule on hosts is: a function that looks at the machines and says on which something is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from corral.model.cluster import Cluster, Host
from corral.model.machine import Machine
from corral.problems import Severity

Machines = Mapping[str, Machine]
Evidence = Mapping[str, object]
"""For the words in braces of the rule's text; `host` is added to it."""


@dataclass(frozen=True)
class SeenOn:
    """A host to which a rule applies."""

    host: str
    evidence: Evidence = field(default_factory=dict)


@dataclass(frozen=True)
class There:
    """One host, as a rule on a single host is given it."""

    cluster: Cluster
    host: Host
    machine: Machine


Look = Callable[[Cluster, Machines], Iterator[SeenOn]]


@dataclass(frozen=True)
class HostRule:
    """`name` is the key of its texts; several rules may share a code, when they are about one thing."""

    code: str
    severity: Severity
    name: str
    look: Look


HOST_RULES: Final[list[HostRule]] = []


def rule_on_all(code: str, severity: Severity) -> Callable[[Look], Look]:
    """Registers a function that compares hosts."""

    def register(look: Look) -> Look:
        HOST_RULES.append(HostRule(code, severity, look.__name__, look))
        return look

    return register


LookThere = Callable[[There], Iterator[Evidence]]


def rule_on_each(code: str, severity: Severity) -> Callable[[LookThere], LookThere]:
    """Registers a function that looks at one host, and says its evidence each time that it has something to say."""

    def register(look: LookThere) -> LookThere:
        def on_all(cluster: Cluster, machines: Machines) -> Iterator[SeenOn]:
            for host in cluster.hosts:
                if host.name in machines:
                    there = There(cluster, host, machines[host.name])
                    yield from (SeenOn(host.name, evidence) for evidence in look(there))

        HOST_RULES.append(HostRule(code, severity, look.__name__, on_all))
        return look

    return register
