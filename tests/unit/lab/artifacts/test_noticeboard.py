"""The release of the example application has what it needs, as locked, and nothing else."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.artifacts import noticeboard
from lab.errors import LabError
from lab.places import CHECKOUT

LOCK = """\
anyio==4.0 \\
    --hash=sha256:aa \\
    --hash=sha256:ab
click==8.0 ; python_version >= "3.11" \\
    --hash=sha256:ba
jinja2==3.1 \\
    --hash=sha256:ca
"""


def test_the_wanted_blocks_of_a_lock_are_kept_whole() -> None:
    assert noticeboard.subset(LOCK, ["click", "anyio"]) == LOCK[: LOCK.index("jinja2")]


def test_what_no_lock_pins_is_named() -> None:
    with pytest.raises(LabError, match="doesn't pin starlette, uvicorn"):
        noticeboard.subset(LOCK, ["anyio", "uvicorn", "starlette"])


def test_the_real_lock_has_all_of_them() -> None:
    text = noticeboard.subset((CHECKOUT / "requirements" / "playground.txt").read_text(), noticeboard.NEEDED)
    assert len(re.findall("^[a-z]", text, re.MULTILINE)) == len(noticeboard.NEEDED)


def test_the_list_is_what_the_application_imports_and_what_that_requires() -> None:
    assert set(closure(imported())) == set(noticeboard.NEEDED)


def imported() -> set[str]:
    """Distributions of the modules that the application's sources name."""
    modules: set[str] = set()
    for path in (CHECKOUT / "src/corral/noticeboard").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            modules.update(name.split(".")[0] for name in names)
    owners = importlib.metadata.packages_distributions()
    own = {"corral", *sys.stdlib_module_names}
    # uvicorn imports its websocket library by the protocol that the application chooses.
    return {owners[module][0] for module in modules - own} | {"websockets"}


def closure(names: set[str]) -> Iterator[str]:
    """With what they require on the hosts, whose Python is 3.11 (extras left out)."""
    waiting, seen = set(names), set()
    while waiting:
        name = re.sub("[-_.]+", "-", waiting.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        yield name
        for text in importlib.metadata.requires(name) or []:
            requirement, _, marker = text.partition(";")
            if "extra" not in marker and not re.search(r'python_version < "3\.(9|10|11)"|< \'3\.(9|10|11)\'', marker):
                waiting.add(re.split(r"[\s<>=!~\[]", requirement, maxsplit=1)[0])


def test_only_the_application_is_taken_of_corral() -> None:
    names = [name for name, _ in noticeboard._own_files(CHECKOUT / "src")]
    assert "corral/noticeboard/static/app.js" in names
    assert "corral/noticeboard/web/page.py" in names
    tops = {Path(name).parts[:2] for name in names}
    assert {top[-1] for top in tops} == {"__init__.py", "noticeboard"}
    assert not any("__pycache__" in name for name in names)
