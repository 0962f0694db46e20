"""Lines of a log, made safe for a terminal, and those that say why: a program may log anything."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Final

from corral.language import tr

LONGEST: Final = 500
"""Characters of a line that are shown."""
LOOKED_AT: Final = 200
"""Lines in which the reason is looked for, where fewer are shown: what follows a failure, and its retries, is long."""

_MONGOD: Final = re.compile(r'\{"t":\{.{0,80}"s":"[EF]"')
_SEVERE: Final = re.compile(
    r"\[(emerg|alert|crit|error)\]"  # nginx
    r'|\b(EMERG(ENCY)?|FATAL|PANIC|CRITICAL|SEVERE|ERROR)\b|"?level"?[=:] ?"?(error|fatal|critical|panic|50\b|60\b)'
    r"|^(fatal|panic)\b|^Fatal |\b[Ee]rror(:| while )|^Failed at step "
    r"|^(Uncaught )?[A-Z][\w.]*(Error|Exception)\b"  # Node.js, Java
)
_TRACEBACK: Final = "Traceback (most recent call last):"
_VOLATILE: Final = re.compile(r"[0-9a-f]*[0-9][0-9a-f]*")


def shown(text: str) -> str:
    """`text` without anything that would move the cursor or clear the screen; long lines are cut."""
    return "\n".join(_cut("".join(map(_visible, line))) for line in text.splitlines())


def excerpt(text: str, whose: str, count: int) -> str:
    """The last `count` lines of a log, with a head that names `whose` it is, `its log`; empty for an empty log.

    Lines that tell of an error come first, each kind once: where a program starts again and again, what it says of the
    reason is far above, or between lines that say nothing.
    """
    lines = text.splitlines()
    all_severe = list(_severe(lines))
    severe = list(_last_of_each_kind(all_severe))[-max(1, count // 2) :]
    told = set(all_severe)
    tail = [line for line in lines if line not in told][-max(1, count - len(severe)) :]
    if not lines:
        return ""
    if not severe:
        return tr("\nthe last lines of {whose}:\n{tail}", whose=whose, tail=shown("\n".join(tail)))
    errors = shown("\n".join(map(_in_short, severe)))
    if not tail:
        return tr("\nerrors in {whose}:\n{errors}", whose=whose, errors=errors)
    return tr(
        "\nerrors in {whose}:\n{errors}\nthe last lines of {whose}:\n{tail}",
        whose=whose,
        errors=errors,
        tail=shown("\n".join(tail)),
    )


def _severe(lines: Sequence[str]) -> Iterator[str]:
    """In their order. Of one of Python's tracebacks it is the line behind it that tells."""
    in_traceback = False
    for line in lines:
        if _TRACEBACK in line:
            in_traceback = True
        elif in_traceback:
            if line[:1] not in (" ", "\t", ""):
                in_traceback = False
                yield line
        elif line.startswith('{"t":{'):
            if _MONGOD.match(line):
                yield line
        elif _SEVERE.search(line):
            yield line


def _last_of_each_kind(lines: Sequence[str]) -> Iterator[str]:
    """Lines that differ in nothing but times and numbers are of one kind."""
    last = {_VOLATILE.sub("0", line): number for number, line in enumerate(lines)}
    yield from (lines[number] for number in sorted(last.values()))


def _in_short(line: str) -> str:
    """mongod's JSON without what comes before its words, in one line: the reason stands at the end of a long one."""
    if not _MONGOD.match(line):
        return line
    try:
        said = json.loads(line)
        more = json.dumps(said["attr"], ensure_ascii=False) if "attr" in said else ""
        return " ".join(f"{said['s']} {said['c']}: {said['msg']} {more}".split())
    except (ValueError, KeyError, TypeError):  # a line that was cut off, or that only looks like mongod's
        return line


def _visible(character: str) -> str:
    return character if character.isprintable() or character == "\t" else "\N{REPLACEMENT CHARACTER}"


def _cut(line: str) -> str:
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"
