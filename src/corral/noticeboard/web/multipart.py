"""The file in a form, piece by piece as it arrives: nothing of it is kept here."""

from __future__ import annotations

from collections.abc import Iterator

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.exceptions import HTTPException


def boundary(content_type: str) -> bytes | None:
    """The boundary of a multipart form, None for any other body. Raises HTTPException 400 if it has none."""
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data":
        return None
    if not options.get(b"boundary"):
        raise HTTPException(400, "The form's Content-Type names no boundary.")
    return options[b"boundary"]


class FormFile:
    """Takes the bytes of a multipart form and gives those of the first part named `field`.

    `found` says whether that part has begun; then `name` and `content_type` are what its headers say.
    """

    def __init__(self, boundary: bytes, field: str) -> None:
        self.found = False
        self.name = ""
        self.content_type = ""
        self._field = field.encode()
        self._inside = False
        self._headers: dict[bytes, bytes] = {}
        self._header = [b"", b""]
        self._pieces: list[bytes] = []
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._headers.clear,
                "on_header_field": lambda data, start, end: self._add(0, data[start:end]),
                "on_header_value": lambda data, start, end: self._add(1, data[start:end]),
                "on_header_end": self._header_end,
                "on_headers_finished": self._part_starts,
                "on_part_data": self._data,
                "on_part_end": self._part_ends,
            },
        )

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The pieces of the file in `data`. Raises HTTPException 400 when the form is malformed."""
        try:
            self._parser.write(data)
        except FormParserError:
            raise HTTPException(400, "The multipart form is malformed.") from None
        pieces, self._pieces = self._pieces, []
        return iter(pieces)

    def end(self) -> None:
        """The body is over. Raises HTTPException 400 when the form is cut short or has no file."""
        if not self.found:
            raise HTTPException(400, f"The form has no field named {self._field.decode()}.")
        if self._inside:
            raise HTTPException(400, "The form ends before its file does.")

    def _add(self, index: int, data: bytes) -> None:
        self._header[index] += data

    def _header_end(self) -> None:
        name, value = self._header
        self._headers[name.lower()] = value
        self._header = [b"", b""]

    def _part_starts(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        self._inside = not self.found and options.get(b"name") == self._field
        if self._inside:
            self.found = True
            self.name = options.get(b"filename", b"").decode(errors="replace")
            self.content_type = self._headers.get(b"content-type", b"").decode("latin-1")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._inside:
            self._pieces.append(data[start:end])

    def _part_ends(self) -> None:
        self._inside = False
