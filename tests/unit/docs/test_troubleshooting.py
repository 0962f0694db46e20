"""docs/troubleshooting.md and its Chinese twin are made from the catalogue of the rules.

CORRAL_UPDATE_GOLDEN=1 writes them anew.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

import pytest

from corral.language import Language, shown
from corral.rules import RULES, TEXTS
from corral.rules.registry import Rule
from tests.language import spoken

DOCS: Final = Path(__file__).parents[3] / "docs"
PAGES: Final[dict[Language, Path]] = {
    "en": DOCS / "troubleshooting.md",
    "zh": DOCS / "troubleshooting.zh-CN.md",
}
HEADS: Final[dict[Language, str]] = {
    "en": """\
# Troubleshooting

What `corral check`, `plan`, `apply` and `up` say about a cluster file or about machines: each message with its cause
and what mends it, in the order of their codes. Words in *italics* stand for what was found: a host, a number, a path.
An error stops the verb before anything is changed. [rules.md](rules.md) says when each is seen,
[cluster-file.md](cluster-file.md#what-is-refused) what a file is refused for. [中文](troubleshooting.zh-CN.md)
""",
    "zh": """\
# 排错

`corral check`、`plan`、`apply` 和 `up` 对集群文件或机器所说的话：每条消息、它的原因和解决办法，按代码排列。
*斜体*的词代表实际看到的：主机、数字、路径。错误（error）会在改动任何东西之前停下。
[rules.md](rules.md) 说明每条何时出现。[English](troubleshooting.md)
""",
}
COLUMNS: Final[dict[Language, tuple[str, str, str]]] = {
    "en": ("Message", "Cause", "What mends it"),
    "zh": ("消息", "原因", "解决办法"),
}
SECTIONS: Final[dict[Language, dict[str, str]]] = {
    "en": {"file": "About the cluster file", "machines": "About machines"},
    "zh": {"file": "关于集群文件", "machines": "关于机器"},
}


def page(language: Language) -> str:
    with spoken(language):
        return _page(language)


def _page(language: Language) -> str:
    parts = [HEADS[language]]
    for looks_at, title in SECTIONS[language].items():
        rules = sorted((rule for rule in RULES if rule.looks_at == looks_at), key=lambda rule: (rule.code, rule.name))
        parts.append(f"\n## {title}\n\n| | {' | '.join(COLUMNS[language])} |\n|---|---|---|---|\n")
        parts += [_row(rule) for rule in rules]
    return "".join(parts)


def _row(rule: Rule) -> str:
    code = _words(rule.code)
    cells = [_words(shown(text)) or "-" for text in TEXTS[rule.name]]
    return f"| {code}<br>{rule.severity} | {' | '.join(cells)} |\n"


def _words(text: str) -> str:
    """Evidence in italics, but in code, where a star would stand as it is; a bar would end the cell."""
    parts = re.split(r"(`[^`]*`)", text.replace("{{", "\0").replace("}}", "\1"))
    shown = [re.sub(r"\{(\w+)[^}]*\}", r"\1" if part.startswith("`") else r"*\1*", part) for part in parts]
    return "".join(shown).replace("\0", "{").replace("\1", "}").replace("|", "\\|")


@pytest.mark.parametrize("language", PAGES)
def test_it_is_made_from_the_catalogue(language: Language) -> None:
    if os.environ.get("CORRAL_UPDATE_GOLDEN") == "1":
        PAGES[language].write_text(page(language), encoding="utf-8")
    assert PAGES[language].read_text(encoding="utf-8") == page(language)


def test_each_message_is_in_it() -> None:
    for language, path in PAGES.items():
        rows = [
            line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("| ") and "<br>" in line
        ]
        assert len(rows) == len(RULES), language
