"""The tables of docs/from-the-howto.md as values: what each cell claims, and what is only said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

LABELS: Final = (
    "nginx.conf",
    "nginx ≥ 1.29.6",
    "nginx < 1.29.6",
    "mongod.conf",
    "corral show",
    "corral up --dry-run",
)
"""What a cell may name before a colon, besides an instance: where the code spans behind the colon stand."""

_INSTANCE: Final = r"app-[0-9]+(?:-worker)?-[0-9]+"
_LABEL: Final = re.compile(rf"({'|'.join(map(re.escape, LABELS))}|{_INSTANCE})[:：]\s*$")
_MARKDOWN: Final = MarkdownIt("commonmark").enable(["table", "strikethrough"])


@dataclass(frozen=True)
class Claim:
    """`text` stands in what `label` names; a struck-through one stands nowhere. An empty label is the table's own."""

    text: str
    label: str
    struck: bool = False


@dataclass(frozen=True)
class Row:
    section: str
    howto: tuple[str, ...]
    keys: tuple[str, ...]
    claims: tuple[Claim, ...]


@dataclass
class _Reading:
    """One cell, token by token."""

    label: str = ""
    struck: bool = False
    claims: list[Claim] = field(default_factory=list)

    def take(self, token: Token) -> None:
        if token.type in ("s_open", "s_close"):
            self.struck = token.type == "s_open"
        elif token.type == "code_inline":
            self.claims.append(Claim(token.content, self.label, self.struck))
        elif token.type == "text" and token.content.strip().endswith((":", "：")):
            found = _LABEL.search(token.content)
            assert found, f"{token.content!r} names no file that the test knows"
            self.label = found[1]


def rows(page: Path) -> list[Row]:
    """Every row of every table with four columns, from the top."""
    return list(_rows(_tokens(page)))


def headings(page: Path) -> list[str]:
    tokens = _tokens(page)
    return [tokens[index + 1].content for index, token in enumerate(tokens) if token.type == "heading_open"]


def links(page: Path) -> list[str]:
    return [str(token.attrs["href"]) for token in _inline(page) if token.type == "link_open"]


def texts(page: Path) -> list[str]:
    """What is neither code nor mark-up."""
    return [token.content for token in _inline(page) if token.type == "text"]


def _tokens(page: Path) -> list[Token]:
    return _MARKDOWN.parse(page.read_text(encoding="utf-8"))


def _inline(page: Path) -> Iterator[Token]:
    return (child for token in _tokens(page) for child in token.children or ())


def _rows(tokens: Sequence[Token]) -> Iterator[Row]:
    section, cells = "", list[Token]()
    for before, token in pairwise(tokens):
        if before.type == "heading_open" and before.tag == "h2":
            section = token.content
        elif before.type == "td_open":
            cells.append(token)
        elif token.type == "tr_close" and cells:
            yield _row(section, cells)
            cells = []


def _row(section: str, cells: Sequence[Token]) -> Row:
    assert len(cells) == 4, [cell.content for cell in cells]
    howto, keys, rendered, _why = cells
    return Row(section, _spans(howto), _spans(keys), tuple(_claims(rendered)))


def _spans(cell: Token) -> tuple[str, ...]:
    return tuple(child.content for child in cell.children or () if child.type == "code_inline")


def _claims(cell: Token) -> list[Claim]:
    reading = _Reading()
    for child in cell.children or ():
        reading.take(child)
    return reading.claims
