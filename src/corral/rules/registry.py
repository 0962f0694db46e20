"""What a rule is: a function that looks at a cluster and says where something could be better."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from corral.model.cluster import Cluster
from corral.problems import Severity

if TYPE_CHECKING:
    from corral.cluster_file.positions import Path
    from corral.cluster_file.schema import Spec


@dataclass(frozen=True)
class Seen:
    """A place in the file where a rule applies, and the evidence for the words in braces of its text."""

    path: Path
    evidence: dict[str, object] = field(default_factory=dict)


Look = Callable[[Cluster, "Spec"], Iterator[Seen]]


@dataclass(frozen=True)
class Rule:
    """`name` is the key of its texts; several rules may share a code, when they are about one thing."""

    code: str
    severity: Severity
    name: str
    look: Look


RULES: Final[list[Rule]] = []


def rule(code: str, severity: Severity) -> Callable[[Look], Look]:
    """Registers a function under its own name."""

    def register(look: Look) -> Look:
        RULES.append(Rule(code, severity, look.__name__, look))
        return look

    return register
