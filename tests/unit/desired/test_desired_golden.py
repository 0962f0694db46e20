"""All that is wanted of the hosts of fifteen clusters is what it was.

A `revision` that changes in tests/golden/desired restarts processes of every user at the next `up` or `apply`, and a
`reload_revision` reloads their proxies: people who upgrade Corral have not asked for that. So these files change only
with a line in CHANGELOG.md that says what restarts and why. CORRAL_UPDATE_GOLDEN_DESIRED=1 writes them anew; the
variable that writes the other golden files doesn't.
"""

from __future__ import annotations

import json
import os
from difflib import unified_diff
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from tests.unit.desired.desired_cases import CASES
from tests.unit.desired.desired_json import as_text

GOLDEN = Path(__file__).parents[2] / "golden" / "desired"


def path_of(case: str) -> Path:
    return GOLDEN / f"{case}.json"


def revisions(desired: dict[str, Any]) -> dict[str, str]:
    return {unit["name"]: unit["revision"] for unit in desired["units"]}


@pytest.mark.parametrize("case", CASES)
def test_it_is_what_it_was(case: str) -> None:
    made, path = as_text(CASES[case]()), path_of(case)
    if os.environ.get("CORRAL_UPDATE_GOLDEN_DESIRED") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made)
    kept = path.read_text()
    now, then = revisions(json.loads(made)), revisions(json.loads(kept))
    restarted = [name for name in then if name in now and now[name] != then[name]]
    lines = unified_diff(kept.splitlines(), made.splitlines(), "kept", "made", n=0, lineterm="")
    difference = "\n".join([f"restarts {len(restarted)} of {len(then)} units: {', '.join(restarted)}", *lines])
    assert json.loads(made) == json.loads(kept), difference


@pytest.mark.parametrize("case", CASES)
def test_a_directory_comes_after_those_above_it(case: str) -> None:
    """They are made in this order, which the sorted files don't tell."""
    places = [(directory.host, directory.path) for directory in CASES[case]().directories]
    for number, (host, path) in enumerate(places):
        above = {(host, str(parent)) for parent in PurePosixPath(path).parents}
        assert not above & set(places[number:])


def test_every_file_has_its_case() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == set(CASES)
