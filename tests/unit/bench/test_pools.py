"""bench/pools.py runs: each way answers under load, and has its row."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[3] / "bench" / "pools.py"


def test_a_short_run_ends_with_its_table() -> None:
    command = [sys.executable, str(SCRIPT), "--rounds", "1", "--seconds", "0.5", "--version", "1.31"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("1.31 ")]
    assert rows == ["fixed", "all", "one"]
