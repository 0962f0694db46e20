"""Whatever an environment holds, it arrives: judged by the real docker compose and the older docker-compose.

In a container of docker 20.10 the same was seen once by hand, with docker-compose 1.29.2 and docker compose 2.20.1 and
5.6.1; tests/lab repeats it.
"""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from corral.desired import compose
from corral.model.cluster import Application, Instance
from corral.secrets import Secret, resolve
from tests.patience import PATIENCE
from tests.unit.desired import judges
from tests.unit.desired.real_clusters import REFERENCE, cluster_of

CLUSTER = cluster_of(REFERENCE)
PIECES = [
    "\\",
    "'",
    '"',
    "$",
    "{",
    "}",
    "#",
    " ",
    "\n",
    "\r",
    "\t",
    "a",
    ":",
    "%",
    "é",
    "漢",
    "😀",
    "\u2028",
    "\x85",
    "\x7f",
]
VALUES = [
    "",
    "yes",
    "null",
    "0777",
    "1e3",
    "=",
    "~",
    "${HOME}",
    "${HOME:-x}",
    "$HOME and $$",
    " blanks at both ends ",
    "mongodb://u:p@[fd00::1]:27017/?a=b&c=%20",
    "line one\nline two\n",
    "\ufeffx",
    "\x01\x1b",
    *map("".join, itertools.product(PIECES, repeat=2)),
    *map("".join, itertools.product("\\\"'$", repeat=3)),
]
OUTSIDE = "its ${own} $HOME \"q\" 'q' \\ \n end"


Tool = Callable[[Path], list[str]]


@pytest.fixture(scope="module", params=["now", "1.29"])
def tool(request: pytest.FixtureRequest) -> Tool:
    """The command that prints, as JSON, what compose makes of a file."""
    return judges.compose_config() if request.param == "now" else judges.compose_config_1()


def services(tool: Tool, directory: Path) -> Mapping[str, Any]:
    """What compose makes of the file in `directory`, whose dollars it writes twice."""
    done = subprocess.run(
        tool(directory / "compose.yaml"), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr
    found: Mapping[str, Any] = json.loads(done.stdout)["services"]
    return found


def written(directory: Path, app: Application, instances: list[Instance]) -> None:
    """As Corral would write it, with the values of what is outside."""
    host = instances[0].host
    (directory / "instances").mkdir()
    secrets = {"application": Secret("c0ffee"), "env:OUTSIDE": Secret(OUTSIDE)}
    for instance in instances:
        text = resolve(compose.environment_yaml(instance), secrets)
        (directory / "instances" / f"{instance.name}.yaml").write_text(text)
    text = compose.compose_yaml(host, [compose.service("shop", app, instance) for instance in instances])
    (directory / "compose.yaml").write_text(text)


def test_every_value_arrives_as_it_is(tool: Tool, tmp_path: Path) -> None:
    values = {f"V{number}": value for number, value in enumerate(VALUES)}
    instance = replace(CLUSTER.app.instances[0], environment=tuple(values.items()))
    written(tmp_path, CLUSTER.app, [instance])
    environment = services(tool, tmp_path)[instance.name]["environment"]
    found = {name: value.replace("$$", "$") for name, value in environment.items()}
    assert {name: found.get(name) for name, value in values.items() if found.get(name) != value} == {}


def test_a_value_from_outside_arrives_as_it_is(tool: Tool, tmp_path: Path) -> None:
    instance = replace(CLUSTER.app.instances[0], environment=(("KEY", "<${env:OUTSIDE}>"),))
    written(tmp_path, CLUSTER.app, [instance])
    found = services(tool, tmp_path)[instance.name]["environment"]["KEY"]
    assert found.replace("$$", "$") == f"<{OUTSIDE}>"


def test_a_service_is_what_the_file_says(tool: Tool, tmp_path: Path) -> None:
    storage = PurePosixPath("/srv/a: b $x")
    app = replace(CLUSTER.app, storage=storage, directory=PurePosixPath("/in side"))
    words = ("sh", "-c", "echo \"$HOME\" '${A}' # no comment\n")
    instances = [replace(instance, command=words) for instance in app.instances if instance.host.name == "app-108"]
    written(tmp_path, app, instances)
    found = services(tool, tmp_path)
    assert list(found) == [instance.name for instance in instances]
    service = found["app-108-5040"]
    assert [word.replace("$$", "$") for word in service["command"]] == list(words)
    assert service["container_name"] == "corral-shop-app-108-5040"
    assert (service["network_mode"], service["restart"], service["init"]) == ("host", "unless-stopped", True)
    assert (service["stop_signal"], service["stop_grace_period"]) == ("SIGINT", "20s")
    assert service["ulimits"]["nofile"] == {"soft": 16384, "hard": 16384}
    assert service["logging"] == {"driver": "json-file", "options": {"max-file": "3", "max-size": "10m"}}
    volume = service["volumes"][0]
    assert [volume[key].replace("$$", "$") for key in ("type", "source", "target")] == ["bind", *[str(storage)] * 2]
    assert service["working_dir"] == "/in side"
    assert "build" not in json.dumps(found)


def test_an_image_without_a_command_keeps_its_own(tool: Tool, tmp_path: Path) -> None:
    web = CLUSTER.app.web[:1]
    written(tmp_path, CLUSTER.app, list(web))
    service = services(tool, tmp_path)[web[0].name]
    assert service.get("command") is None
    assert "working_dir" not in service


def test_what_no_environment_can_hold_is_refused() -> None:
    instance = replace(CLUSTER.app.instances[0], environment=(("A", "x\0y"),))
    with pytest.raises(ValueError, match="NUL"):
        compose.environment_yaml(instance)
