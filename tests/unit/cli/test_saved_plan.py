"""`corral apply PLAN`: what is refused before any host is asked."""

from __future__ import annotations

import json
from pathlib import Path

from corral.model.resources import File
from corral.plan.actions import Plan, Stage, WriteFile
from corral.secrets import reference
from tests.unit.cli.test_verbs import Shell
from tests.unit.cluster_file.files import SMALL

REAL = SMALL.replace("command: node main.js", "image: shop:1")


def test_a_value_that_has_left_the_cluster_file_since(tmp_path: Path) -> None:
    corral = Shell(tmp_path)
    (tmp_path / "cluster.yaml").write_text(REAL)
    file = File("one", "/etc/corral/shop/instances/one-5001.yaml", reference("env:X", "compose"), 0o600)
    plan = Plan("shop", (Stage("application", ((WriteFile(file, "", ""),),)),))
    (tmp_path / "p.json").write_text(json.dumps(plan.to_json()))
    said = " ".join(corral("apply", "p.json", "--yes", code=5).stderr.split())
    assert "${env:X}, which the cluster file no longer refers to" in said
    assert "corral plan --on hosts --out" in said
