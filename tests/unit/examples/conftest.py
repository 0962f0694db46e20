from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.examples.steedos import Copy


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """An empty copy of the Steedos example, with stubs for npm and Node."""
    return Copy.make(tmp_path)
