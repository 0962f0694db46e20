"""docs/cluster-file.md says all there is to say."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path as FilePath

from corral.cluster_file.parse import load_text
from corral.cluster_file.positions import Path
from corral.cluster_file.real_hosts import problems_for_hosts
from corral.cluster_file.section import Section
from corral.cluster_file.tree import keys, sections

ROOT = FilePath(__file__).parents[3]
PAGE = (ROOT / "docs" / "cluster-file.md").read_text(encoding="utf-8")


def rows_by_heading() -> dict[str, set[str]]:
    """The keys that have a row, by the heading above their table."""
    parts = re.split(r"^##+ (.+)\n", PAGE, flags=re.MULTILINE)
    return {
        heading: set(re.findall(r"^\| ((?:`[a-z_]+`(?:, )?)+) \|", text, re.MULTILINE))
        for heading, text in zip(parts[1::2], parts[2::2], strict=True)
    }


def heading_of(path: Path, headings: Collection[str]) -> str:
    """The heading of the section at `path`, or of the nearest above it that has one."""
    names = [str(step) for step in path if step != "*"]
    return next((dotted for n in range(len(names), 0, -1) if (dotted := ".".join(names[:n])) in headings), "Top level")


def test_every_key_has_a_row_below_its_heading() -> None:
    rows = rows_by_heading()
    first: dict[type[Section], Path] = {}
    for path, section in sorted(sections(), key=lambda entry: len([step for step in entry[0] if step != "*"])):
        first.setdefault(section, path)
    missing = [
        f"{heading}: {key}"
        for section, path in first.items()
        for key in section.model_fields
        if f"`{key}`" not in rows[heading := heading_of(path, rows)]
    ]
    assert missing == []


def test_no_row_for_a_key_that_is_not_there() -> None:
    tables = PAGE.partition("## What is refused")[0]
    rows = set(re.findall(r"^\| `([a-z_]+)` \|", tables, re.MULTILINE))
    assert rows - {str(path[-1]) for path in keys()} == set()


def test_every_code_is_explained() -> None:
    sources = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "src" / "corral" / "cluster_file").glob("*.py")
    )
    codes = set(re.findall(r"""(?:Complaint|Problem|refusal|_refused)\(\s*"([a-z]+-[a-z0-9-]+)\"""", sources))
    assert len(codes) > 20
    assert {code for code in codes if f"`{code}`" not in PAGE} == set()


def test_the_file_at_its_beginning_is_right_and_fit_for_real_hosts() -> None:
    text = "".join(f"{line[4:]}\n" for line in PAGE.partition("\n## ")[0].splitlines() if line.startswith("    "))
    loaded = load_text(text, "cluster.yaml")
    assert loaded.spec.name == "shop"
    assert loaded.warnings == ()
    assert problems_for_hosts(loaded, lambda _path: False) == []
