"""Numbers with their nouns, as people write them."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """`1 change`, `2 changes`: for nouns whose plural is made with an s."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
