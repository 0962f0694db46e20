"""What comes from outside is never markup: names, paths, lines of logs and of other people's records."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

import corral.cli

FOLDER: Final = Path(corral.cli.__file__).parent
SAFE: Final = {"escape", "coloured", "counted", "_outcome", "status_view", "_table", "len", "stage_column"}
"""Functions whose result is markup of the module's own, or holds nothing from outside that is not escaped."""
MARKUP: Final = {"markup", "colour", "table"}
ESCAPED: Final = {"seconds", "changes", "what", "count", "code", "where", "host", "newline", "kept", "other", "nothing"}
"""Names of markup that a function has made, and of text that it has escaped."""


def printed(tree: ast.AST) -> Iterator[ast.Call]:
    """Calls that read their text as markup."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        is_markup = node.func.attr == "from_markup" or (
            node.func.attr == "print" and isinstance(node.func.value, ast.Name) and node.func.value.id in ("out", "err")
        )
        if is_markup and not any(word.arg == "markup" for word in node.keywords):
            yield node


def is_safe(value: ast.expr) -> bool:
    """A number's format, a function that escapes, or markup of the module's own."""
    match value:
        case ast.FormattedValue(value=inner, format_spec=form):
            return isinstance(form, ast.JoinedStr) or is_safe(inner)
        case ast.IfExp(body=left, orelse=right) | ast.BinOp(left=left, right=right):
            return is_safe(left) and is_safe(right)
        case ast.JoinedStr(values=values) | ast.Call(func=ast.Name(id="named"), args=values):
            return all(map(is_safe, values))
        case ast.Call(func=ast.Name(id=name), keywords=filled):
            return name in SAFE or (name == "tr" and all(is_safe(each.value) for each in filled))
        case ast.Name(id=name) | ast.Attribute(attr="seconds" as name):
            return name in MARKUP | ESCAPED
        case _:
            return isinstance(value, ast.Constant) or ast.unparse(value).startswith(("_MARKS[", "EXPLANATION."))


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.py")), ids=lambda file: file.stem)
def test_every_text_that_is_printed_as_markup_has_its_values_escaped(file: Path) -> None:
    unsafe = [
        f"{file.name}:{call.lineno}: {ast.unparse(text)}"
        for call in printed(ast.parse(file.read_text()))
        for text in call.args[:1]
        if not is_safe(text)
    ]
    assert not unsafe
