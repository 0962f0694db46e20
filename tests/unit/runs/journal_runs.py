"""A run for tests of the journal: three actions, of which the second fails and the last leaves no end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from corral.events import (
    ActionFailed,
    ActionFinished,
    ActionProgress,
    ActionStarted,
    Note,
    StageFinished,
    StageStarted,
)
from corral.model.resources import Directory, File, ReplicaSet
from corral.plan.actions import ConvergeReplicaSet, MakeDirectory, Plan, Stage, WriteFile
from corral.problems import Problem
from corral.runs.journal import Header, Journal
from tests.unit.runs.lock_hosts import ANNA

WRITE = WriteFile(File("a", "/etc/x", "x=${secret:admin}\n"), "", "--- /dev/null\n+++ /etc/x\n@@ -0,0 +1 @@\n+x=1\n")
MAKE = MakeDirectory(Directory("b", "/srv/x"))
CONVERGE = ConvergeReplicaSet(ReplicaSet("rs", (), 10, 2, ()), ("initiate rs", "add b"))
PLAN = Plan("shop", (Stage("database", ((WRITE, MAKE), (CONVERGE,))),))
PROBLEM = Problem("change-failed", "error", "b: can't make it", "mend it", "b")


def header() -> Header:
    return Header.of(ANNA, "shop", "cluster.yaml")


def lines(directory: Path) -> list[dict[str, Any]]:
    [file] = directory.glob("*.jsonl")
    return [json.loads(line) for line in file.read_text().splitlines()]


def go_through(journal: Journal) -> None:
    """A run whose second action fails."""
    journal.planned(PLAN)
    journal(StageStarted("database", 3))
    journal(Note("look out", "warning"))
    journal(ActionStarted(WRITE.id, "a", WRITE.summary))
    journal(ActionStarted(MAKE.id, "b", MAKE.summary))
    journal(ActionProgress(WRITE.id, "nearly"))
    journal(ActionFinished(WRITE.id, "a", WRITE.summary, 0.5))
    journal(ActionFailed(MAKE.id, "b", (PROBLEM,), 0.25))
    journal(ActionStarted(CONVERGE.id, "", CONVERGE.summary))
    journal(StageFinished("database", 1.5))
