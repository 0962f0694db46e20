"""README's "Your own application", as a new user follows it: a plain program in Python and one in Node, each healthy at
its first start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import urllib.request
from pathlib import Path
from typing import Any, Final

import pytest
from ruamel.yaml import YAML

from tests.cluster.harness import A_RUN, CORRAL
from tests.free_addresses import free_network, unique_name
from tests.patience import PATIENCE

pytestmark = pytest.mark.cluster
README: Final = Path(__file__).parents[2] / "README.md"
PYTHON: Final = """\
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

app = Starlette(
    routes=[
        Route("/", lambda _request: PlainTextResponse("hello from Python")),
        Route("/healthz", lambda _request: PlainTextResponse("ok")),
    ]
)
"""
NODE: Final = """\
const http = require("http");
http.createServer((request, response) => {
  response.end(request.url === "/healthz" ? "ok" : "hello from Node");
}).listen(process.env.PORT, process.env.HOST);
"""


def of_readme() -> dict[str, Any]:
    """The lines of the file that make the cluster one's own."""
    section = README.read_text(encoding="utf-8").partition("## Your own application")[2]
    block = section.partition("    app:\n")[2].partition("\n\n")[0]
    lines: dict[str, Any] = YAML(typ="safe").load(f"app:\n{textwrap.indent(block, '  ')}")["app"]
    assert set(lines) == {"command", "health", "instances"}
    return lines


@pytest.mark.parametrize(
    ("file", "program", "command", "hello"),
    [
        ("app.py", PYTHON, "", b"hello from Python"),
        ("server.js", NODE, "node server.js", b"hello from Node"),
    ],
    ids=["python", "node"],
)
def test_four_commands_and_no_failed_start(tmp_path: Path, file: str, program: str, command: str, hello: bytes) -> None:
    network, name = free_network(), unique_name()
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # uvicorn is there
    environment = {**os.environ, "PATH": path, "XDG_STATE_HOME": str(tmp_path / "state"), "NO_COLOR": "1"}

    def corral(*arguments: str) -> str:
        done = subprocess.run(
            [CORRAL, *arguments],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=A_RUN,
            check=False,
        )
        assert done.returncode == 0, f"{arguments}\n{done.stdout}{done.stderr}"
        return done.stdout

    (tmp_path / file).write_text(program)
    corral("init", "--name", name)
    yaml, written = YAML(), tmp_path / "cluster.yaml"
    content = yaml.load(written)
    content["app"].update(of_readme() | ({"command": command} if command else {}))
    del content["app"]["websocket"]
    content["playground"] = {"network": f"{network}.0.0/16", "port": 20000 + int(network.split(".")[1]) * 40}
    yaml.dump(content, written)
    corral("check")
    try:
        up = json.loads(corral("up", "--detach", "--format", "json"))
        assert up["state"] == "healthy"
        with urllib.request.urlopen(up["url"], timeout=PATIENCE) as answer:  # noqa: S310  # a URL of this machine
            assert answer.read() == hello
        corral("verify")
    finally:
        corral("down", "--purge", "--yes")
