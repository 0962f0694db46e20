"""The cluster file's way in: a file or a text becomes a Spec, or every problem with it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import chain
from pathlib import Path as FilePath
from typing import Final

from corral.errors import InvalidFile
from corral.problems import Problem, errors_in
from corral.spec import checks
from corral.spec.defaults import completed
from corral.spec.document import Document, read_document
from corral.spec.layers import layered, preset_of
from corral.spec.ports import ports
from corral.spec.positions import Lines, Path, Position, place
from corral.spec.report import Report
from corral.spec.schema import WRITTEN, Spec
from corral.spec.validate import validated

_CHECKS: Final = (checks.references, checks.addresses, checks.database, checks.app, ports)
_LARGEST: Final = 256 << 10
"""A cluster file has a few kilobytes; what is larger is another file."""
_INIT: Final = "`corral init` writes one to start from; `-f FILE` names another."


@dataclass(frozen=True)
class Loaded:
    """A file that is right, with every default filled in.

    `source` is the file as the user named it, empty for the built-in example; `directory` is where relative
    paths in it start.
    """

    spec: Spec
    warnings: tuple[Problem, ...]
    source: str
    directory: FilePath
    document: Document

    @property
    def positions(self) -> dict[Path, Position]:
        return self.document.values

    def where(self, path: Path) -> str:
        """file:line:column of `path`, or of what would hold it when its value is a default."""
        return self.document.where(path)


def load_text(text: str, source: str = "", directory: FilePath | None = None) -> Loaded:
    """Raises InvalidFile with all problems, in the order of the file."""
    document = read_document(text, source, WRITTEN)
    where = directory or FilePath.cwd()
    report = Report(document, layered(preset_of(document, where), document.data))
    spec = completed(validated(report))
    found = (check(spec, report) for check in _CHECKS)
    for complaint in chain.from_iterable(found):
        report.add(complaint)
    if errors_in(report.problems()):
        raise InvalidFile(report.problems())
    for complaint in checks.unused_hosts(spec, report):
        report.add(complaint, "warning")
    return Loaded(spec, tuple(report.problems()), source, where, document)


def load_file(path: FilePath) -> Loaded:
    """Raises InvalidFile, also for a file that is not there or can't be read."""
    text = _decoded(_content(path), str(path))
    return load_text(text, str(path), FilePath(os.path.abspath(path)).parent)  # noqa: PTH100  # resolve() follows links


def _content(path: FilePath) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
    except FileNotFoundError:
        raise _refused("no-file", f"There is no file {path}.", _INIT, path) from None
    except IsADirectoryError:
        hint = f"Its cluster file may be `-f {path / 'cluster.yaml'}`."
        raise _refused("not-a-file", f"{path} is a directory, not a file.", hint, path) from None
    except PermissionError:
        hint = f"`ls -l {path}` shows whose it is."
        raise _refused("unreadable", f"{path} may not be read by this account.", hint, path) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise _refused("unreadable", f"{str(path)!r} can't be read: {reason}.", _INIT, path) from None
    if len(content) > _LARGEST:
        raise _refused("too-large", f"{path} is larger than {_LARGEST >> 10} KiB.", "Is this the right file?", path)
    return content


def _decoded(content: bytes, source: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = Lines.of(content[: error.start].decode("utf-8-sig", "replace") + "|").lengths
        where = place(source, Position(len(before), before[-1]))
        message = f"This file is not UTF-8: the byte 0x{content[error.start]:02X} can't stand here."
        raise InvalidFile(Problem("not-utf8", "error", message, "Save it as UTF-8.", where)) from None


def _refused(code: str, message: str, hint: str, path: FilePath) -> InvalidFile:
    return InvalidFile(Problem(code, "error", message, hint, str(path)))
