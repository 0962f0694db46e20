"""Problems collected while a file is judged: one for each path."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from corral.cluster_file.document import Document
from corral.cluster_file.positions import Path, Position, dotted
from corral.language import tr
from corral.problems import Problem, Severity


@dataclass(frozen=True)
class Complaint:
    """What is wrong at one path, before it is given its place in the file."""

    code: str
    path: Path
    sentence: str
    hint: str = ""
    at_key: bool = False


@dataclass(frozen=True)
class Lower:
    """What a preset lays below a document: `data`, from the parts of `document` at `places`, the upper ones first."""

    data: dict[str, Any] = field(default_factory=dict)
    document: Document | None = None
    places: tuple[Path, ...] = ()

    def where(self, path: Path) -> str:
        """Where `path` stands in the preset's file; nothing when it doesn't."""
        for place in self.places if self.document else ():
            if self.document and self.document.find((*place, *path)) == (*place, *path):
                return self.document.where((*place, *path))
        return ""


@dataclass
class Report:
    """`data` is what is judged: the document's own, or that over a preset's. Paths are of `data`; `below` is where in
    the document it stands."""

    document: Document
    data: dict[str, Any] | None = None
    below: Path = ()
    lower: Lower = field(default_factory=Lower)
    _entries: list[tuple[Position, Path, Problem]] = field(default_factory=list)
    _blamed: set[Path] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.judged: dict[str, Any] = self.document.data if self.data is None else self.data
        for path, problem in self.document.faults:
            line, column = problem.where.rsplit(":", 2)[1:]
            self._entries.append((Position(int(line), int(column)), path, problem))
            self._blamed.add(path)

    def add(self, complaint: Complaint, severity: Severity = "error") -> None:
        """Adds `complaint`, unless there is one already for its path or for a path above it."""
        path = complaint.path
        if any(path[: len(blamed)] == blamed for blamed in self._blamed):
            return
        whole = (*self.below, *path)
        message = tr("{key} {sentence}.", key=dotted(whole), sentence=complaint.sentence.rstrip(".。")).lstrip()
        own = self.document.find(whole) == whole
        where = ("" if own else self.lower.where(path)) or self.document.where(whole, complaint.at_key)
        problem = Problem(complaint.code, severity, message, complaint.hint, where)
        self._entries.append((self.document.position(whole, complaint.at_key), path, problem))
        if severity == "error":
            self._blamed.add(path)

    def find(self, path: Path) -> Path:
        """The longest part of `path` that the document holds."""
        return self.document.find((*self.below, *path))[len(self.below) :]

    def clean(self, *paths: Path) -> bool:
        """Whether there is no complaint at, above or below any of `paths`."""
        return not any(
            path[: len(blamed)] == blamed or blamed[: len(path)] == path for path in paths for blamed in self._blamed
        )

    def problems(self) -> list[Problem]:
        """In the order of the file."""
        return [problem for _position, _path, problem in sorted(self._entries, key=lambda entry: entry[0])]
