"""Shell files as scripts: what of a file travels, and that words arrive as they are."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from corral.shell import ShellFile, beside, call, function, given, must, variables

TEXT = """\
# shellcheck shell=sh
# What it is for.

set -u
export WORD=1

# one: a line
one() { echo "one $*"; }

two() {
    # why
    one two
}

three() (
    two || exit
    exit 3
)
loop() {
    [ $# = 0 ] || loop
}

echo begun
"""
ODD = 'it\'s "a" $HOME `x` \\ * -n\n中文'


@pytest.fixture
def file(tmp_path: Path) -> ShellFile:
    (tmp_path / "it.sh").write_text(TEXT)
    return beside(str(tmp_path / "it.py"), "it.sh")


def said(script: str, code: int = 0) -> str:
    done = subprocess.run(["sh"], input=script, capture_output=True, text=True, check=False, timeout=20)
    assert (done.returncode, done.stderr) == (code, "")
    return done.stdout


def test_a_file_without_its_comments(file: ShellFile) -> None:
    assert "#" not in file.text.replace("$#", "")
    assert said(file.text) == "begun\n"


@pytest.mark.parametrize(
    ("script", "functions"),
    [
        ("exit\n", []),
        (call("one"), ["one"]),
        ("someone\n", []),
        (call("two"), ["one", "two"]),
        (call("three"), ["one", "two", "three"]),
        ("{\nloop\n}\n", ["loop"]),
    ],
)
def test_only_what_is_called_travels(file: ShellFile, script: str, functions: list[str]) -> None:
    text = file.before(script)
    assert [name for name in ("one", "two", "three", "loop") if f"{name}() " in text] == functions
    assert "set -u\nexport WORD=1\n" in text
    assert text.endswith(f"echo begun\n{script}")
    assert "\n\n" not in text


def test_functions_are_called_through_others(file: ShellFile) -> None:
    assert said(file.before(call("three")), 3) == "begun\none two\n"


def test_words_arrive_as_they_are() -> None:
    assert said(call("printf", "%s;", ODD, 7, "", Path("/a b"))) == f"{ODD};7;;/a b;"
    assert said(f'{variables(a=ODD, b=7)}printf "%s;" "$a" "$b"\n') == f"{ODD};7;"


def test_a_text_arrives_as_it_is() -> None:
    assert said(given(f"{ODD}\n", "cat", "-", "/dev/null")) == f"{ODD}\n"
    assert said(given("", "cat")) == ""
    for text in ("corral-end\n", "a\ncorral-end\nb\n"):
        with pytest.raises(ValueError, match="corral-end"):
            given(text, "cat")


def test_a_failure_ends_the_script() -> None:
    no = function("no", "return 7\n")
    assert said(f"{no}{must('no')}echo on\n", 7) == ""
    assert said(f"{no}{given('', 'no')}echo on\n", 7) == ""
    assert said(f"{must('true')}echo on\n") == "on\n"


def test_each_function_of_the_package_is_told_from_the_rest() -> None:
    """Or it would not be left out where nobody calls it, and `}` would be missing where somebody does."""
    import corral

    files = sorted(Path(corral.__file__).parent.rglob("*.sh"))
    assert len(files) > 10
    for path in files:
        text = ShellFile(path).text
        names = [line.partition("()")[0] for line in text.splitlines() if "() " in line and line[0] not in " \t"]
        for name in names:
            whole = ShellFile(path).before(call(name))
            done = subprocess.run(["sh", "-n"], input=whole, capture_output=True, text=True, check=False, timeout=20)
            assert done.stderr == "", f"{path.name}: {name}"
            assert f"\n{name}() " in f"\n{whole}"
