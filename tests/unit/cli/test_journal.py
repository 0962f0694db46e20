from __future__ import annotations

import asyncio
import json

import pytest

from corral.errors import ChangeFailed, InvalidFile
from corral.events import ignore
from corral.runs.journal import Header, recorded
from corral.runs.lock import held
from tests.unit.cli.real_hosts import Corral, corral
from tests.unit.runs.journal_runs import PROBLEM, go_through
from tests.unit.runs.lock_hosts import ANNA

__all__ = ["corral"]  # the fixture


def run(corral: Corral, directory: str = "journal") -> str:
    """A run that fails; its name."""
    header = Header.of(ANNA, "shop", "cluster.yaml")

    async def scenario() -> None:
        with recorded(corral.journal.with_name(directory), header, {}, ignore) as journal:
            async with held(corral.wire, corral.hosts, ANNA, journal.hooks(corral.hosts, lambda _problem: None)):
                go_through(journal)
                raise ChangeFailed(PROBLEM)

    with pytest.raises(ChangeFailed):
        asyncio.run(scenario())
    return header.run


def test_no_run_yet(corral: Corral) -> None:
    assert "no run has been recorded" in corral("journal").stderr
    assert json.loads(corral("journal", "--format", "json").stdout) == {"runs": [], "problems": []}
    assert isinstance(corral.failure("journal", "2026"), InvalidFile)


def test_the_list(corral: Corral) -> None:
    name = run(corral)
    heading, row = corral("journal").stdout.splitlines()
    assert heading.split() == ["RUN", "BEGAN", "VERB", "WHO", "OUTCOME", "CHANGES", "SECONDS"]
    cells = row.split()
    assert cells[0] == name
    assert cells[3:7] == ["apply", "anna@ops-1", "failed", "1"]
    [told] = json.loads(corral("journal", "--format", "json").stdout)["runs"]
    assert told["seconds"] >= 0
    del told["seconds"], told["began"]
    assert told == {
        "run": name,
        "verb": "apply",
        "operator": "anna",
        "machine": "ops-1",
        "file": "cluster.yaml",
        "outcome": "failed",
        "changes": 1,
        "hosts": [],
    }


def test_one_run_in_full(corral: Corral) -> None:
    name = run(corral)
    done = corral("journal", name[:17])
    said = done.stdout
    assert f"{name}  apply of cluster.yaml, by anna on ops-1 (pid 4711)" in said
    assert "failed after" in said
    for line in ("✔ write /etc/x a 0.5 s", "+x=1", "✘ make /srv/x b", "? replica set rs: 2 steps", "add b", "look out"):
        assert line in said
    assert PROBLEM.message in said
    assert PROBLEM.message in done.stderr, "how the run as a whole ended"
    told = json.loads(corral("journal", name, "--format", "json").stdout)
    assert [step["result"] for step in told["steps"]] == ["done", "failed", "unfinished"]
    assert told["plans"][0]["cluster"] == "shop"


@pytest.mark.parametrize("directory", ["journal", "elsewhere"])
def test_followed_by_a_program(corral: Corral, directory: str) -> None:
    """A run that is over, here or elsewhere: it is told as a whole, and its outcome is the exit code."""
    name = run(corral, directory)
    lines = [
        json.loads(line) for line in corral("journal", name, "--follow", "--format", "json", code=1).stdout.splitlines()
    ]
    assert [line["message"] for line in lines if line["event"] == "note"] == ["look out"]
    assert [line["seconds"] for line in lines if line["event"] == "stage_finished"] == [1.5]
    assert lines[-1]["event"] == "run_ended"
    assert (lines[-1]["outcome"], lines[-1]["problems"][0]["code"]) == ("failed", PROBLEM.code)
    said = corral("journal", name, "--follow", code=1)
    assert "failed after" in said.stdout
    assert PROBLEM.message in said.stderr


def test_those_of_the_hosts(corral: Corral) -> None:
    elsewhere, here = run(corral, "elsewhere"), run(corral)
    assert elsewhere not in corral("journal").stdout
    rows = {line.split()[0]: line for line in corral("journal", "--hosts").stdout.splitlines()}
    assert rows[elsewhere].endswith("on one, two ") or rows[elsewhere].rstrip().endswith("on one, two")
    assert "on one" not in rows[here]
    corral.wire.cut = lambda host, _number: host == "two"
    done = corral("journal", "--hosts", code=3)
    assert "two can't be reached" in done.stderr
    assert elsewhere in done.stdout


def test_a_record_cannot_clear_the_screen(corral: Corral) -> None:
    corral.journal.mkdir(parents=True)
    name = "20260101T000000-ab12"
    escape = "\x1b[2J[bold]"
    text = json.dumps({"run": name, "kind": "run", "verb": escape, "operator": escape, "began": escape})
    text += "\n" + json.dumps({"kind": "started", "action": "x", "summary": escape, "details": [escape]})
    text += "\n" + json.dumps({"kind": "ended", "outcome": escape, "problems": [{"message": escape, "hint": escape}]})
    (corral.journal / f"{name}.jsonl").write_text(text)
    for arguments in (("journal",), ("journal", name)):
        done = corral(*arguments)
        assert "\x1b" not in done.output
        assert "[bold]" in done.output
