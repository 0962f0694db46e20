"""docs/from-the-howto.md: every line of the how-to is in it, and what it says of Corral is true. Both languages."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from ruamel.yaml import YAML

from corral.cluster_file.emit import to_yaml
from corral.cluster_file.show import plain
from corral.rules import RULES
from tests.unit.docs.rendered import EXAMPLE, ROOT, Lines, lines_of, load, stands_in, unquoted, with_value
from tests.unit.docs.tables import Claim, Row, headings, links, rows, texts

HERE: Final = Path(__file__).parent
PAGE: Final = ROOT / "docs" / "from-the-howto.md"
CHINESE: Final = ROOT / "docs" / "from-the-howto.zh-CN.md"
PAGES: Final = pytest.mark.parametrize("page", [PAGE, CHINESE], ids=lambda page: page.name)

OWN_FILE: Final = {
    "Proxy": "nginx.conf",
    "Application": "app-108-5040",
    "Database": "corral up --dry-run",
    "Time": "corral show",
    "What the how-to leaves out": "nginx.conf",
}
"""Where a section's claims stand when they name nothing else. All but the last are the how-to's sections."""


def parsed(yaml: str) -> Any:
    return YAML(typ="safe", pure=True).load(yaml)


def _setting(key: str) -> tuple[str, str]:
    """`key: value` as the two of them."""
    path, _, value = key.partition(": ")
    return path, value


EXAMPLE_TEXT: Final = EXAMPLE.read_text(encoding="utf-8")
OTHER: Final = parsed((HERE / "other_values.yaml").read_text(encoding="utf-8"))
ROWS: Final = rows(PAGE)
SETTINGS: Final = [(row, *_setting(key)) for row in ROWS for key in row.keys]


def named(row: Row) -> str:
    return f"{row.section}: {' '.join(row.howto or row.keys)[:60]}"


EACH_ROW: Final = pytest.mark.parametrize("row", ROWS, ids=named)
EACH_KEY: Final = pytest.mark.parametrize(
    ("row", "path", "value"), SETTINGS, ids=[f"{path} in {named(row)}" for row, path, _ in SETTINGS]
)


@cache
def rendered(changed: str = "") -> dict[str, Lines]:
    """What Corral makes of the example, with another value for the key `changed`."""
    text = to_yaml(with_value(parsed(EXAMPLE_TEXT), changed, OTHER[changed])) if changed else EXAMPLE_TEXT
    return lines_of(load(text))


def holds(claim: Claim, section: str, files: dict[str, Lines]) -> bool:
    """Whether `claim` is true. `nginx.conf` is what each version of nginx is given."""
    if claim.struck:
        return not any(unquoted(claim.text) in line for lines in files.values() for line in lines)
    label = claim.label or OWN_FILE[section]
    labels = ("nginx < 1.29.6", "nginx ≥ 1.29.6") if label == "nginx.conf" else (label,)
    return all(stands_in(claim.text, files.get(each, frozenset())) for each in labels)


def howto() -> dict[str, list[str]]:
    """The how-to's lines by section, without its comments and closing braces; of its sentences, what is to be done."""
    parts = re.split(r"^# (.+)\n", (HERE / "howto_lines.txt").read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {section: lines.splitlines() for section, lines in zip(parts[1::2], parts[2::2], strict=True)}


def test_the_left_column_is_the_howto_from_top_to_bottom() -> None:
    left: dict[str, list[str]] = {section: [] for section in OWN_FILE}
    for row in ROWS:
        left[row.section] += row.howto
    *sections, beyond = OWN_FILE
    assert {section: left[section] for section in sections} == howto()
    assert left[beyond] == []


@EACH_ROW
def test_what_a_row_says_is_rendered(row: Row) -> None:
    assert row.claims, "a row that claims nothing can't be held to anything"
    assert [claim for claim in row.claims if not holds(claim, row.section, rendered())] == []


@EACH_ROW
def test_a_line_of_the_howto_is_rendered_only_where_its_row_repeats_it(row: Row) -> None:
    repeated = {unquoted(claim.text) for claim in row.claims if not claim.struck}
    found = {line for line in row.howto if any(unquoted(line) in lines for lines in rendered().values())}
    assert found == {line for line in row.howto if unquoted(line) in repeated}


@EACH_KEY
def test_a_key_has_the_value_that_is_written_beside_it(row: Row, path: str, value: str) -> None:
    written = to_yaml(with_value(parsed(EXAMPLE_TEXT), path, parsed(value)))
    assert plain(load(written).spec) == plain(load(EXAMPLE_TEXT).spec), row


@EACH_KEY
def test_another_value_of_a_key_changes_what_is_rendered_beside_it(row: Row, path: str, value: str) -> None:
    assert OTHER[path] != parsed(value)
    assert not all(holds(claim, row.section, rendered(path)) for claim in row.claims)


def test_there_is_no_other_value_for_a_key_that_no_row_names() -> None:
    assert set(OTHER) == {path for _row, path, _value in SETTINGS}


def test_both_languages_say_the_same() -> None:
    english = dict(zip(headings(CHINESE), headings(PAGE), strict=True))
    theirs = [(english[row.section], row.howto, row.keys, row.claims) for row in rows(CHINESE)]
    assert theirs == [(row.section, row.howto, row.keys, row.claims) for row in ROWS]


@PAGES
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        name, _, anchor = link.partition("#")
        target = page.parent / name
        assert target.is_file(), link
        assert not anchor or anchor in {_anchor(heading) for heading in headings(target)}, link


@PAGES
def test_what_is_bold_or_struck_through_is_closed(page: Path) -> None:
    """Behind full-width punctuation, Markdown doesn't take `**` for an end."""
    assert [text for text in texts(page) if "**" in text or "~~" in text] == []


@PAGES
def test_rules_are_called_by_codes_that_there_are(page: Path) -> None:
    found = {code for text in texts(page) for code in re.findall(r"[(（]([A-Z][0-9]{2})[)）]", text)}
    assert found
    assert found <= {rule.code for rule in RULES}


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
