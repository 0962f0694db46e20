"""What is in a tar stream, as a host's own tar wrote it. Pure.

The standard library's tarfile reads every kind of archive, and takes ten times as long for it: the answers of a
thousand hosts have forty thousand entries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from corral.language import tr

BLOCK: Final = 512
_LONG_NAME, _LONG_TARGET, _EXTENDED = b"L", b"K", b"x"
Kind = Literal["file", "link", "device", "directory", "fifo"]
_KINDS: Final[dict[bytes, Kind]] = {
    b"0": "file",
    b"\0": "file",
    b"2": "link",
    b"3": "device",
    b"4": "device",
    b"5": "directory",
    b"6": "fifo",
}
_SAME: Final = b"1"
"""Another name of a file that the stream has already: its content isn't there a second time."""


@dataclass(frozen=True)
class Entry:
    """`owner` is an account's name, empty where the stream has none; `mode` has the permissions alone."""

    path: str
    content: bytes
    mode: int
    uid: int
    owner: str
    kind: Kind = "file"
    target: str = ""
    """Of a link: where it leads."""


def entries(stream: bytes) -> Iterator[Entry]:
    """The plain files of `stream`; the rest is as for `everything`."""
    return (entry for entry in everything(stream) if entry.kind == "file")


def everything(stream: bytes) -> Iterator[Entry]:
    """What `stream` holds, by GNU's tar or by POSIX. A file of two names is two files.

    What has a name that is not UTF-8 is passed over: nothing of Corral's own has such a one.

    Raises ValueError for what is not a tar stream, or is not complete.
    """
    if len(stream) % BLOCK or not stream.endswith(bytes(2 * BLOCK)):
        raise ValueError(tr("it is cut off, or it is not a tar stream"))
    at, given = 0, _Given()
    files: dict[str, bytes] = {}
    while stream[at : at + 1] != b"\0":  # the end is two blocks of zeros
        head = stream[at : at + BLOCK]
        if head[257:262] != b"ustar":
            raise ValueError(tr("it is cut off, or it is not a tar stream"))
        size = _number(head[124:136])
        content = stream[at + BLOCK : at + BLOCK + size]
        if len(content) < size:
            raise ValueError(tr("it is cut off"))
        at += BLOCK + -(-size // BLOCK) * BLOCK
        if given.take(head[156:157], content):
            continue
        entry = _entry(head, content, given, files)
        given = _Given()
        if entry and _is_utf8(entry.path):
            files[entry.path] = entry.content
            yield entry


class _Given:
    """What entries before an entry say of it."""

    def __init__(self) -> None:
        self.path = self.target = ""

    def take(self, kind: bytes, content: bytes) -> bool:
        """Whether it is an entry that says something of the next one."""
        if kind == _LONG_NAME:
            self.path = _text(content)
        elif kind == _LONG_TARGET:
            self.target = _text(content)
        elif kind == _EXTENDED:
            words = _extended(content)
            self.path, self.target = words.get(b"path", ""), words.get(b"linkpath", "")
        return kind in (_LONG_NAME, _LONG_TARGET, _EXTENDED)


def _entry(head: bytes, content: bytes, given: _Given, files: Mapping[str, bytes]) -> Entry | None:
    """None for what can be nothing that matters. `files` are those before it."""
    kind, target = _KINDS.get(head[156:157]), ""
    if head[156:157] in (b"2", _SAME):
        target = given.target or _text(head[157:257])
    if head[156:157] == _SAME:
        kind, content, target = "file", files.get(target, b""), ""
    if kind is None:
        return None
    mode, uid = _number(head[100:108]) & 0o7777, _number(head[108:116])
    return Entry(given.path or _path(head), content, mode, uid, _text(head[265:297]), kind, target)


def _path(head: bytes) -> str:
    """POSIX cuts a long one in two; where GNU's tar has no place for it, the name of its own entry before counts."""
    before = _text(head[345:500]) if head[262:263] == b"\0" else ""
    return f"{before}/{_text(head[:100])}" if before else _text(head[:100])


def _extended(records: bytes) -> dict[bytes, str]:
    """The values of records `LENGTH KEYWORD=VALUE` with a line's end each."""
    values = {}
    while records:
        length, _, _ = records.partition(b" ")
        record, records = records[len(length) + 1 : int(length) - 1], records[int(length) :]
        keyword, _, value = record.partition(b"=")
        values[keyword] = _text(value)
    return values


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _is_utf8(text: str) -> bool:
    return text.isascii() or not any("\udc80" <= letter <= "\udcff" for letter in text)


def _number(field: bytes) -> int:
    """Octal digits; or, where those don't suffice, GNU's form: a byte 0x80, and a number."""
    if field[0] & 0x80:
        return int.from_bytes(field[1:])
    return int(field.strip(b" \0") or b"0", 8)
