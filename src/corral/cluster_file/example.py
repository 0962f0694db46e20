"""The commented cluster file: what `corral init` writes and what `corral up` runs without a file."""

from __future__ import annotations

import re
from importlib.resources import files

from corral.cluster_file.schema import NAME
from corral.errors import InvalidFile
from corral.language import tr
from corral.problems import Problem


def example_text() -> str:
    return files("corral.cluster_file").joinpath("example.yaml").read_text(encoding="utf-8")


def init_text(name: str) -> str:
    """The example with another name. Raises InvalidFile for a name that no cluster can have."""
    if not re.fullmatch(NAME.pattern, name):
        message = tr("{name!r} can't be a cluster's name.", name=name)
        raise InvalidFile(Problem("bad-value", "error", message, tr("Its form: {what}.", what=NAME.what)))
    line = f"name: {name}".ljust(len("name: noticeboard"))
    text = re.sub(r"^name: noticeboard", line, example_text(), count=1, flags=re.MULTILINE)
    database = name.replace("-", "_")
    text = re.sub(r"# replica_set: noticeboard\b", f"# replica_set: {name}", text)
    return re.sub(r"# name: noticeboard\b", f"# name: {database}", text)
