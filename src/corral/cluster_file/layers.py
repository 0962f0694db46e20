"""Presets: a cluster file's lower layer, in the same words. What the file says itself goes over it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path as FilePath
from typing import Annotated, Any, Final

from pydantic import Field

from corral.cluster_file.app import App
from corral.cluster_file.database import Database
from corral.cluster_file.document import Document, read_document
from corral.cluster_file.positions import Path
from corral.cluster_file.preset_name import BUILT_IN, is_path
from corral.cluster_file.proxy import Proxy
from corral.cluster_file.report import Complaint, Lower, Report
from corral.cluster_file.schema import WRITTEN
from corral.cluster_file.section import Section, left_out
from corral.cluster_file.source import LARGEST, content_of, decoded
from corral.cluster_file.validate import read_as
from corral.cluster_file.values import Text
from corral.errors import InvalidFile
from corral.language import mark, tr
from corral.problems import Problem

_VERSION: Final = r"[0-9]+(\.[0-9]+)*"
_WRITTEN: Final[tuple[Path, ...]] = (*WRITTEN, *(("versions", "*", *path) for path in WRITTEN))
_NOT_A_PRESETS: Final = (
    ("app", "preset"),
    ("app", "version"),
    ("app", "image_archive"),
    ("app", "release"),
    *((section, "install") for section in ("proxy", "app", "database")),
)
"""What only a cluster file can answer: it depends on the hosts, or names a file beside the cluster file."""


class Layer(Section):
    """The parts of a cluster file that don't depend on its hosts."""

    proxy: Proxy = left_out("nginx in front of the instances.")
    app: App = left_out("The application: its instances and its workers.")
    database: Database = left_out("The MongoDB replica set.")


class Preset(Layer):
    """A preset's file."""

    about: Annotated[str, Text(tr("a text"))] = Field("", description="Which application this is for.")
    versions: dict[Annotated[str, Text(tr("a version"), _VERSION)], dict[str, Any] | None] = Field(
        {}, description="What differs from a version of the application on: a layer for each."
    )


def layered(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    """`upper` over `lower`: mappings key by key, anything else as a whole.

    A key of `upper` with nothing behind it takes a single value away, and leaves a mapping as it is: a section may have
    all its lines commented out.
    """
    result = {key: value for key, value in lower.items() if key not in upper}
    for key, value in upper.items():
        below = lower.get(key)
        if isinstance(below, Mapping) and (value is None or isinstance(value, Mapping)):
            result[key] = layered(below, value or {})
        elif value is not None or below is None:
            result[key] = value
    return result


def preset_of(document: Document, directory: FilePath) -> Lower:
    """What goes below `document`: its preset, as its app.version has it.

    Nothing for a name that can't be a preset: the schema reports that. Raises InvalidFile for a file that is missing or
    wrong itself.
    """
    app = document.data.get("app")
    app = app if isinstance(app, dict) else {}
    name = app.get("preset") or BUILT_IN[0]
    if name in BUILT_IN:
        text, source = (
            files("corral.cluster_file").joinpath("presets", f"{name}.yaml").read_text("utf-8"),
            f"preset {name}",
        )
    elif isinstance(name, str) and is_path(name):
        text, source = _own(name, document, directory)
    else:
        return Lower()
    return _for_version(read_preset(text, source), str(app.get("version") or ""))


def read_preset(text: str, source: str) -> Document:
    """Raises InvalidFile with every problem of a preset's file."""
    document = read_document(text, source, _WRITTEN, mark("preset"))
    report = Report(document)
    read_as(Preset, report)
    for complaint in _out_of_place(document.data):
        report.add(complaint)
    problems = report.problems() or [*_problems_of_versions(document)]
    if problems:
        raise InvalidFile(problems)
    return document


def _problems_of_versions(document: Document) -> Iterator[Problem]:
    """Each version's layer is judged on those below it, as it is used."""
    below = _base(document)
    for version in _versions(document):
        layer = document.data["versions"][version] or {}
        below = layered(below, layer)
        report = Report(document, below, ("versions", version))
        read_as(Layer, report)
        for complaint in _out_of_place(layer):
            report.add(complaint)
        yield from report.problems()


def _out_of_place(data: Mapping[str, Any]) -> Iterator[Complaint]:
    for section, key in _NOT_A_PRESETS:
        if isinstance(data.get(section), dict) and key in data[section]:
            sentence = tr("can't stand in a preset: it belongs in the cluster file.")
            yield Complaint("unknown-key", (section, key), sentence, tr("Take it out."), at_key=True)


def _base(document: Document) -> dict[str, Any]:
    return {key: value for key, value in document.data.items() if key not in ("about", "versions")}


def _versions(document: Document) -> list[str]:
    return sorted(document.data.get("versions") or {}, key=_numbers)


def _own(name: str, document: Document, directory: FilePath) -> tuple[str, str]:
    """The text, and the name by which people find it from where they are."""
    path = FilePath(os.path.normpath(directory / name))
    try:
        content = content_of(path)
        reason = tr("it is larger than {largest} KiB", largest=LARGEST >> 10) if len(content) > LARGEST else ""
    except (OSError, ValueError) as error:
        reason = (error.strerror or "") if isinstance(error, OSError) else tr("no file can have such a name")
    if reason:
        message = tr(
            "app.preset names {name!r}, and {path!r} can't be read: {reason}.", name=name, path=str(path), reason=reason
        )
        hint = tr("The path starts at the cluster file's directory; docs/presets.md says what such a file holds.")
        raise InvalidFile(Problem("no-preset", "error", message, hint, document.where(("app", "preset"))))
    source = os.path.normpath(FilePath(document.source).parent / name)
    return decoded(content, source), source


def _for_version(document: Document, version: str) -> Lower:
    """The layers of all versions up to `version`, the latest on top; none of them for a version without a number."""
    numbers = _numbers(version)
    layer = _base(document)
    places: list[Path] = [()]
    for since in _versions(document):
        if numbers and _numbers(since) <= numbers:
            layer = layered(layer, document.data["versions"][since] or {})
            places.insert(0, ("versions", since))
    return Lower(layer, document, tuple(places))


def _numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version; 2.0 is the same as 2."""
    match = re.match(rf"v?({_VERSION})", version)
    numbers = [int(number) for number in match[1].split(".")] if match else []
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)
