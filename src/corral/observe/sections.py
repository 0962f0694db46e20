"""What machine.sh wrote, cut into its sections. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from corral.language import tr

_MARK: Final = b"\036"
_FILES: Final = b"\036files\n"


@dataclass(frozen=True)
class Sections:
    """Texts by their sections' names, and the tar stream of Corral's files."""

    texts: dict[str, str]
    files: bytes

    @classmethod
    def of(cls, stdout: bytes) -> Sections:
        """Raises ValueError when the last section is missing: the script was cut off, or never ran."""
        head, mark, files = stdout.partition(_FILES)
        if not mark:
            raise ValueError(tr("the answer is cut off"))
        texts: dict[str, str] = {}
        for part in head.split(_MARK)[1:]:
            name, _, text = part.decode(errors="replace").partition("\n")
            texts[name] = texts.get(name, "") + text
        return cls(texts, files)

    def text(self, name: str) -> str:
        return self.texts.get(name, "")

    def lines(self, name: str) -> list[str]:
        return self.text(name).splitlines()


@dataclass(frozen=True)
class Values:
    """Lines of small files, by the file's path."""

    files: dict[str, list[str]]

    @classmethod
    def of(cls, lines: Iterable[str]) -> Values:
        """`lines` are `path:line`, as grep writes them."""
        files: dict[str, list[str]] = {}
        for line in lines:
            path, _, rest = line.partition(":")
            files.setdefault(path, []).append(rest)
        return cls(files)

    def of_file(self, path: str) -> Sequence[str]:
        return self.files.get(path, [])

    def first(self, path: str) -> str:
        """The first line; empty when there is none."""
        return next(iter(self.of_file(path)), "").strip()

    def field(self, path: str, name: str) -> str:
        """The text behind `name:`; empty when there is none."""
        return after(f"{name}:", self.of_file(path)).strip()


def after(begin: str, lines: Iterable[str]) -> str:
    """The rest of the first line that begins so; empty when none does."""
    return next((line.removeprefix(begin) for line in lines if line.startswith(begin)), "")
