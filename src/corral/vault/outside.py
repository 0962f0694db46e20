"""Values that are kept outside Corral: variables and files of the machine that it runs on, read once for each run."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from corral.cluster_file.app import Health, variables
from corral.cluster_file.parse import Loaded
from corral.errors import InvalidFile
from corral.files import expanded
from corral.language import tr
from corral.model.headers import TEXT_PATTERN
from corral.problems import Problem
from corral.secrets import Secret, Secrets, outside_names, reference, resolve

_IN_HEADERS: Final = tr("it must be one line of printable ASCII without blanks at its ends")
LARGEST: Final = (128 << 10) - 1024
"""Bytes. Linux passes no variable of 128 KiB or more, its name included (MAX_ARG_STRLEN in execve(2))."""


def outside_of(loaded: Loaded, environment: Mapping[str, str] = os.environ) -> Secrets:
    """All that the cluster file refers to outside it. Raises InvalidFile with every reference that has no value."""
    values = outside([*_variables(loaded), *_headers(loaded)], loaded.directory, environment)
    if problems := [
        Problem(
            "bad-value",
            "error",
            tr(
                "{reference} can't stand in a header: {in_headers}",
                reference=reference(outside_names(text)[0]),
                in_headers=_IN_HEADERS,
            ),
            "",
            where,
        )
        for where, text in _headers(loaded)
        if re.fullmatch(TEXT_PATTERN, resolve(text, values)) is None
    ]:
        raise InvalidFile(problems)
    return values


def known_outside_of(loaded: Loaded, environment: Mapping[str, str] = os.environ) -> Secrets:
    """Those of them that have a value: verbs that change nothing need them only to keep them out of their output."""
    return _collect([*_variables(loaded), *_headers(loaded)], loaded.directory, environment)[0]


def outside(texts: Iterable[tuple[str, str]], directory: Path, environment: Mapping[str, str]) -> Secrets:
    """The values of all `${env:NAME}` and `${file:PATH}` in `texts`, which are pairs of a place and a text.

    A relative PATH starts at `directory`; a newline at the end of a file is dropped. Raises InvalidFile with every
    reference that has no value, each with the first place that has it.
    """
    values, problems = _collect(texts, directory, environment)
    if problems:
        raise InvalidFile(problems)
    return values


def _variables(loaded: Loaded) -> list[tuple[str, str]]:
    return [(loaded.where(path), value) for path, value in variables(loaded.spec.app)]


def _headers(loaded: Loaded) -> list[tuple[str, str]]:
    """Those of workers stand at their own place, or are the application's."""
    app, workers = loaded.spec.app.health, loaded.spec.app.workers.health
    found = [(loaded.where(("app", "health", "headers", name)), text) for name, text in app.headers.items()]
    if isinstance(workers, Health) and workers.headers != app.headers:
        path = ("app", "workers", "health", "headers")
        found += [(loaded.where((*path, name)), text) for name, text in workers.headers.items()]
    return found


def _collect(
    texts: Iterable[tuple[str, str]], directory: Path, environment: Mapping[str, str]
) -> tuple[dict[str, Secret], list[Problem]]:
    values: dict[str, Secret] = {}
    problems: dict[str, Problem] = {}
    for where, text in texts:
        for name in outside_names(text):
            if name in values or name in problems:
                continue
            try:
                values[name] = Secret(_value(name, directory, environment))
            except _NoValue as reason:
                message = tr("{reference} has no value: {reason}", reference=reference(name), reason=reason)
                problems[name] = Problem("no-value", "error", message, _hint(name), where)
    return values, list(problems.values())


class _NoValue(Exception):
    """The reason, as the end of a sentence."""


def _value(name: str, directory: Path, environment: Mapping[str, str]) -> str:
    kind, _, what = name.partition(":")
    value = _variable(what, environment) if kind == "env" else _content(directory / expanded(what))
    if not value:
        raise _NoValue(tr("it is empty"))
    if "\0" in value:
        raise _NoValue(tr("it holds a NUL byte, which a variable can't hold"))
    return value


def _variable(name: str, environment: Mapping[str, str]) -> str:
    value = environment.get(name)
    if value is None:
        raise _NoValue(tr("the variable {name} is not set where corral runs", name=name))
    try:
        value.encode()  # os.environ has a lone surrogate for a byte that is not UTF-8
    except UnicodeEncodeError:
        raise _NoValue(tr("the variable {name} is not UTF-8", name=name)) from None
    return value


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise _NoValue(tr("{path} can't be read: {strerror}", path=path, strerror=error.strerror)) from None
    if len(content) > LARGEST:
        raise _NoValue(
            tr(
                "{path} is larger than {largest} KiB, and Linux passes no variable of that size",
                path=path,
                largest=LARGEST >> 10,
            )
        )
    try:
        return content.decode().removesuffix("\n")
    except UnicodeDecodeError:
        raise _NoValue(tr("{path} is not UTF-8", path=path)) from None


def _hint(name: str) -> str:
    kind, _, what = name.partition(":")
    if kind == "env":
        return tr("`export {what}=…` and run the same command again", what=what)
    return tr("a relative path starts at the cluster file's directory")
