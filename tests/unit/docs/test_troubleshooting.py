"""docs/troubleshooting.md and its Chinese twin are made from the texts of the rules, and what else the sources say.

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
from tests.source_texts import AS_IT_IS, INSIDE, is_said
from tests.told import Told, codes, told

DOCS: Final = Path(__file__).parents[3] / "docs"
PAGES: Final[dict[Language, Path]] = {
    "en": DOCS / "troubleshooting.md",
    "zh": DOCS / "troubleshooting.zh-CN.md",
}
HEADS: Final[dict[Language, str]] = {
    "en": """\
# Troubleshooting

What Corral says: each message with what mends it. The first two sections have what `corral check`, `plan`, `apply`
and `up` say about a cluster file or about machines, with its cause, in the order of their codes; the others have what
is said elsewhere. Words in *italics* stand for what was found: a host, a number, a path. An error stops the verb before
anything is changed, unless it says what was. [rules.md](rules.md) says when each rule is seen,
[cluster-file.md](cluster-file.md#what-is-refused) what a file is refused for. [中文](troubleshooting.zh-CN.md)
""",
    "zh": """\
# 排错

Corral 说的每条消息，以及解决办法。前两节是 `corral check`、`plan`、`apply` 和 `up` 对集群文件或机器所说的话，
附有原因，按代码排列；其余各节是在别处说的。
*斜体*的词代表实际看到的：主机、数字、路径。错误（error）会在改动任何东西之前停下，除非消息里另有说明。
[rules.md](rules.md) 说明每条规则何时出现。[English](troubleshooting.md)
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


OTHERS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "file": "Reading the cluster file",
        "ssh": "SSH",
        "plan": "Plan and apply, up and down",
        "database": "The database",
        "status": "Status",
        "verify": "Verify",
        "secrets": "Secrets",
        "locks": "Locks and the journal",
        "command": "The command line",
    },
    "zh": {
        "file": "读取集群文件",
        "ssh": "SSH",
        "plan": "计划与执行、启动与停止",
        "database": "数据库",
        "status": "状态",
        "verify": "验证",
        "secrets": "机密",
        "locks": "锁与运行记录",
        "command": "命令行",
    },
}
UNTOLD: Final = {
    "system": "it has the words of the operating system alone",
    "unforeseen": "it is a defect, told by its traceback",
}
"""Codes without a row, each with the reason."""


def page(language: Language) -> str:
    with spoken(language):
        return _page(language)


def _page(language: Language) -> str:
    parts = [HEADS[language]]
    for looks_at, title in SECTIONS[language].items():
        rules = sorted((rule for rule in RULES if rule.looks_at == looks_at), key=lambda rule: (rule.code, rule.name))
        parts.append(f"\n## {title}\n\n| | {' | '.join(COLUMNS[language])} |\n|---|---|---|---|\n")
        parts += [_row(rule) for rule in rules]
    message, _, hint = COLUMNS[language]
    for section, title in OTHERS[language].items():
        parts.append(f"\n## {title}\n\n| | {message} | {hint} |\n|---|---|---|\n")
        parts += dict.fromkeys(_other_row(each) for each in told() if each.section == section)
    return "".join(parts)


def _told(text: str) -> str:
    """In the page's language; braces that are no fields are doubled, as in a template."""
    if not text.startswith(AS_IT_IS):
        return shown(text)
    return shown(text.removeprefix(AS_IT_IS)).replace("{", "{{").replace("}", "}}")


def _other_row(each: Told) -> str:
    text, _, inner = each.message.partition(INSIDE)
    message = _told(text).replace("{message}", _told(inner)) if inner else _told(text)
    if each.keyed:
        sentence = message.rstrip(".。")
        message = shown("{key} {sentence}.").replace("{sentence}", sentence)
    code = _words(shown(each.code) if each.section == "verify" else each.code)
    severity = f"<br>{each.severity}" if each.section != "verify" else ""
    hint = _words(_told(each.hint)) if is_said(each.hint) else "-"
    return f"| {code}{severity} | {_words(message)} | {hint} |\n".replace("\n", " ").rstrip() + "\n"


def _row(rule: Rule) -> str:
    code = _words(rule.code)
    cells = [_words(shown(text)) or "-" for text in TEXTS[rule.name]]
    return f"| {code}<br>{rule.severity} | {' | '.join(cells)} |\n"


def _words(text: str) -> str:
    """Evidence in italics, but in code, where a star would stand as it is; a bar would end the cell."""
    parts = re.split(r"(`[^`]*`)", text.replace("{{", "\0").replace("}}", "\1"))
    parts = [part if part.startswith("`") else part.replace("*", "\\*") for part in parts]
    shown = [re.sub(r"\{(\w+)[^}]*\}", r"\1" if part.startswith("`") else r"*\1*", part) for part in parts]
    return "".join(shown).replace("**", "* *").replace("\0", "{").replace("\1", "}").replace("|", "\\|")


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
        assert len(rows) > len(RULES) + 200, language


def test_each_code_of_a_problem_has_a_row() -> None:
    """A Problem whose message is not seen in the sources as they are read here needs a reason."""
    assert codes() - {each.code for each in told()} == set(UNTOLD)


def test_each_section_has_rows() -> None:
    for sections in OTHERS.values():
        assert {each.section for each in told()} == set(sections)
