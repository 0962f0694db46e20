"""Rules on values from outside the file: what an editor or a shell has added to them, and nobody sees.

They are kept as they are: a password may have a blank at its end. One newline at the end of a file is cut off before.
"""

from __future__ import annotations

from typing import Final

from corral.rules.registry import rule_on_value

_MARK: Final = "\ufeff"
_LINES: Final = "\r\n"
_NO_TEXT: Final = f"{_LINES}{_MARK}"
"""What goes before the question whether there are blanks: each of it has a rule of its own."""


@rule_on_value("A11", "warning")
def value_without_text(value: str) -> bool:
    return _is_blank(value)


@rule_on_value("A11", "warning")
def value_with_carriage_return(value: str) -> bool:
    return "\r" in value and not _is_blank(value)


@rule_on_value("A11", "warning")
def value_with_mark(value: str) -> bool:
    return _MARK in value and not _is_blank(value)


@rule_on_value("A11", "warning")
def value_with_newline(value: str) -> bool:
    edge = value.strip(" \t\r")
    return edge != edge.strip("\n") and not _is_blank(value)


@rule_on_value("A11", "warning")
def value_with_blanks(value: str) -> bool:
    text = value.strip(_NO_TEXT)
    return text != text.strip() and not _is_blank(value)


def _is_blank(value: str) -> bool:
    return not value.strip().strip(_NO_TEXT).strip()
