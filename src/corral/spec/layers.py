"""Presets: a cluster file's lower layer, in the same words. What the file says itself goes over it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path as FilePath
from typing import Annotated, Any, Final

from pydantic import Field

from corral.errors import InvalidFile
from corral.problems import Problem
from corral.spec.app import App
from corral.spec.database import Database
from corral.spec.document import Document, read_document
from corral.spec.positions import Path
from corral.spec.preset_name import BUILT_IN, is_path
from corral.spec.proxy import Proxy
from corral.spec.report import Report
from corral.spec.schema import WRITTEN
from corral.spec.section import Section, left_out
from corral.spec.validate import read_as
from corral.spec.values import Text

_VERSION: Final = r"[0-9]+(\.[0-9]+)*"
_WRITTEN: Final[tuple[Path, ...]] = (*WRITTEN, *(("versions", "*", *path) for path in WRITTEN))


class Layer(Section):
    """The parts of a cluster file that don't depend on its hosts."""

    proxy: Proxy = left_out("nginx in front of the instances.")
    app: App = left_out("The application: its instances and its workers.")
    database: Database = left_out("The MongoDB replica set.")


class Preset(Layer):
    """A preset's file."""

    about: Annotated[str, Text("a text")] = Field("", description="Which application this is for.")
    versions: dict[Annotated[str, Text("a version", _VERSION)], dict[str, Any] | None] = Field(
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
        elif value is not None or key not in lower:
            result[key] = value
    return result


def preset_of(document: Document, directory: FilePath) -> dict[str, Any]:
    """The layer that goes below `document`: its preset's, as its app.version has it.

    Nothing for a preset that there can't be: the schema complains of that. Raises InvalidFile for a file that is not
    there, or is wrong itself.
    """
    app = document.data.get("app")
    app = app if isinstance(app, dict) else {}
    name = app.get("preset") or BUILT_IN[0]
    if name in BUILT_IN:
        text, source = files("corral.spec").joinpath("presets", f"{name}.yaml").read_text("utf-8"), f"preset {name}"
    elif isinstance(name, str) and is_path(name):
        text, source = _own(name, document, directory)
    else:
        return {}
    return _for_version(read_preset(text, source), str(app.get("version") or ""))


def read_preset(text: str, source: str) -> Document:
    """Raises InvalidFile with every problem of a preset's file."""
    document = read_document(text, source, _WRITTEN)
    report = Report(document)
    read_as(Preset, report)
    problems = report.problems()
    if not problems:
        for version, layer in (document.data.get("versions") or {}).items():
            inner = Report(document, layered(base(document), layer or {}), ("versions", version))
            read_as(Layer, inner)
            problems += inner.problems()
    if problems:
        raise InvalidFile(problems)
    return document


def base(document: Document) -> dict[str, Any]:
    return {key: value for key, value in document.data.items() if key not in ("about", "versions")}


def _own(name: str, document: Document, directory: FilePath) -> tuple[str, str]:
    path = FilePath(os.path.normpath(directory / name))
    try:
        return path.read_text("utf-8"), name
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        message = f"app.preset names {name}, and {path} can't be read: {reason}."
        hint = "The path starts at the cluster file's directory; docs/presets.md says what such a file holds."
        where = document.where(("app", "preset"))
        raise InvalidFile(Problem("no-preset", "error", message, hint, where)) from None


def _for_version(document: Document, version: str) -> dict[str, Any]:
    """The layers of all versions up to `version`, the latest on top; none of them for a version without a number."""
    numbers = _numbers(version)
    layer = base(document)
    for since in sorted(document.data.get("versions") or {}, key=_numbers):
        if numbers and _numbers(since) <= numbers:
            layer = layered(layer, document.data["versions"][since] or {})
    return layer


def _numbers(version: str) -> tuple[int, ...]:
    match = re.match(rf"v?({_VERSION})", version)
    return tuple(int(number) for number in match[1].split(".")) if match else ()
