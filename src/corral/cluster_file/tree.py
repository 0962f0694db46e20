"""The schema as a tree: which section stands at a path, and where a key belongs."""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from corral.cluster_file.positions import Path
from corral.cluster_file.schema import Spec
from corral.cluster_file.section import Section
from corral.nearest import near


def _is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Section)


def _bare(annotation: Any) -> Any:
    """The section or the mapping in `annotation`, without what is optional or only described."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return next((bare for bare in map(_bare, get_args(annotation)) if _is_section(bare)), annotation)
    return annotation


def _below(section: type[Section], key: str) -> tuple[Path, type[Section] | None]:
    """What stands behind `key`: its path, `*` for a name of the user's choice, and its section if any."""
    inner = _bare(section.model_fields[key].annotation)
    if get_origin(inner) is dict:
        value = _bare(get_args(inner)[1])
        return (key, "*"), value if _is_section(value) else None
    return (key,), inner if _is_section(inner) else None


def section_at(path: Path, root: type[Section] = Spec) -> type[Section]:
    """The section whose keys stand below `path`. Raises KeyError when there is none."""
    here = root
    rest = path
    while rest:
        steps, below = _below(here, str(rest[0]))
        if below is None:
            raise KeyError(path)
        here, rest = below, rest[len(steps) :]
    return here


def sections(section: type[Section] = Spec, path: Path = ()) -> Iterator[tuple[Path, type[Section]]]:
    """Every section that a file may have, with its path."""
    yield path, section
    for key in section.model_fields:
        steps, below = _below(section, key)
        if below is not None:
            yield from sections(below, (*path, *steps))


def keys() -> list[Path]:
    """Every key that a file may have."""
    return [(*path, key) for path, section in sections() for key in section.model_fields]


def homes_of(word: str) -> list[Path]:
    """Where a key spelt like `word` belongs; nothing when that could be in many sections."""
    paths = [path for path in keys() if "*" not in path]
    key = near(word, [str(path[-1]) for path in paths])
    found = [path for path in paths if path[-1] == key]
    return found if len(found) <= 2 else []
