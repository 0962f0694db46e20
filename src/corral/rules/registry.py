"""What a rule is: a function that looks at the cluster's file or at its machines, and says where something is wrong.

One catalogue for all places. What a rule presupposes of a place is named by the place's abilities: `packages` for
programs and kernel settings, `accounts` for root, systemd and machines of one's own, `time` for clocks. Where they are
missing the rule is left out; no rule asks which place it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from corral.cluster_file.app import variables
from corral.model.cluster import Ability, Cluster, Host
from corral.model.host_needs import Need, is_member, mongod_to_be, needs
from corral.model.machine import Listener, Machine, Version
from corral.model.resources import UP
from corral.model.shared_machine import SharedMachine
from corral.problems import Severity
from corral.secrets import Secrets, outside_names, reference

if TYPE_CHECKING:
    from corral.cluster_file.positions import Path
    from corral.cluster_file.schema import Spec

Machines = Mapping[str, Machine]
Evidence = Mapping[str, object]
"""For the words in braces of the rule's texts."""
LooksAt = Literal["file", "machines"]


class Seen(NamedTuple):
    """Where a rule applies: a place in the file, or a host, whose name is added to the evidence."""

    path: Path = ()
    evidence: Evidence = MappingProxyType({})
    host: str = ""


def on(host: str, evidence: Evidence) -> Seen:
    return Seen((), evidence, host)


@dataclass(frozen=True, eq=False)  # as those below: nobody compares them, and a start of Corral makes them
class There:
    """One host, as a rule on a single host is given it."""

    cluster: Cluster
    host: Host
    machine: Machine

    @cached_property
    def needs(self) -> tuple[Need, ...]:
        """The programs that it needs."""
        return tuple(needs(self.cluster, self.host))

    @cached_property
    def is_member(self) -> bool:
        return is_member(self.cluster, self.host)

    @cached_property
    def mongod(self) -> Version | None:
        """The MongoDB that the member here is to run; None where there is no member, or that can't be known."""
        return mongod_to_be(self.cluster, self.host, self.machine) if self.is_member else None

    @cached_property
    def strangers(self) -> tuple[Listener, ...]:
        """Who listens here by TCP and is none of the cluster's; not what is in a container that docker didn't tell of,
        since it may be the cluster's own."""
        listeners = (each for each in self.machine.listeners if each.protocol == "tcp" and not each.unit)
        return tuple(each for each in listeners if not each.hidden)

    @cached_property
    def running(self) -> frozenset[str]:
        """The cluster's units that run here."""
        return frozenset(unit.name for unit in self.machine.owned.units if unit.state == "running")


Theres = tuple[There, ...]


@dataclass(frozen=True, eq=False)
class Together:
    """All hosts of the cluster, where they are one machine, as a rule on that one is given them."""

    cluster: Cluster
    theres: Theres
    machine: SharedMachine

    @cached_property
    def up(self) -> frozenset[str]:
        """The units whose processes are there, kept or outlived."""
        units = (unit for there in self.theres for unit in there.machine.owned.units)
        return self.machine.outlived.union(unit.name for unit in units if unit.state in UP)


@dataclass(frozen=True, eq=False)
class Facts:
    """All that there is to look at: the cluster as it is placed, with its file or with its machines.

    `shared` is the one machine that all hosts are, where they are one.
    """

    cluster: Cluster
    spec: Spec | None = None
    outside: Secrets = field(default_factory=dict)
    """The values of what the file refers to outside it, as far as they are known."""
    machines: Machines = field(default_factory=dict)
    shared: SharedMachine | None = None

    @cached_property
    def theres(self) -> Theres:
        """The hosts of the file that were seen, in its order."""
        return tuple(
            There(self.cluster, host, self.machines[host.name])
            for host in self.cluster.hosts
            if host.name in self.machines
        )


class Rule(NamedTuple):
    """`name` is the key of its texts; several rules may share a code, when they are about one thing.

    It holds where the place has all abilities of `needs`. `alone`: a host that it complains of tells too little for any
    other rule. `code`, and `where` on machines, are filled with the evidence as texts are.
    """

    looks_at: LooksAt
    code: str
    severity: Severity
    name: str
    look: Callable[[Facts], Iterator[Seen]]
    needs: frozenset[Ability] = frozenset()
    alone: bool = False
    where: str = "{host}"


RULES: Final[list[Rule]] = []

LookAtFile = Callable[[Cluster, "Spec"], Iterator[Seen]]
LookAtValue = Callable[[str], bool]
LookAtAll = Callable[[Theres], Iterator[Seen]]
LookAtEach = Callable[[There], Iterator[Evidence]]
LookTogether = Callable[[Together], Iterator[Evidence]]


def rule(code: str, severity: Severity) -> Callable[[LookAtFile], LookAtFile]:
    """Registers a function on the file, under its own name."""

    def register(look: LookAtFile) -> LookAtFile:
        def on_file(facts: Facts) -> Iterator[Seen]:
            return look(facts.cluster, facts.spec) if facts.spec else iter(())

        RULES.append(Rule("file", code, severity, look.__name__, on_file))
        return look

    return register


def rule_on_all(code: str, severity: Severity, *needs: Ability) -> Callable[[LookAtAll], LookAtAll]:
    """Registers a function that compares hosts."""

    def register(look: LookAtAll) -> LookAtAll:
        def on_all(facts: Facts) -> Iterator[Seen]:
            return look(facts.theres)

        RULES.append(Rule("machines", code, severity, look.__name__, on_all, frozenset(needs)))
        return look

    return register


def rule_on_value(code: str, severity: Severity) -> Callable[[LookAtValue], LookAtValue]:
    """Registers a function on a value from outside the file. Nothing of it is evidence: what a rule says is shown."""

    def register(look: LookAtValue) -> LookAtValue:
        def on_values(facts: Facts) -> Iterator[Seen]:
            for path, name, value in _values(facts):
                if look(value):
                    yield Seen(path, {"reference": reference(name)})

        RULES.append(Rule("file", code, severity, look.__name__, on_values))
        return look

    return register


def _values(facts: Facts) -> Iterator[tuple[Path, str, str]]:
    """Each that is known once, with the first place that refers to it."""
    told: set[str] = set()
    for path, text in variables(facts.spec.app) if facts.spec else ():
        for name in outside_names(text):
            if name in facts.outside and name not in told:
                told.add(name)
                yield path, name, facts.outside[name].reveal()


def rule_on_each(
    code: str, severity: Severity, *needs: Ability, alone: bool = False
) -> Callable[[LookAtEach], LookAtEach]:
    """Registers a function that looks at one host, and says its evidence each time that it has something to say."""

    def register(look: LookAtEach) -> LookAtEach:
        def on_each(facts: Facts) -> Iterator[Seen]:
            for there in facts.theres:
                for evidence in look(there):
                    yield on(there.host.name, evidence)

        RULES.append(Rule("machines", code, severity, look.__name__, on_each, frozenset(needs), alone))
        return look

    return register


def rule_on_shared(code: str, severity: Severity, where: str = "") -> Callable[[LookTogether], LookTogether]:
    """Registers a function that looks at the one machine that all hosts are; where each has its own, it isn't asked."""

    def register(look: LookTogether) -> LookTogether:
        def on_shared(facts: Facts) -> Iterator[Seen]:
            if facts.shared:
                for evidence in look(Together(facts.cluster, facts.theres, facts.shared)):
                    yield Seen((), {"root": facts.shared.root, **evidence})

        RULES.append(Rule("machines", code, severity, look.__name__, on_shared, where=where))
        return look

    return register
