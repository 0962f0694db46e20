"""The name of a preset: one that ships with Corral, or the path of a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from corral.cluster_file.values import Kind, found, refusal
from corral.language import tr
from corral.nearest import near

BUILT_IN: Final = ("generic", "steedos")
"""The files in `presets/`."""


def is_path(name: str) -> bool:
    return "/" in name or name.endswith((".yaml", ".yml"))


@dataclass(frozen=True)
class PresetName(Kind):
    words: tuple[str, ...]

    @property
    def expected(self) -> str:
        return tr("one of {words}, or the path of a preset's file (./mine.yaml)", words=", ".join(self.words))

    def read(self, value: object) -> str:
        if not isinstance(value, str):
            raise self.refuse(value, wrong_type=True)
        if value not in self.words and not is_path(value):
            guess = near(value, self.words)
            hint = tr("Did you mean {guess!r}?", guess=guess) if guess else ""
            raise refusal(
                "bad-value", tr("must be {expected}, not {found}", expected=self.expected, found=found(value)), hint
            )
        return value

    def json_schema(self) -> dict[str, Any]:
        return {"anyOf": [{"enum": list(self.words)}, {"type": "string", "pattern": r"/|\.ya?ml$"}]}
