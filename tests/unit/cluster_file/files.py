"""Cluster files for the tests: a small one that is right, and what is said about one that is not."""

from __future__ import annotations

import re

from corral.cluster_file.parse import Loaded, load_text
from corral.cluster_file.positions import Lines
from corral.errors import InvalidFile
from corral.problems import Problem

SMALL = """\
name: shop
hosts:
  one: 10.0.0.1
  two: 10.0.0.2
proxy:
  hosts: [one]
app:
  hosts: [one, two]
  command: node main.js
database:
  members: [one]
"""


def load(text: str) -> Loaded:
    return load_text(text, "cluster.yaml")


def problems(text: str) -> tuple[Problem, ...]:
    """What is said against `text`; nothing when it is right."""
    try:
        load(text)
    except InvalidFile as refused:
        return refused.problems
    return ()


def said(text: str) -> list[tuple[str, str]]:
    """The same as pairs of line:column and code."""
    return [(problem.where.removeprefix("cluster.yaml:"), problem.code) for problem in problems(text)]


def only(text: str) -> Problem:
    found = problems(text)
    assert len(found) == 1, found
    return found[0]


def points_into(problem: Problem, text: str) -> bool:
    """Whether `where` is a line and a column that `text` has."""
    match = re.fullmatch(r"cluster\.yaml:([0-9]+):([0-9]+)", problem.where)
    if not match:
        return False
    line, column = int(match[1]), int(match[2])
    lengths = Lines.of(text).lengths
    return 1 <= line <= len(lengths) and 1 <= column <= lengths[line - 1] + 1
