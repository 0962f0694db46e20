"""What problems look like to people."""

from __future__ import annotations

import pytest

from corral.cli.output import print_log_line, print_problems
from corral.problems import Problem


@pytest.mark.parametrize(
    ("where", "message", "shown"),
    [
        ("db-2", "there is no tar", "error: db-2: there is no tar"),
        ("db-2", "db-2: can't write", "error: db-2: can't write"),
        ("db-2", "db-2 (10.0.0.2): no answer", "error: db-2 (10.0.0.2): no answer"),
        ("app-1", "port 5040, which app-1-5040 needs, is taken", "error: app-1: port 5040, which app-1-5040"),
        ("db-1", "127.0.0.1:27017, which mongod.db-1 needs, is taken", "error: db-1: 127.0.0.1:27017, which mongod"),
        ("", "interrupted", "error: interrupted"),
    ],
)
def test_the_host_is_named_once(where: str, message: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_problems([Problem("code", "error", message, "do this", where)])
    said = capsys.readouterr().err
    assert said.startswith(shown)
    assert said.endswith("  → do this\n")


def test_words_between_colons_are_no_pictures(capsys: pytest.CaptureFixture[str]) -> None:
    print_problems([Problem("code", "error", "root:x:0:0 and a:key:b", "say :b: again")])
    print_log_line("a-1", "1:warning:2")
    said = capsys.readouterr()
    assert said.err == "error: root:x:0:0 and a:key:b [code]\n  → say :b: again\n"
    assert said.out == "a-1 1:warning:2\n"
