"""What the rules say, and the page that lists them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from string import Formatter

from corral.language import shown
from corral.rules import RULES, TEXTS
from tests.language import spoken

PAGE = (Path(__file__).parents[3] / "docs" / "rules.md").read_text(encoding="utf-8")


def words_in_braces(text: str) -> set[str]:
    return {name for _literal, name, _format, _conversion in Formatter().parse(text) if name}


def chinese_of(parts: Sequence[str]) -> list[str]:
    with spoken("zh"):
        return [shown(part) for part in parts]


def test_every_rule_has_its_words() -> None:
    assert set(TEXTS) == {rule.name for rule in RULES}


def test_no_two_rules_share_a_name() -> None:
    """They would share their words as well."""
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_both_languages_show_the_same_evidence() -> None:
    for name, parts in TEXTS.items():
        for english, chinese in zip(parts, chinese_of(parts), strict=True):
            assert words_in_braces(english) == words_in_braces(chinese), name


def test_sentences_end() -> None:
    for text in TEXTS.values():
        assert text.message.endswith((".", "`"))
        assert text.why.endswith(".")
        message, why, _hint = chinese_of(text)
        assert message.endswith("。")
        assert why.endswith("。")


def test_the_page_lists_every_rule_with_its_severity() -> None:
    rows = set(re.findall(r"^\| ([A-Z][0-9]{2}|[a-z]+(?:-[a-z]+)+) \| ([a-z]+) \|", PAGE, re.MULTILINE))
    programs = ("nginx", "mongod")
    assert rows == {(rule.code.format(program=each), rule.severity) for rule in RULES for each in programs}
