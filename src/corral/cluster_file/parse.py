"""Reading the cluster file: a file or a text becomes a Spec, or a list of every problem with it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path as FilePath
from typing import Any, Final

from corral.cluster_file import checks
from corral.cluster_file.defaults import completed
from corral.cluster_file.document import Document, read_document
from corral.cluster_file.layers import layered, preset_of
from corral.cluster_file.ports import names, ports
from corral.cluster_file.positions import Path, Position
from corral.cluster_file.report import Report
from corral.cluster_file.schema import WRITTEN, Spec
from corral.cluster_file.source import LARGEST, content_of, decoded
from corral.cluster_file.validate import validated
from corral.errors import InvalidFile
from corral.language import tr
from corral.problems import Problem, errors_in

_CHECKS: Final = (checks.references, checks.addresses, checks.database, checks.app, ports, names)
_INIT: Final = tr("`corral init` writes one to start from; `-f FILE` names another.")


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
    preset: Mapping[str, Any]
    """What its preset has laid below it."""
    text: str = ""

    @property
    def positions(self) -> dict[Path, Position]:
        return self.document.values

    @property
    def digest(self) -> str:
        """Of what the file and its preset say, whatever its comments and its order are."""
        said = json.dumps([self.document.data, self.preset], sort_keys=True, default=str)
        return hashlib.sha256(said.encode()).hexdigest()

    def where(self, path: Path) -> str:
        """file:line:column of `path`, or of what would hold it when its value is a default."""
        return self.document.where(path)


def load_text(text: str, source: str = "", directory: FilePath | None = None) -> Loaded:
    """Raises InvalidFile with all problems, in the order of the file."""
    document = read_document(text, source, WRITTEN)
    where = directory or FilePath.cwd()
    lower = preset_of(document, where)
    report = Report(document, layered(lower.data, document.data), lower=lower)
    spec = completed(validated(report))
    found = (check(spec, report) for check in _CHECKS)
    for complaint in chain.from_iterable(found):
        report.add(complaint)
    if errors_in(report.problems()):
        raise InvalidFile(report.problems())
    for complaint in checks.unused_hosts(spec, report):
        report.add(complaint, "warning")
    return Loaded(spec, tuple(report.problems()), source, where, document, lower.data, text)


def load_file(path: FilePath) -> Loaded:
    """Raises InvalidFile, also for a file that is not there or can't be read."""
    text = decoded(_content(path), str(path))
    return load_text(text, str(path), FilePath(os.path.abspath(path)).parent)  # noqa: PTH100  # resolve() follows links


def _content(path: FilePath) -> bytes:
    try:
        content = content_of(path)
    except FileNotFoundError:
        raise _refused("no-file", tr("There is no file {path}.", path=path), _INIT, path) from None
    except IsADirectoryError:
        hint = tr("Its cluster file may be `-f {path}`.", path=path / "cluster.yaml")
        raise _refused("not-a-file", tr("{path} is a directory, not a file.", path=path), hint, path) from None
    except PermissionError:
        hint = tr("`ls -l {path}` shows whose it is.", path=path)
        raise _refused("unreadable", tr("{path} may not be read by this account.", path=path), hint, path) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise _refused(
            "unreadable", tr("{path!r} can't be read: {reason}.", path=str(path), reason=reason), _INIT, path
        ) from None
    if len(content) > LARGEST:
        raise _refused(
            "too-large",
            tr("{path} is larger than {largest} KiB.", path=path, largest=LARGEST >> 10),
            tr("Is this the right file?"),
            path,
        )
    return content


def _refused(code: str, message: str, hint: str, path: FilePath) -> InvalidFile:
    return InvalidFile(Problem(code, "error", message, hint, str(path)))
