from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from corral.errors import Locked
from corral.playground.lock import locked

HOLD = """
import sys
from pathlib import Path
from corral.playground.lock import locked
with locked(Path(sys.argv[1]), "up"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_second_is_told_who_holds_it(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            with pytest.raises(Locked) as failure, locked(tmp_path, "down"):
                pass
            assert failure.value.exit_code == 4
            assert f"`corral up` (pid {holder.pid})" in failure.value.problems[0].message
        finally:
            holder.kill()
    with locked(tmp_path, "up"):
        pass
