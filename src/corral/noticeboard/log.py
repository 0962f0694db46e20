"""The log: standard output, one line for each record, whatever happened."""

from __future__ import annotations

import logging
import sys
import traceback


class OneLine(logging.Formatter):
    """`noticeboard app-108-5040 error: what happened: ValueError: … (notes.py:40)`, the level if any."""

    def __init__(self, instance: str) -> None:
        super().__init__()
        self._name = f"noticeboard {instance}"

    def format(self, record: logging.LogRecord) -> str:
        level = f" {record.levelname.lower()}:" if record.levelno > logging.INFO else ""
        text = f"{self._name}{level} {record.getMessage().strip()}"
        if record.exc_info and record.exc_info[1]:
            text += f": {_in_short(record.exc_info[1])}"
        return " ".join(text.split())


def _in_short(error: BaseException) -> str:
    where = traceback.extract_tb(error.__traceback__)
    place = f" ({where[-1].filename.rpartition('/')[2]}:{where[-1].lineno})" if where else ""
    return f"{type(error).__name__}: {error}{place}"


def start(instance: str) -> None:
    """Sends this program's log to standard output, and its libraries' errors.

    Their warnings are about requests that clients got wrong; those are answered, not logged.
    """
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(OneLine(instance))
    logging.basicConfig(handlers=[handler], level=logging.ERROR)
    logging.getLogger("noticeboard").setLevel(logging.INFO)
