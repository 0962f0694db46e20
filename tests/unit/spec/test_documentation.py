"""docs/cluster-file.md says all there is to say."""

from __future__ import annotations

import re
from pathlib import Path

from corral.spec.tree import keys

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "cluster-file.md").read_text(encoding="utf-8")


def test_every_key_has_a_row() -> None:
    rows = set(re.findall(r"^\| `([a-z_]+)` \|", PAGE, re.MULTILINE))
    assert {str(path[-1]) for path in keys()} - rows == set()


def test_no_row_for_a_key_that_is_not_there() -> None:
    tables = PAGE.partition("## What is refused")[0]
    rows = set(re.findall(r"^\| `([a-z_]+)` \|", tables, re.MULTILINE))
    assert rows - {str(path[-1]) for path in keys()} == set()


def test_every_code_is_explained() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src" / "corral" / "spec").glob("*.py"))
    codes = set(re.findall(r"""(?:Complaint|Problem|refusal|_refused)\(\s*"([a-z]+-[a-z0-9-]+)\"""", sources))
    assert len(codes) > 20
    assert {code for code in codes if f"`{code}`" not in PAGE} == set()
