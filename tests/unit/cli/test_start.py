"""What a command loads before it does anything: the time that everybody waits each time."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from corral.cli.main import VERBS, verb
from tests.patience import PATIENCE

HEAVY = (
    "asyncssh",
    "asyncio",
    "bson",
    "cryptography",
    "httpx",
    "jinja2",
    "pydantic",
    "pymongo",
    "rich",
    "ruamel",
    "supervisor",
)
"""Libraries of which each takes 20 ms and more."""


def loaded_by(program: str) -> set[str]:
    """The names of all modules that `program` has loaded, those of a fresh Python included."""
    script = f"{program}\nimport json, sys; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def heavy(modules: set[str]) -> set[str]:
    return {name for name in HEAVY if name in modules}


def test_help_loads_no_verb_and_no_heavy_library() -> None:
    program = "from corral.cli.main import app\ntry: app(['--help'])\nexcept SystemExit: pass"
    modules = loaded_by(program)
    assert not heavy(modules)
    own = {name for name in modules if name.partition(".")[0] == "corral"}
    small = {"corral", "corral.errors", "corral.language", "corral.problems", "corral.words"}
    assert own == small | {"corral.cli", "corral.cli.main", "corral.cli.options", "corral.cli.library_words"}


def test_an_apply_connects_before_the_libraries_are_loaded_that_only_the_answers_need() -> None:
    modules = loaded_by("import corral.cli.apply, corral.places.hosts.place")
    assert not heavy(modules) & {"bson", "cryptography", "asyncssh", "httpx", "jinja2", "pymongo", "supervisor"}


@pytest.mark.parametrize("name", VERBS)
def test_the_list_says_of_each_verb_its_own_first_sentence(name: str) -> None:
    words = verb(name).help.split("\n\n")[0].replace("\n", " ")
    assert words.split(". ")[0].rstrip(".") == VERBS[name].rstrip(".")
