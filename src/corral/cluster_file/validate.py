"""A document against the schema: all problems at once, by setting what is wrong aside and looking again."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from corral.cluster_file.positions import Path, dotted
from corral.cluster_file.report import Complaint, Report
from corral.cluster_file.schema import Spec
from corral.cluster_file.section import Section
from corral.cluster_file.tree import homes_of, section_at
from corral.cluster_file.values import found
from corral.language import shown, tr
from corral.nearest import near, suggestion
from corral.words import all_of

_EXPECTED: Final = {
    "model_type": tr("a mapping (lines of `key: value`)"),
    "dict_type": tr("a mapping (lines of `name: value`)"),
    "tuple_type": tr("a list, such as [one, two]"),
    "bool_type": tr("true or false"),
    "bool_parsing": tr("true or false"),
}
_KEY: Final = "[key]"
"""How pydantic marks that a mapping's key is wrong, rather than its value."""


S = TypeVar("S", bound=Section)


def validated(report: Report) -> Spec:
    """The part of the report's data that is right, defaults for the rest; what is wrong goes into `report`."""
    spec = read_as(Spec, report)
    for complaint in _missing(spec, (), report.judged):
        if report.clean(complaint.path):
            report.add(complaint)
    return spec


def read_as(schema: type[S], report: Report) -> S:
    """Like `validated`, with keys of `schema`, and none of them required."""
    data = copy.deepcopy(report.judged)
    while True:
        try:
            return schema.model_validate(data)
        except ValidationError as error:
            for details in error.errors(include_url=False):
                complaint = _complaint(report, details, schema)
                if details["type"] != "too_short" or report.clean(complaint.path):
                    report.add(complaint)
                _set_aside(data, complaint.path[:-1] if _inside(details) else complaint.path)


def _complaint(report: Report, details: ErrorDetails, schema: type[Section]) -> Complaint:
    location = tuple(details["loc"])
    at_key = location[-1:] == (_KEY,)
    path = report.find(location[:-1] if at_key else location)
    kind = details["type"]
    if kind == "extra_forbidden":
        return _unknown_key(path, schema)
    if kind in _EXPECTED:
        return Complaint(
            "wrong-type",
            path,
            tr("must be {expected}, not {found}", expected=_EXPECTED[kind], found=found(details["input"])),
        )
    if kind == "too_short":
        return Complaint("bad-value", path, tr("must have at least one entry"))
    hint = str(details.get("ctx", {}).get("hint", ""))
    if inside := _inside(details):
        return Complaint(kind, (*path, inside), details["msg"], hint, at_key=kind == "unknown-key")
    return Complaint(kind, path, details["msg"], hint, at_key)


def _inside(details: ErrorDetails) -> str:
    return str(details.get("ctx", {}).get("inside", ""))


def _unknown_key(path: Path, schema: type[Section]) -> Complaint:
    *above, key = path
    own = tuple(section_at(tuple(above), schema).model_fields)
    homes = [] if near(str(key), own) else homes_of(str(key))
    hint = suggestion(str(key), own)
    if homes:
        hint = tr("There is {map}; is this line indented as its neighbours are?", map=all_of([*map(dotted, homes)]))
    return Complaint("unknown-key", path, tr("is not a key that Corral knows."), hint, at_key=True)


def _set_aside(data: dict[str, Any], path: Path) -> None:
    """Takes `path` out of `data`; with a list's item the whole list goes, so that no index moves."""
    here: Any = data
    for step in path[:-1]:
        inner = here.get(step)
        if isinstance(inner, list):
            del here[step]
        if not isinstance(inner, dict):
            return
        here = inner
    here.pop(path[-1], None)


def _missing(section: Section, path: Path, data: Any) -> Iterator[Complaint]:
    """The required keys that are not there; one that is only misspelt has been named as an unknown key."""
    written = data if isinstance(data, Mapping) else {}
    meant = misspelt(type(section), written)
    for key in section.required:
        if key not in section.model_fields_set and key not in meant:
            yield _missing_key(section, path, key)
    for key in section.model_fields_set:
        value = getattr(section, key)
        inner = written.get(key)
        if isinstance(value, Section):
            yield from _missing(value, (*path, key), inner)
        elif isinstance(value, dict):
            for name, entry in value.items():
                if isinstance(entry, Section):
                    yield from _missing(entry, (*path, key, name), inner.get(name) if isinstance(inner, dict) else None)


def misspelt(section: type[Section], written: Any) -> set[str]:
    """The keys of `section` that keys in `written`, which it doesn't know, are spelt most like."""
    known = tuple(section.model_fields)
    return {near(key, known) for key in written if key not in known} if isinstance(written, Mapping) else set()


def _missing_key(section: Section, path: Path, key: str) -> Complaint:
    what = shown(type(section).model_fields[key].description or "")
    place = tr("below {dotted}", dotted=dotted(path)) if path else tr("at the top")
    return Complaint(
        "missing-key",
        (*path, key),
        tr("is missing."),
        tr("Add `{key}:` {place}. {what}", key=key, place=place, what=what),
    )
