"""The file's JSON Schema, so that editors complete and check it; `cluster.schema.json` is a copy of it."""

from __future__ import annotations

from typing import Any

from pydantic.fields import FieldInfo

from corral.cluster_file.schema import Spec
from corral.cluster_file.section import Section, or_null
from corral.cluster_file.tree import sections
from corral.cluster_file.values import Kind


def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of a cluster file, with a description and the default, if fixed, at each key."""
    generated = Spec.model_json_schema()
    definitions = generated.pop("$defs")
    for section in dict.fromkeys(section for _path, section in sections()):
        _complete(generated if section is Spec else definitions[section.__name__], section)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **generated,
        "title": "Corral cluster file",
        "description": "What a cluster is made of: `corral up` runs it on one machine, `corral apply` on its hosts.",
        "$defs": definitions,
    }


def _complete(schema: dict[str, Any], section: type[Section]) -> None:
    schema.pop("title")
    schema["description"] = " ".join((section.__doc__ or "").split())
    if section.required:
        schema["required"] = list(section.required)
    for key, field in section.model_fields.items():
        described = _property(schema["properties"][key], field)
        schema["properties"][key] = described if key in section.required else or_null(described)


def _property(schema: dict[str, Any], field: FieldInfo) -> dict[str, Any]:
    rest = {key: value for key, value in schema.items() if key not in ("title", "description", "default")}
    if "patternProperties" in rest:
        rest["additionalProperties"] = False
    return {"description": field.description, **rest, **_default(field)}


def _default(field: FieldInfo) -> dict[str, Any]:
    """The default as a file would have it (10s, not 10.0); nothing when it only stands for 'left out'."""
    kinds = [kind for kind in field.metadata if isinstance(kind, Kind)]
    if field.default_factory or field.default in (None, (), {}):
        return {}
    if not kinds:
        return {"default": list(field.default) if isinstance(field.default, tuple) else field.default}
    default = kinds[0].write(field.default)
    return {"default": default} if kinds[0].accepts(default) else {}
