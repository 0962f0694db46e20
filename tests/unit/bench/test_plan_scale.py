"""The recordings of bench/plan_scale.py are what hosts would say: a plan over them comes to what was left undone."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

BENCH = Path(__file__).parents[3] / "bench"


@pytest.fixture(autouse=True)
def on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))


@pytest.mark.parametrize(("found", "changes"), [("in place", 0), ("drifted", 4)])
def test_a_plan_over_a_recording(tmp_path: Path, found: str, changes: int) -> None:
    from scale import measure, record

    assert found in get_args(record.Found)
    record.record(tmp_path, 12, found)  # type: ignore[arg-type]  # it is one of them
    assert measure.measure(tmp_path)["changes"] == changes == record.changes(12, found)  # type: ignore[arg-type]


def test_everything_is_new_on_bare_hosts(tmp_path: Path) -> None:
    from scale import measure, record

    record.record(tmp_path, 6, "bare")
    done = measure.measure(tmp_path)
    assert done["changes"] > 6 * 20
    assert {name for _, names in measure.PARTS for name in names} < set(done["phases"])
