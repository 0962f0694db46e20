"""Numbers with their nouns, as people write them."""

from __future__ import annotations

from corral.language import shown


def counted(number: int, noun: str) -> str:
    """`1 change`, `2 changes`: for nouns, literals, whose plural is made with an s."""
    form = f"{{number}} {noun}"
    told = shown(form)
    return f"{number} {noun}{'' if number == 1 else 's'}" if told is form else told.format(number=number)


def size(number: int) -> str:
    """Bytes as people read them: 1.4 GB, 640 MB."""
    for unit, factor in (("GB", 1000**3), ("MB", 1000**2), ("kB", 1000)):
        if number >= factor:
            value = number / factor
            return f"{value:.1f} {unit}" if value < 10 else f"{value:.0f} {unit}"
    return f"{number} B"
