"""Under a Chinese locale a person reads Chinese alone; programs read what they read under any other."""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.unit.cli.test_verbs import VERBS, Shell

QUOTED: Final = re.compile(r"`[^`]*`|'[^'\n]*'|\"[^\"\n]*\"|\$\{[^}]*\}|\{[^}]*\}")
COMMAND: Final = re.compile(r"(?m)(?:corral|ssh|systemctl|chronyc)(?: [\w./:@|<>-]+)+|--[\w-]+(?: \w+)?|^用法：.*$")
"""What is typed is the same in all languages."""
NAME: Final = re.compile(r"[\w./:@-]*[\d./:@_][\w./:@-]*")
"""Paths, addresses, keys of the file, names with digits."""
DIFF: Final = re.compile(r"(?m)^ *(?:@@|[+-](?! )).*$|^ *\+ .*$")
"""What stands in files."""
TERMS: Final = re.compile(
    r"(?i)\b(?:MongoDB|docker compose|nginx|JSON Schema|Windows|ASCII|Ctrl-C|age|SSH|YAML|DNS|Python)\b"
)
ENGLISH: Final = re.compile(r"[A-Za-z][A-Za-z']+(?: [A-Za-z][A-Za-z']+)+")
"""Two words in a row."""
CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")
WRONG: Final = """\
name: Shop
hosts: {one: 10.0.0.1, two: 10.0.0.1, three: {adress: 10.0.0.3}, four: 300.1.2.3}
proxy: {hosts: [one, five], port: http, balance: hash, virtual_ip: {}, real_ip_from: [10.0.0.1/8], install: brew}
app:
  hosts: [one]
  command: "A=1 node main.js"
  env: {PORT: "1", X: "${secret:x}", "a b": c, Y: "${env:9}", Z: "${corral:NONE}"}
  health: {path: ready, status: 999, headers: {Host: a/b, Cookie: c}}
  stop: {timeout: long}
  instances: 0
  directory: [a]
database:
  name: admin
  members: {one: {priority: 1, votes: 0}, two: {arbiter: true, priority: 3}}
  election_timeout: 1s
  heartbeat_interval: 5s
  directory: /etc
time: {servers: nobody, nonsense: 1}
secrets: {recipients: 7}
playground: {network: 10.0.0.0/8}
"""
OTHERS: Final = ("", "- a\n- b\n", "a: b: c\n", "a: 'b\n", "\tname: x\n", "name: x\nname: y\n", "name: [\n", "a: *b\n")
"""Files that are no cluster files."""


def english_in(said: str) -> list[str]:
    """Sentences that were not translated, but for those of the operating system."""
    for words in map(os.strerror, errno.errorcode):
        said = said.replace(words, "·")
    for passed_over in (DIFF, QUOTED, COMMAND, NAME, TERMS):
        said = passed_over.sub(" · ", said)
    return [found[0] for found in ENGLISH.finditer(said)]


def test_what_finds_english_finds_it() -> None:
    assert english_in("错误：the file is gone [no-file]") == ["the file is gone"]
    assert english_in("错误：没有文件 cluster.yaml。\n  → corral up -f FILE，或 `make it so`") == []


@pytest.fixture
def corral(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path)
    shell.environment["LANG"] = "zh_CN.UTF-8"
    shell.environment["COLUMNS"] = "200"
    return shell


def read(corral: Shell, *arguments: str, code: int = 0) -> str:
    done = corral(*arguments, code=code)
    said = done.stdout + done.stderr
    assert english_in(said) == [], said
    return said


@pytest.mark.parametrize("verb", ["", *VERBS, "database shell", "database import"])
def test_the_help(corral: Shell, verb: str) -> None:
    said = read(corral, *verb.split(), "--help")
    assert said.startswith("用法：corral")
    lines = [line for line in said.splitlines()[1:] if re.match(r"  -|  [a-z]", line) and len(line.split()) > 2]
    assert not [line for line in lines if not CHINESE.search(line) and "playground" not in line]


@pytest.mark.parametrize(
    "wrong",
    [
        *(["frob"], ["up", "--nope"], ["up", "--detac"], ["status", "--format", "xml"], ["exec"], ["plan", "a", "b"]),
        *(["init", "-f"], ["exec", "--deadline", "0", "x", "ls"], ["up", "--detach=3"], ["--file"]),
    ],
    ids=" ".join,
)
def test_wrong_usage(corral: Shell, wrong: list[str]) -> None:
    assert re.search(r"错误：.*[\u4e00-\u9fff]", read(corral, *wrong, code=2))


def test_a_file_with_many_faults(corral: Shell) -> None:
    (corral.directory / "cluster.yaml").write_text(WRONG)
    said = read(corral, "check", code=2)
    assert said.count("错误：") > 15
    for text in OTHERS:
        (corral.directory / "cluster.yaml").write_text(text)
        read(corral, "check", code=2)


def test_verbs_of_a_cluster_that_does_not_run(corral: Shell) -> None:
    read(corral, "list")
    read(corral, "status", code=2)
    read(corral, "init", "--name", "Shop", code=2)
    read(corral, "init", "--name", "shop")
    read(corral, "init", code=2)
    assert "代理" in read(corral, "check")
    assert "已停止" in read(corral, "status", code=1)
    read(corral, "verify", code=1)
    read(corral, "plan", code=2)
    assert "数据库\n" in read(corral, "up", "--dry-run")
    read(corral, "journal")
    read(corral, "journal", "2026", code=2)
    read(corral, "unlock")
    read(corral, "logs")
    read(corral, "stop", "nobody", code=2)
    read(corral, "restart", "app", code=1)
    read(corral, "exec", "nobody", "ls", code=2)
    read(corral, "database", "import", "cluster.yaml", code=2)
    read(corral, "database", "shell", "--as", "nobody", code=2)
    read(corral, "apply", "nowhere", code=2)
    read(corral, "destroy", "--yes", "ship", code=2)
    read(corral, "down", "--name", "a/b", code=2)
    read(corral, "down")
    read(corral, "trust", "nobody", code=2)


FOR_PEOPLE: Final = {"message", "hint", "seen", "why", "preview", "detail"}


def for_programs(value: Any) -> Any:
    """Without what is said to people."""
    if isinstance(value, dict):
        return {key: for_programs(inner) for key, inner in value.items() if key not in FOR_PEOPLE}
    return [for_programs(inner) for inner in value] if isinstance(value, list) else value


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from texts_in(inner)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        *((["check"], 0), (["status"], 1), (["verify"], 1), (["journal"], 0), (["list"], 0), (["unlock"], 0)),
        *((["plan"], 2), (["up", "--dry-run"], 0), (["show"], 0), (["status", "-f", "none.yaml"], 2)),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_programs_read_the_same(corral: Shell, arguments: list[str], code: int) -> None:
    corral("init", "--name", "shop")
    with (corral.directory / "cluster.yaml").open("a") as file:  # else what is free just then is chosen
        file.write("\nplayground: {network: 127.9.0.0/16}\n")
    chinese = json.loads(corral(*arguments, "--format", "json", code=code).stdout)
    corral.environment["LANG"] = "C"
    english = json.loads(corral(*arguments, "--format", "json", code=code).stdout)
    assert for_programs(chinese) == for_programs(english)
    assert not any(CHINESE.search(text) for text in texts_in(for_programs(chinese)))
