"""A playground of which only the name is known."""

from __future__ import annotations

import re
from pathlib import Path

from corral.cluster_file.parse import Loaded, load_text
from corral.cluster_file.schema import NAME
from corral.errors import InvalidFile
from corral.language import tr
from corral.places.playground.state import state_of
from corral.problems import Problem


def loaded_by_name(name: str) -> Loaded:
    """The cluster file as it was carried out last; without one that can be read, a file of that name alone.

    Raises InvalidFile: a name is a directory's, and a path would lead to somebody else's; ChangeFailed for a directory
    that another version of Corral has made.
    """
    if not re.fullmatch(NAME.pattern, name):
        message = tr("--name {name!r} can't be a cluster's name: {form}", name=name, form=NAME.what)
        hint = tr("`corral list` lists the clusters of this machine")
        raise InvalidFile(Problem("bad-value", "error", message, hint))
    return state_of(name).applied() or load_text(_NAMELESS.format(name=name), "", Path("/"))


_NAMELESS = """\
name: {name}
hosts: {{localhost: 10.0.0.1}}
proxy: {{hosts: [localhost]}}
app: {{command: "true", hosts: [localhost]}}
database: {{members: {{localhost: {{}}}}}}
"""
"""Enough to stop what runs: the supervisor knows what that is."""
