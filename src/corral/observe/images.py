"""Which images Corral has loaded into docker, as it wrote that down on a host. Pure.

Docker's containerd store calls an image otherwise than its archive does, so what docker said after the load is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from posixpath import basename, dirname
from typing import Final

from corral.model.resources import File, FoundUnit

NOTES: Final = "images"
"""The directory below `layout.state` with a note on each name of an image that was loaded."""


def note_path(state: str, name: str) -> str:
    """Where the note on the image `name` lies: a line with the archive's id, docker's id, and the name."""
    return f"{state}/{NOTES}/{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def loaded_ids(files: Iterable[File]) -> dict[str, str]:
    """By docker's ids: those of the archives that they came from. `files` are all of the state; others are passed over.

    A note that can't be read is none: the image is then loaded once more, which does no harm.
    """
    notes = (file.content.split() for file in files if basename(dirname(file.path)) == NOTES)
    return {note[1]: note[0] for note in notes if len(note) == 3}


def in_words_of_archives(units: Iterable[FoundUnit], loaded: dict[str, str]) -> tuple[FoundUnit, ...]:
    """`units` with their images by the archives' ids, as far as those are known."""
    return tuple(replace(unit, image=loaded[unit.image]) if unit.image in loaded else unit for unit in units)
