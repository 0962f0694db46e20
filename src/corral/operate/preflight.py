"""What the cluster file must have before any host is asked."""

from __future__ import annotations

import os

from corral.errors import InvalidFile
from corral.operate.connections import cluster_of
from corral.problems import Problem, errors_in
from corral.rules import findings
from corral.rules.texts import Language
from corral.spec.parse import Loaded
from corral.spec.real_hosts import problems_for_hosts


def check_file(loaded: Loaded, language: Language = "en") -> list[Problem]:
    """The warnings. Raises InvalidFile with everything when there is an error among them."""
    found = [*findings(cluster_of(loaded), loaded, language), *problems_for_hosts(loaded, os.path.isfile)]
    if errors_in(found):
        raise InvalidFile(found)
    return [problem for problem in found if problem.severity == "warning"]
