"""What the lab refuses or can't do, in words, with the next command."""

from __future__ import annotations


class LabError(Exception):
    """`hint` is what the user does next; empty when the message says it already."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message
