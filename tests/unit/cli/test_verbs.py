"""The command as a shell sees it, for the verbs that start nothing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from corral import __version__
from corral.cli import main
from tests.patience import PATIENCE
from tests.unit.cluster_file.files import SMALL

CORRAL = Path(sys.executable).parent / "corral"
VERBS = (
    *("init", "show", "check"),
    *("trust", "plan", "apply", "up"),
    *("status", "list", "verify", "logs", "exec", "run", "database", "stop", "start", "restart"),
    *("journal", "unlock", "down", "destroy"),
)


class Shell:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.environment = {**os.environ, "XDG_STATE_HOME": str(directory / "state"), "NO_COLOR": "1", "LANG": "C"}

    def __call__(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [CORRAL, *arguments],
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done


@pytest.fixture
def corral(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_help_names_every_verb(corral: Shell) -> None:
    said = corral("--help").stdout
    assert re.findall(r"^  ([a-z]+)  ", said.partition("Commands:")[2], re.MULTILINE) == list(VERBS)
    assert corral("--version").stdout == f"corral {__version__}\n"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_tells_its_use(corral: Shell, verb: str) -> None:
    assert f"Usage: corral {verb} " in corral(verb, "--help").stdout


def test_the_list_of_verbs_says_what_each_verb_says_of_itself() -> None:
    for name, sentence in main.VERBS.items():
        own = main.verb(name).help
        assert own.startswith(sentence.removesuffix(".")), f"{name}: {own}"


def test_help_imports_nothing_heavy() -> None:
    script = "import sys, corral.cli.main; print(sorted(m for m in sys.modules if '.' not in m))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    heavy = ("asyncssh", "pyrage", "pymongo", "httpx", "websockets", "pydantic", "ruamel", "jinja2", "supervisor")
    for module in heavy:
        assert f"'{module}'" not in loaded


def test_usage_is_exit_2(corral: Shell) -> None:
    corral("frobnicate", code=2)
    corral("up", "--no-such-option", code=2)
    corral("status", "--format", "xml", code=2)


def test_init_writes_a_file_that_is_right_and_never_overwrites_one(corral: Shell) -> None:
    corral("init", "--name", "shop")
    text = (corral.directory / "cluster.yaml").read_text()
    assert "\nname: shop " in text
    assert "cluster.yaml exists already and was not changed" in corral("init", code=2).stderr
    assert (corral.directory / "cluster.yaml").read_text() == text
    corral("check")
    corral("init", "--force", "--name", "other")
    assert "name: other" in (corral.directory / "cluster.yaml").read_text()
    assert "can't be a cluster's name" in corral("init", "-f", "x.yaml", "--name", "Bad Name", code=2).stderr


def test_the_file_may_be_named_before_or_after_the_verb(corral: Shell) -> None:
    corral("-f", "one.yaml", "init", "--name", "one")
    assert not (corral.directory / "cluster.yaml").exists()
    with (corral.directory / "one.yaml").open("a") as file:  # else `show` names the first that is free just then
        file.write("\nplayground: {network: 127.9.0.0/16}\n")
    before = corral("-f", "one.yaml", "show", "--format", "json").stdout
    after = corral("show", "--file", "one.yaml", "--format", "json").stdout
    assert before == after
    assert json.loads(before)["name"] == "one"
    assert json.loads(corral("show", "--format", "json").stdout)["name"] == "noticeboard", "else the example"


@pytest.mark.parametrize("name", ["../theirs", "/theirs", ".", "", "a/../../theirs"])
def test_the_name_of_a_cluster_leads_nowhere_else(corral: Shell, name: str) -> None:
    name = str(corral.directory / "state" / "theirs") if name == "/theirs" else name
    theirs = corral.directory / "state" / "theirs" / "data"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("theirs")
    said = corral("down", f"--name={name}", "--purge", "--yes", code=2).stderr
    assert ("can't be a cluster's name" if name else "there is no cluster.yaml") in said
    assert theirs.read_text() == "theirs"


def test_destroy_takes_no_other_name(corral: Shell) -> None:
    corral("init", "--name", "shop")
    for place in ("hosts", "playground"):
        assert (
            "--yes ship is not the cluster's name" in corral("destroy", "--on", place, "--yes", "ship", code=2).stderr
        )
    assert "corral destroy --on hosts" in corral("destroy").stderr


@pytest.mark.parametrize("encoding", ["gbk", "ascii", "utf-8"])
def test_a_terminal_that_is_not_utf8_gets_what_it_can_show(corral: Shell, encoding: str) -> None:
    corral("init")
    corral.environment |= {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    assert "cluster: it is not running" in corral("verify", code=1).stdout
    assert json.loads(corral("status", "--format", "json", code=1).stdout)["state"] == "down"


def test_what_show_prints_is_a_cluster_file_again(corral: Shell) -> None:
    shown = corral("show").stdout
    (corral.directory / "again.yaml").write_text(shown)
    again = corral("-f", "again.yaml", "show").stdout
    assert again == shown
    assert "[redacted]" in shown
    assert "network: 127." in shown
    assert "this machine's own clock" in shown


def test_show_has_the_shipped_schema(corral: Shell) -> None:
    shipped = Path(__file__).parents[3] / "src" / "corral" / "cluster_file" / "cluster.schema.json"
    assert json.loads(corral("show", "--schema").stdout) == json.loads(shipped.read_text())


def test_a_missing_file_and_a_wrong_one_are_exit_2(corral: Shell) -> None:
    assert "There is no file no.yaml" in corral("-f", "no.yaml", "up", code=2).stderr
    (corral.directory / "cluster.yaml").write_text("name: x\nproxi: {}\n")
    said = corral("check", code=2).stderr
    assert "cluster.yaml:2:1" in said
    assert "proxy" in said


def test_a_cluster_that_never_ran_is_down(corral: Shell) -> None:
    corral("init")
    status = json.loads(corral("status", "--format", "json", code=1).stdout)
    assert status["state"] == "down"
    assert {row["state"] for row in status["instances"]} == {"stopped"}
    assert {member["state"] for member in status["database"]["members"]} == {"stopped"}
    assert "it is not running" in corral("verify", code=1).stdout
    assert "nothing runs on this machine and nothing is kept" in corral("down").stderr
    assert corral("logs").stdout == ""
    assert not (corral.directory / "state").exists(), "looking changes nothing"


@pytest.mark.parametrize("verb", ["plan", "apply"])
def test_a_file_that_no_real_host_can_have_is_exit_2(corral: Shell, verb: str) -> None:
    """The example runs as processes; real hosts want an image. No host is asked, and nothing is written."""
    corral("init", "--name", "shop")
    said = corral(verb, code=2).stderr
    assert re.search(r"cluster\.yaml:[0-9]+:1: app\.image is missing", said)
    assert [path.name for path in corral.directory.iterdir()] == ["cluster.yaml"]
    assert "app.image is missing" in corral("-f", "cluster.yaml", verb, "--format", "json", code=2).stdout


def test_an_archive_that_is_not_there_is_named_by_its_path(corral: Shell) -> None:
    (corral.directory / "here").mkdir()
    (corral.directory / "here" / "cluster.yaml").write_text(
        SMALL.replace("command: node main.js", "image: shop:1\n  image_archive: ../shop.tar")
    )
    said = corral("-f", "here/cluster.yaml", "plan", code=2).stderr
    assert f"{corral.directory}/shop.tar" in "".join(said.split())
    assert "here/cluster.yaml:10:18" in said


def test_chinese_where_the_locale_is(corral: Shell) -> None:
    corral("init")
    corral.environment["LANG"] = "zh_CN.UTF-8"
    assert "代理" in corral("check").stderr
