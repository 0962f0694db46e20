"""What is known to go wrong with clusters such as these, looked for in the cluster file.

One rule is one function (in proxy, app, database, time) with a code of docs/rules.md; what it says is in
`texts`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corral.model.cluster import Cluster
from corral.problems import Language, Problem
from corral.rules import app, database, proxy, time  # noqa: F401  # they register their rules
from corral.rules.registry import RULES, Rule, Seen
from corral.rules.texts import TEXTS

if TYPE_CHECKING:
    from corral.cluster_file.parse import Loaded

__all__ = ["RULES", "findings"]


def findings(cluster: Cluster, loaded: Loaded, language: Language = "en") -> list[Problem]:
    """What the rules have to say, and the warnings of the file's reading, in the order of the file."""
    seen = [(rule, place) for rule in RULES for place in rule.look(cluster, loaded.spec)]
    seen.sort(key=lambda pair: loaded.document.position(pair[1].path))
    return [*loaded.warnings, *(_problem(rule, place, loaded, language) for rule, place in seen)]


def _problem(rule: Rule, seen: Seen, loaded: Loaded, language: Language) -> Problem:
    text = TEXTS[language][rule.name]
    between = " " if language == "en" else ""
    message = f"{text.message.format(**seen.evidence)}{between}{text.why}"
    return Problem(rule.code, rule.severity, message, text.hint.format(**seen.evidence), loaded.where(seen.path))
