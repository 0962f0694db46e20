"""`status` after a change that failed half-way: what it shows is what runs, not what the file wishes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cluster.harness import TestCluster

pytestmark = pytest.mark.cluster


def problems(status: dict[str, Any]) -> dict[str, str]:
    return {problem["code"]: problem["message"] for problem in status["problems"]}


def test_a_version_that_does_not_start_is_not_what_is_shown(tiny_up: TestCluster) -> None:
    assert problems(tiny_up.status()) == {}
    text = tiny_up.file.read_text()
    wrong = text.replace('version: "1.0"', 'version: "2.0"').replace("  env: {}", "  env: {MODE: sick}")
    tiny_up.file.write_text(wrong.replace("start_timeout: 2m", "start_timeout: 2s"))
    asked = tiny_up.status()
    assert [row["version"] for row in asked["instances"]] == ["1.0", "1.0"]
    assert problems(asked)["other-version"] == "2 of 2 instances run another version than the file's 2.0: 1.0"
    assert problems(asked)["file-changed"] == f"{tiny_up.file} has changed since it was last carried out as a whole"
    tiny_up.run("up", "--detach", code=1)
    after = tiny_up.status()
    assert [(row["version"], row["state"]) for row in after["instances"]] == [("", "unhealthy"), ("1.0", "healthy")]
    assert problems(after)["other-version"] == "1 of 2 instances run another version than the file's 2.0: 1.0"
    assert "file-changed" in problems(after)
    tiny_up.file.write_text(text)
    tiny_up.up()
    assert problems(tiny_up.status()) == {}


def test_comments_and_order_change_nothing(tiny_up: TestCluster) -> None:
    tiny_up.file.write_text("# said anew\n" + tiny_up.file.read_text())
    assert problems(tiny_up.status()) == {}


def test_another_file_with_nothing_to_do_is_carried_out(tiny_up: TestCluster) -> None:
    text = tiny_up.file.read_text().replace("  env: {}\n", "")
    tiny_up.file.write_text(text)
    assert "file-changed" in problems(tiny_up.status())
    tiny_up.up()
    assert problems(tiny_up.status()) == {}
