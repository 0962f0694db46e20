"""What starts an instance: words with values, run by no shell."""

from __future__ import annotations

import shlex
import subprocess

import pytest

from corral.cluster_file.build import build, direct_placement
from corral.desired.compose import service
from corral.desired.instances import start_script
from tests.unit.cluster_file.files import SMALL, load, only, said

COMMAND = "command: node main.js"


def message(command: str, more: str = "") -> str:
    return only(SMALL.replace(COMMAND, f"command: {command}{more}")).message


@pytest.mark.parametrize(
    ("command", "works"),
    [
        ("uvicorn app:app --port $PORT", "so '$PORT' stays as it is: write `${corral:PORT}`."),
        (
            "gunicorn -b ${HOST}:${PORT} app",
            "write `${corral:HOST}:${corral:PORT}`.",
        ),
        ("x $HOST:$HOSTNAME", "so '$HOST:$HOSTNAME' stays as it is: write `${corral:HOST}:$HOSTNAME`."),
        ("[uvicorn, app, '--port=$PORT']", "so '--port=$PORT' stays as it is: write `--port=${corral:PORT}`."),
        ("x --db $MONGO_URL", "so '$MONGO_URL' stays as it is; the application has MONGO_URL in its environment."),
        ("NODE_ENV=production node x", 'write `command: node x`, and below app.env `NODE_ENV: "production"`.'),
        ("cd web && npm start", "so '&&' is but a word: write `command: [sh, -c, \"cd web && exec npm start\"]`."),
        ("node x > log 2>&1", "so '>' is but a word: write `command: [sh, -c, \"exec node x > log 2>&1\"]`."),
        ("node x | tee log", "so '|' is but a word: write `command: [sh, -c, \"node x | tee log\"]`."),
        ("node x &", "so '&' is but a word"),
    ],
)
def test_what_a_shell_alone_understands_is_told_with_the_line_that_works(command: str, works: str) -> None:
    assert works in message(command)
    assert message(command).startswith("app.command is run by no shell, ")


@pytest.mark.parametrize(
    "command",
    [
        "sh -c 'cd web && exec node x > log'",
        "[sh, -c, 'exec node x --port $PORT']",
        "node x --filter 'a|b'",
        "python -c 'print(1); print(2)'",
        "mongosh --eval $set",
        "node x --name a\\'b",
        "env NODE_ENV=production node x",
    ],
)
def test_what_is_meant_so_is_left_as_it_is(command: str) -> None:
    assert said(SMALL.replace(COMMAND, f"command: {command}")) == []


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("${corral:MONGO_URL}", "it has a password, which a process list would show"),
        ("${env:TOKEN}", "a process list would show it; write it below app.env"),
        ("--key=${file:key.pem}", "a process list would show it; write it below app.env"),
        ("${corral:POTR}", "may hold `${corral:NAME}` for these alone: PORT, HOST, INSTANCE"),
        ("${corral:STORAGE}", "asks for ${corral:STORAGE}, and app.storage.path is not set."),
    ],
)
def test_what_can_not_stand_in_a_command(word: str, why: str) -> None:
    assert why in message(f"[node, '{word}']")


def test_a_worker_s_own_command_is_judged_with_its_own_variables() -> None:
    text = SMALL.replace(COMMAND, f"{COMMAND}\n  workers: {{instances: 1, command: 'x $QUEUE', env: {{QUEUE: a}}}}")
    assert "app.workers.command is run by no shell, so '$QUEUE'" in only(text).message


def test_each_instance_has_its_own_values_and_each_word_stays_one() -> None:
    words = ["--listen=${corral:HOST}:${corral:PORT}", "${corral:INSTANCE} $ as ${corral:ROLE}", "v${corral:VERSION}"]
    command = f"[node, {', '.join(map(repr, words))}]"
    loaded = load(SMALL.replace(COMMAND, f"command: {command}\n  version: '1 0'\n  instances: 2"))
    cluster = build(loaded.spec, direct_placement(loaded.spec), loaded.directory)
    first, second = cluster.app.web[:2]
    assert first.command == ("node", "--listen=10.0.0.1:5040", "one-5040 $ as web", "v1 0")
    assert second.command[1] == "--listen=10.0.0.1:5041"
    script = start_script(cluster.app, first).splitlines()
    (line,) = [each for each in script if "--listen" in each]
    printed = ["sh", "-c", f"printf '%s\\n' {line.removeprefix('exec ')}"]
    told = subprocess.run(printed, capture_output=True, text=True, check=True)
    assert told.stdout.splitlines() == list(first.command)
    assert shlex.split(line.removeprefix("exec ")) == list(first.command)
    assert '"one-5040 $$ as web"' in service("shop", cluster.app, first), "compose has a `$` of its own"
