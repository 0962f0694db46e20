"""A command that has ended on a host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from corral.language import tr
from corral.model.ends import SILENT, ended
from corral.model.script_words import translated
from corral.secrets import Secrets, redact

ERROR_SIZE: Final = 2000
"""Characters of a failed command's words that are shown."""


@dataclass(frozen=True)
class CommandResult:
    """Its exit code and what it wrote."""

    code: int
    stdout: bytes
    stderr: bytes

    @property
    def text(self) -> str:
        return self.stdout.decode(errors="replace")

    @property
    def error(self) -> str:
        """What went wrong in the command's own words, those of Corral's scripts in the user's language: the end of
        stderr, or of stdout when stderr is empty. Of one that failed without a word: how it ended.

        Not for a command that may say a secret: `error_without` is.
        """
        return self.error_without({})

    def error_without(self, secrets: Secrets) -> str:
        """`error` with references for the secrets: put in before it is cut, or the end of one could be left."""
        said = redact((self.stderr or self.stdout).decode(errors="replace"), secrets).strip()[-ERROR_SIZE:]
        return translated(said) or (tr("the command {ended}", ended=ended(self.code, also=SILENT)) if self.code else "")
