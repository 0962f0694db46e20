"""The record of a run beside the cluster file."""

from __future__ import annotations

import asyncio
import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from corral.errors import ChangeFailed, CorralError, Interrupted
from corral.events import (
    ActionFailed,
    ActionFinished,
    ActionProgress,
    ActionStarted,
    Event,
    Note,
    StageFinished,
    StageStarted,
    ignore,
)
from corral.model.resources import File
from corral.plan.actions import Plan, Stage, WriteFile
from corral.problems import Problem
from corral.runs.history import RecordedRun, find, runs_in
from corral.runs.journal import Journal, recorded
from corral.runs.journal_texts import KEPT
from corral.runs.lock import held
from corral.secrets import Secret
from corral.transport.local import LocalTransport
from tests.patience import PATIENCE
from tests.unit.runs.journal_runs import PLAN, PROBLEM, WRITE, go_through, header, lines
from tests.unit.runs.lock_hosts import ANNA, hosts_in

VALUES = {
    "admin": "adm1n-passw0rd",
    "env:MAIL": "p'ss \"w\\rd\n",
    "file:key": "-----BEGIN KEY-----\nabc\u00fc/+=\n-----END KEY-----",
    "env:CHINESE": "\u5bc6\u7801\u5bc6\u7801\u5bc6\u7801\u5bc6\u7801",
}
SECRETS = {name: Secret(value) for name, value in VALUES.items()}


def test_all_of_a_run_is_on_record(tmp_path: Path) -> None:
    passed_on: list[Event] = []
    directory = tmp_path / "journal"
    with pytest.raises(ChangeFailed), recorded(directory, header(), {}, passed_on.append) as journal:
        go_through(journal)
        raise ChangeFailed(PROBLEM)
    assert len(passed_on) == 9, "every event is passed on"
    [run] = runs_in(directory)
    assert (run.verb, run.operator, run.machine, run.pid) == ("apply", "anna", "ops-1", 4711)
    assert (run.cluster, run.file, run.outcome, run.changes) == ("shop", "cluster.yaml", "failed", 1)
    assert run.problems == (PROBLEM,)
    assert run.notes == ("look out",)
    write, make, converge = run.steps
    assert (write.action, write.host, write.result, write.seconds) == (WRITE.id, "a", "done", 0.5)
    assert write.details == ("@@ -0,0 +1 @@", "+x=1")
    assert (make.result, make.seconds, make.problems) == ("failed", 0.25, (PROBLEM,))
    assert (converge.result, converge.details) == ("unfinished", ("initiate rs", "add b"))
    assert Plan.from_json(run.plans[0]) == PLAN
    assert run.run == lines(directory)[0]["run"]
    assert json.loads(json.dumps(run.to_json()))["steps"][0]["details"] == ["@@ -0,0 +1 @@", "+x=1"]


def test_for_its_owner_alone_and_named_by_its_time(tmp_path: Path) -> None:
    directory = tmp_path / ".corral" / "shop" / "journal"
    with recorded(directory, header(), {}, ignore) as journal:
        journal.planned(PLAN)
    [file] = directory.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert len(file.stem) == len("20261124T193012-ab12")
    began = lines(directory)[0]["began"]
    assert file.stem[:15] == began.replace("-", "").replace(":", "")[:15]
    assert began.endswith("+00:00")


def test_each_line_is_there_when_its_event_is_over(tmp_path: Path) -> None:
    with recorded(tmp_path, header(), {}, ignore) as journal:
        journal.planned(PLAN)
        journal(ActionStarted(WRITE.id, "a", WRITE.summary))
        assert [line["kind"] for line in lines(tmp_path)] == ["run", "plan", "started"]
        assert runs_in(tmp_path)[0].outcome == "running"
        journal(ActionFinished(WRITE.id, "a", WRITE.summary, 1))
        assert lines(tmp_path)[-1]["kind"] == "done"
    assert runs_in(tmp_path)[0].outcome == "done"


@pytest.mark.parametrize(
    ("failure", "outcome", "messages"),
    [
        (ChangeFailed(PROBLEM), "failed", [PROBLEM.message]),
        (ValueError("odd"), "failed", ["ValueError: odd"]),
        (Interrupted(PROBLEM), "interrupted", [PROBLEM.message]),
        (asyncio.CancelledError(), "interrupted", []),
        (KeyboardInterrupt(), "interrupted", []),
    ],
)
def test_how_a_run_ends(tmp_path: Path, failure: BaseException, outcome: str, messages: list[str]) -> None:
    with pytest.raises(type(failure)), recorded(tmp_path, header(), {}, ignore) as journal:
        journal.planned(PLAN)
        raise failure
    [run] = runs_in(tmp_path)
    assert (run.outcome, [problem.message for problem in run.problems]) == (outcome, messages)
    assert run.seconds is not None


def test_a_run_that_is_refused_before_its_plan_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ChangeFailed), recorded(tmp_path / "journal", header(), {}, ignore) as journal:
        journal(Note("x"))
        raise ChangeFailed(PROBLEM)
    assert not (tmp_path / "journal").exists()


def test_what_was_said_before_the_plan_is_kept_and_a_second_plan_too(tmp_path: Path) -> None:
    with recorded(tmp_path, header(), {}, ignore) as journal:
        journal(Note("the lock is taken over"))
        journal.planned(PLAN)
        journal.planned(PLAN)
    assert [line["kind"] for line in lines(tmp_path)] == ["run", "note", "plan", "plan", "ended"]
    assert len(runs_in(tmp_path)[0].plans) == 2


def test_a_killed_run_says_so(tmp_path: Path) -> None:
    script = f"""
import os, signal
from pathlib import Path
from corral.runs.journal import recorded
from corral.events import ActionStarted, ignore
from tests.unit.runs.journal_runs import PLAN, WRITE, header
with recorded(Path({str(tmp_path)!r}), header(), {{}}, ignore) as journal:
    journal.planned(PLAN)
    journal(ActionStarted(WRITE.id, "a", WRITE.summary))
    os.kill(os.getpid(), signal.SIGKILL)
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=Path(__file__).parents[3], check=False, timeout=PATIENCE)
    assert done.returncode == -9
    [file] = tmp_path.iterdir()
    with file.open("a") as stream:
        stream.write('{"run": "x", "kind": "done", "acti')
    [run] = runs_in(tmp_path)
    assert (run.outcome, run.steps[0].result, run.seconds) == ("interrupted or killed", "unfinished", None)


def test_the_newest_hundred_are_kept(tmp_path: Path) -> None:
    for number in range(KEPT + 5):
        (tmp_path / f"20260101T000000-{number:04x}.jsonl").write_text("{}\n")
    (tmp_path / "note.txt").write_text("mine")
    with recorded(tmp_path, header(), {}, ignore) as journal:
        journal.planned(PLAN)
    left = sorted(path.name for path in tmp_path.glob("*.jsonl"))
    assert len(left) == KEPT
    assert left[0] == "20260101T000000-0006.jsonl"
    assert (tmp_path / "note.txt").exists()


def test_a_place_that_cannot_be_written_is_told_before_anything_is_changed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(ChangeFailed) as failure,
        recorded(tmp_path / "file" / "journal", header(), {}, ignore) as journal,
    ):
        journal.planned(PLAN)
    assert failure.value.problems[0].code == "journal-not-written"
    assert "nothing was changed" in failure.value.problems[0].hint


def test_a_disk_that_fills_up_stops_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[Event] = []
    with recorded(tmp_path, header(), {}, said.append) as journal:
        journal.planned(PLAN)
        monkeypatch.setattr("os.write", full)
        journal(StageFinished("time", 1))
        journal(StageFinished("database", 1))
    warnings = [event for event in said if isinstance(event, Note)]
    assert len(warnings) == 1, "said once"
    assert "No space left on device; the run goes on" in warnings[0].message


def full(_descriptor: int, _content: bytes) -> int:
    raise OSError(28, "No space left on device")


def leak(journal: Journal, text: str) -> None:
    """Says `text` wherever a run can say something."""
    problem = Problem("x", "error", text, text, text)
    write = WriteFile(File("a", f"/etc/{text}", text), "", f"a\nb\n+{text}\n", (text,))
    journal(Note(text))
    journal.planned(Plan("shop", (Stage("database", ((write,),)),)))
    journal(StageStarted(text, 1))
    journal(ActionStarted(write.id, "a", text))
    journal(ActionProgress(write.id, text))
    journal(ActionFinished(write.id, "a", text, 1))
    journal(ActionStarted(text, "b", text))
    journal(ActionFailed(text, "b", (problem,), 1))
    journal(StageFinished(text, 1))
    raise ChangeFailed(problem)


@pytest.mark.parametrize("failure", [ChangeFailed, ValueError])
def test_no_value_of_a_secret_is_in_any_record(tmp_path: Path, failure: type[Exception]) -> None:
    """Not as it is, and not as JSON, a shell or a compose file would have it."""
    text = "".join(f"<{value}>" for value in VALUES.values())
    hosts = hosts_in(tmp_path, "a", "b")

    async def scenario(journal: Journal) -> None:
        async with held(LocalTransport(), hosts, ANNA, journal.hooks(hosts, lambda _problem: None)):
            try:
                leak(journal, text)
            except CorralError:
                if failure is ValueError:
                    raise ValueError(text) from None
                raise

    with pytest.raises(failure), recorded(tmp_path / "journal", header(), SECRETS, ignore) as journal:
        asyncio.run(scenario(journal))
    files = [*tmp_path.glob("journal/*"), *tmp_path.glob("*/state/journal/*")]
    assert len(files) == 3
    for file in files:
        raw = file.read_text()
        unescaped = repr([json.loads(line) for line in raw.splitlines()])
        assert "${secret:admin}" in raw, "it was there to be found"
        for value in VALUES.values():
            for written in (value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], repr(value)):
                assert written not in raw
                assert written not in unescaped


def test_a_run_is_found_by_the_beginning_of_its_name() -> None:
    runs = [RecordedRun("20261124T193012-ab12"), RecordedRun("20261124T193500-cd34")]
    assert find(runs, "20261124T1930") is runs[0]
    for prefix, reason in (("20261124", "2 runs"), ("2025", "no run begins with"), ("x", "corral journal")):
        with pytest.raises(CorralError) as failure:
            find(runs, prefix)
        assert failure.value.exit_code == 2
        assert reason in f"{failure.value} {failure.value.problems[0].hint}"


@pytest.mark.parametrize("text", ["", "\n", "[]\n", "{}\n", "nonsense\n", '{"kind": "done"}\n', '{"kind": "ended"}\n'])
def test_a_record_that_makes_no_sense_is_a_run_all_the_same(tmp_path: Path, text: str) -> None:
    (tmp_path / "20260101T000000-ab12.jsonl").write_text(text)
    [run] = runs_in(tmp_path)
    assert run.run == "20260101T000000-ab12"
    assert run.steps == ()
