"""One line for each record, whatever is in it."""

import logging

import pytest

from corral.noticeboard.log import OneLine


def line_of(level: int, message: str, failure: Exception | None = None) -> str:
    exc_info = (type(failure), failure, failure.__traceback__) if failure else None
    return OneLine("app-1").format(logging.LogRecord("x", level, "x.py", 1, message, (), exc_info))


def test_plain_records_have_no_level() -> None:
    assert line_of(logging.INFO, "stopped") == "noticeboard app-1 stopped"


def test_an_exception_is_named_with_its_place_in_one_line() -> None:
    with pytest.raises(ValueError, match="two") as raised:
        raise ValueError("two\nlines")
    line = line_of(logging.ERROR, "Exception in ASGI application\n", raised.value)

    assert line.startswith("noticeboard app-1 error: Exception in ASGI application: ValueError: two lines")
    assert line.endswith(")")
    assert "(test_log.py:" in line


@pytest.mark.parametrize("message", ["a\nb", " a   b ", "a\r\n\tb"])
def test_white_space_is_one_blank(message: str) -> None:
    assert line_of(logging.WARNING, message) == "noticeboard app-1 warning: a b"
