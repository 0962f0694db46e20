"""The form parser: the same file however the network cuts the form into pieces."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.exceptions import HTTPException

from corral.noticeboard.web.multipart import FormFile, boundary

CONTENT = b"line\r\n--almost\r\n\x00\xff\r\n-" * 3
FORM = (
    b'--cut\r\nContent-Disposition: form-data; name="comment"\r\n\r\nfile\r\n'
    b'--cut\r\nContent-Disposition: form-data; name="file"; filename="a \\"b\\".txt"\r\n'
    b"Content-Type: text/plain\r\n\r\n" + CONTENT + b"\r\n"
    b'--cut\r\nContent-Disposition: form-data; name="file"; filename="second"\r\n\r\nignored\r\n--cut--\r\n'
)


@given(st.lists(st.integers(0, len(FORM)), max_size=30))
def test_pieces_of_any_size_give_the_same_file(cuts: list[int]) -> None:
    form = FormFile(b"cut", "file")
    edges = [0, *sorted(cuts), len(FORM)]
    received = b""
    for start, end in pairwise(edges):
        received += b"".join(form.feed(FORM[start:end]))
    form.end()

    assert received == CONTENT
    assert (form.name, form.content_type) == ('a "b".txt', "text/plain")


@given(st.binary(max_size=300))
def test_rubbish_is_refused_in_words_or_taken_never_a_crash(rubbish: bytes) -> None:
    form = FormFile(b"cut", "file")
    try:
        for _ in form.feed(b"--cut\r\n" + rubbish):
            pass
        form.end()
    except HTTPException as refusal:
        assert refusal.status_code == 400


def test_only_multipart_forms_have_a_boundary() -> None:
    assert boundary("multipart/form-data; boundary=x") == b"x"
    assert boundary("application/octet-stream") is None
    assert boundary("") is None
    with pytest.raises(HTTPException):
        boundary("multipart/form-data")
