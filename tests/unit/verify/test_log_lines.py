"""What a log said last, as it may be shown."""

from __future__ import annotations

from typing import Final

import pytest

from corral.verify.log_lines import LONGEST, excerpt, shown


def test_nothing_moves_the_cursor() -> None:
    assert shown("a\x1b[2Jb\x00\tc\r\nnext") == "a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}\tc\nnext"


def test_long_lines_are_cut() -> None:
    assert shown("x" * 5000) == "x" * LONGEST + "…"
    assert shown("中" * LONGEST) == "中" * LONGEST


def mongod(severity: str, message: str, second: int = 0) -> str:
    at = f'{{"t":{{"$date":"2026-11-24T14:33:{second:02}.123+00:00"}}'
    return f'{at},"s":"{severity}",  "c":"STORAGE",  "id":22435,   "ctx":"main","msg":"{message}","attr":{{"e":13}}}}'


QUIET: Final = [f"GET /health 200 {number}" for number in range(30)]


@pytest.mark.parametrize(
    ("lines", "first"),
    [
        ([mongod("I", "an Error: x"), mongod("E", "Permission denied")], 'E STORAGE: Permission denied {"e": 13}'),
        ([mongod("F", "Wrong mongod version")], 'F STORAGE: Wrong mongod version {"e": 13}'),
        (["2026/11/24 10:00:00 [notice] x", "nginx: [emerg] bind() to 0.0.0.0:80 failed"],
         "nginx: [emerg] bind() to 0.0.0.0:80 failed"),
        (["Traceback (most recent call last):", '  File "/srv/a.py", line 1', "    import b", "",
          "ModuleNotFoundError: No module named 'b'"], "ModuleNotFoundError: No module named 'b'"),
        (["Traceback (most recent call last):", "  File x", "app.Refused: no"], "app.Refused: no"),
        (["Error: Cannot find module '/srv/x.js'", "    at Module._load"], "Error: Cannot find module '/srv/x.js'"),
        (["node:internal/x", "TypeError: x is not a function"], "TypeError: x is not a function"),
        (['{"level":50,"msg":"no database"}'], '{"level":50,"msg":"no database"}'),
        (["time=x level=fatal msg=gone"], "time=x level=fatal msg=gone"),
        (["2026-11-24 ERROR [main] no heap"], "2026-11-24 ERROR [main] no heap"),
        (["panic: runtime error", "goroutine 1"], "panic: runtime error"),
        (["mongod: error while loading shared libraries: libcurl.so.4"],
         "mongod: error while loading shared libraries: libcurl.so.4"),
        (["Failed at step EXEC spawning /x: Permission denied"], "Failed at step EXEC spawning /x: Permission denied"),
        (["Fatal error : Could not open /etc/chrony.keys"], "Fatal error : Could not open /etc/chrony.keys"),
    ],
)  # fmt: skip
def test_what_tells_the_reason_comes_first(lines: list[str], first: str) -> None:
    told = excerpt("\n".join([*QUIET, *lines, *QUIET]), "its log", 5).splitlines()
    assert told[:3] == ["", "errors in its log:", first]
    assert told[-1] == QUIET[-1]


def test_a_reason_that_is_said_at_each_start_is_told_once() -> None:
    starts = [line for second in range(20) for line in (mongod("I", "starting", second), mongod("E", "denied", second))]
    told = excerpt("\n".join(starts), "its log", 6).splitlines()
    assert next(line for line in told if "denied" in line).startswith("E STORAGE: denied")
    assert told.index("the last lines of its log:") == 3


def test_a_line_of_mongods_that_has_several_is_one() -> None:
    told = excerpt(mongod("F", "\\n\\n***aborting after fassert() failure\\n\\n"), "its log", 5)
    assert told.splitlines()[2] == 'F STORAGE: ***aborting after fassert() failure {"e": 13}'


def test_a_log_without_errors() -> None:
    assert excerpt("\n".join(QUIET), "its log", 2) == f"\nthe last lines of its log:\n{QUIET[-2]}\n{QUIET[-1]}"
    assert excerpt("0 errors, error_count=0", "its log", 2) == "\nthe last lines of its log:\n0 errors, error_count=0"
    assert excerpt("", "its log", 2) == ""
    assert excerpt("Error: x", "its log", 2) == "\nerrors in its log:\nError: x"


def test_a_line_that_only_looks_like_mongods() -> None:
    cut = mongod("F", "x")[:-9]
    assert cut in excerpt(cut, "its log", 2)
