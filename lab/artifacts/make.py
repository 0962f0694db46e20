"""Makes them all, or some."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from lab.artifacts import container_image, noticeboard, programs
from lab.errors import LabError
from lab.places import STATE
from lab.processes import say, step

DIRECTORY: Final = STATE / "artifacts"


def _image(directory: Path) -> Path:
    return container_image.make(directory, noticeboard.make(directory))


MAKERS: Final[dict[str, Callable[[Path], Path]]] = {
    **{program.archive: partial(programs.make, program) for program in programs.PROGRAMS},
    noticeboard.NAME: noticeboard.make,
    container_image.NAME: _image,
}


def make(only: Sequence[str] = ()) -> dict[str, Path]:
    """File's name, such as noticeboard.tar, to where it lies. Raises LabError when one can't be made."""
    for name in only:
        if name not in MAKERS:
            raise LabError(f"there is no artifact {name}; there are {', '.join(MAKERS)}")
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    made = {}
    for name in only or MAKERS:
        with step(f"{DIRECTORY / name}"):
            made[name] = MAKERS[name](DIRECTORY)
        say(f"  {made[name].stat().st_size / 1e6:.0f} MB")
    return made
