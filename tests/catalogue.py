"""The catalogue of what people read: this collects the sources' sentences into it and compiles it (`make catalogue`).

A sentence that is new stands there without its Chinese form, and tests/unit/test_language.py fails until it has one.
"""

from __future__ import annotations

import ast
import io
import re
import struct
import sys
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

import corral
from corral.language import DOMAIN, LOCALES

SOURCES: Final = Path(corral.__file__).parent
PO: Final = LOCALES / "zh" / "LC_MESSAGES" / f"{DOMAIN}.po"
MO: Final = PO.with_suffix(".mo")
HEADER: Final = "# What Corral says, in Chinese; `make catalogue` adds what is new and compiles it."
LIBRARYS: Final = (
    "Arguments",
    "Options",
    "Commands",
    "Error",
    "Aborted.",
    "Aborted!",
    "required",
    "Missing command.",
    "No such command {name!r}.",
    "default: {default}",
)
"""Words of the command line's library, which asks gettext for them."""


def collected() -> dict[str, list[str]]:
    """Each sentence, with the files that have it."""
    found: dict[str, list[str]] = {word: ["cli/main.py"] for word in LIBRARYS}
    for file in sorted(SOURCES.rglob("*.py")):
        name = str(file.relative_to(SOURCES))
        for text in filter(None, _sentences(ast.parse(file.read_text(encoding="utf-8")), name)):
            files = found.setdefault(text, [])
            if name not in files:
                files.append(name)
    return found


def _sentences(tree: ast.Module, file: str) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="tr" | "mark"), args=[ast.Constant(value=str(text))]):
                yield text
            case ast.Call(func=ast.Name(id="counted"), args=[_, ast.Constant(value=str(noun))]):
                yield f"{{number}} {noun}"
            case ast.Call(func=ast.Name(id="Text"), args=parts) if file == "rules/texts.py":
                yield from (part.value for part in parts if isinstance(part, ast.Constant))
            case ast.FunctionDef(decorator_list=[ast.Call(func=ast.Attribute(attr="command" | "callback"))]):
                yield cleandoc(ast.get_docstring(node) or "")
            case ast.ClassDef(body=body):
                yield from _required_descriptions(body)


def _required_descriptions(body: list[ast.stmt]) -> Iterator[str]:
    """Of a section of the cluster file: what is said of a key that is missing."""
    names: set[object] = set()
    for node in body:
        match node:
            case ast.Assign(targets=[ast.Name(id="required")], value=ast.Tuple(elts=elements)):
                names = {element.value for element in elements if isinstance(element, ast.Constant)}
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Call() as call) if name in names:
                yield from _description(call)


def _description(field: ast.Call) -> Iterator[str]:
    """`Field(…, description=…)`, or `left_out(…)`."""
    said = [keyword.value for keyword in field.keywords if keyword.arg == "description"]
    if isinstance(field.func, ast.Name) and field.func.id == "left_out":
        said = field.args
    yield from (part.value for part in said if isinstance(part, ast.Constant) and isinstance(part.value, str))


def read() -> Catalog:
    with PO.open("rb") as file:
        return read_po(file, locale="zh", domain=DOMAIN)


def compiled(catalogue: Catalog) -> bytes:
    """The bytes that gettext reads, the same for the same catalogue: babel's own have its version and a date."""
    head = ("", "Language: zh\nContent-Type: text/plain; charset=utf-8\n")
    told = ((str(message.id), str(message.string)) for message in catalogue if message.id and message.string)
    pairs = [[text.encode() for text in pair] for pair in sorted([head, *told])]
    count, texts, tables = len(pairs), b"", [b"", b""]
    for column in (0, 1):
        for pair in pairs:
            tables[column] += struct.pack("<2I", len(pair[column]), 28 + 16 * count + len(texts))
            texts += pair[column] + b"\0"
    return struct.pack("<7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, 0) + b"".join(tables) + texts


def written(catalogue: Catalog) -> bytes:
    made = io.BytesIO()
    write_po(made, catalogue, width=110, include_lineno=False)
    return re.sub(rb'(?m)^"(?!Language:|Content-Type:)[\w-]+: [^"]*\\n"\n', b"", made.getvalue(), count=12)


def renewed(old: Catalog) -> Catalog:
    """With all that the sources have, and nothing else."""
    new = Catalog(locale="zh", domain=DOMAIN, header_comment=HEADER, charset="utf-8", fuzzy=False)
    for text, files in collected().items():
        known = old.get(text)
        new.add(text, known.string if known else "", locations=[(file, 0) for file in files])
    return new


def main() -> None:
    catalogue = renewed(read() if PO.exists() else Catalog(locale="zh"))
    PO.parent.mkdir(parents=True, exist_ok=True)
    PO.write_bytes(written(catalogue))
    MO.write_bytes(compiled(catalogue))
    missing = [str(message.id) for message in catalogue if message.id and not message.string]
    sys.stdout.write("".join(f"no Chinese form yet: {text!r}\n" for text in missing))


if __name__ == "__main__":
    main()
