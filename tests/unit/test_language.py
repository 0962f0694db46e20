"""What people read is said in both languages, out of one catalogue."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Final
from unittest.mock import patch

import pytest

from corral import language as languages
from corral.language import english, language, mark, shown, tr
from corral.model.script_words import SAID, patterns, translated
from corral.verify.causes import question
from corral.words import NAMES, aside, behind, clauses, counted, named, placed, worded
from tests.catalogue import MO, PO, SOURCES, collected, compiled, read, renewed, written
from tests.language import spoken
from tests.untold import TEXTS, text_of, untold

FILES: Final = sorted(SOURCES.rglob("*.py"))
VARIABLES: Final = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


def messages() -> dict[str, str]:
    return {str(message.id): str(message.string) for message in read() if message.id}


def fields(text: str) -> set[tuple[str, str, str]]:
    """Name, format and conversion of each."""
    parts = Formatter().parse(text)
    return {(name, form or "", conversion or "") for _, name, form, conversion in parts if name is not None}


def test_the_catalogue_has_what_the_sources_say_and_nothing_else() -> None:
    """`make catalogue` brings it there, and lists what has no Chinese form yet."""
    assert sorted(messages()) == sorted(collected())
    assert PO.read_bytes() == written(renewed(read()))


def test_each_sentence_has_a_chinese_form() -> None:
    assert not [text for text, chinese in messages().items() if not chinese.strip()]


def test_the_chinese_form_has_no_other_values_than_the_english_one() -> None:
    plain = {text for text in messages() if not _is_template(text)}
    wrong = {
        text: chinese
        for text, chinese in messages().items()
        if text not in plain and not fields(chinese) <= fields(text)
    }
    assert not wrong
    assert not [text for text in plain if ("{{" in text) != ("{{" in messages()[text])]


def _is_template(text: str) -> bool:
    """Whether it is filled: one with braces of its own, such as `${env:NAME}`, is said as it is."""
    try:
        return bool(fields(text)) and all(re.fullmatch(r"\w+", name) for name, _, _ in fields(text))
    except ValueError:
        return False


def test_the_compiled_catalogue_is_that_of_the_text() -> None:
    assert MO.read_bytes() == compiled(read())


def calls(*names: str) -> Iterator[tuple[str, ast.Call]]:
    """Without those that say what stands in the table of rules/texts.py."""
    for file in FILES:
        if file == SOURCES / "rules" / "__init__.py":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                yield f"{file.relative_to(SOURCES)}:{node.lineno}", node


def test_only_literals_are_translated() -> None:
    """Else the catalogue could not know them."""
    wrong = [place for place, call in calls("tr", "mark") if not isinstance(call.args[0], ast.Constant)]
    wrong += [place for place, call in calls("counted") if not isinstance(call.args[1], ast.Constant)]
    assert not wrong


def test_each_value_of_a_sentence_is_given_and_no_other() -> None:
    wrong = []
    for place, call in calls("tr"):
        text = text_of(call.args[0]) or ""
        given = {keyword.arg for keyword in call.keywords}
        if given and given != {name for name, _, _ in fields(text)}:
            wrong.append(f"{place}: {text}")
    assert not wrong


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCES)))
def test_no_sentence_stands_outside_the_catalogue(file: Path) -> None:
    """tests/untold.py says what reads like a sentence and is none for people, with the reasons."""
    assert [f"{file.relative_to(SOURCES)}:{line}: {text!r}" for line, text in untold(file)] == []


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_passed_over_is_still_there(name: str) -> None:
    tree = ast.parse((SOURCES / name).read_text(encoding="utf-8"))
    assert set(TEXTS[name][0]) <= {text_of(node) for node in ast.walk(tree)}


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.GB18030"}, "zh"),
        ({"LANG": "zh_TW.UTF-8"}, "zh"),
        ({"LANG": "zh"}, "zh"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "POSIX"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "zh"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LANGUAGE": "en:zh"}, "en"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "zh:en"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LANGUAGE": ""}, "zh"),
    ],
)
def test_the_language_is_that_of_the_locale(variables: dict[str, str], wanted: str) -> None:
    others = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    with patch.dict(os.environ, {**others, **variables}, clear=True):
        languages._catalogue.cache_clear()
        try:
            assert language() == wanted
            assert (tr("nothing to change") == "nothing to change") == (wanted == "en")
        finally:
            languages._catalogue.cache_clear()


def test_a_text_knows_its_english_form() -> None:
    with spoken("zh"):
        plain = tr("not running")
        inner = tr("{name} is missing.", name=plain)
        assert plain != "not running"
        assert english(plain) == "not running"
    assert english("as it is") == "as it is"
    assert english(3) == 3
    assert isinstance(inner, str)


def test_a_composed_text_knows_its_english_form() -> None:
    with spoken("zh"):
        why = tr("it is not running")
        whole = tr("{ill} is {state}: {detail}", ill="app-1-5040", state=worded("stopped"), detail=why)
        assert re.search(r"[\u4e00-\u9fff]", whole)
        assert english(whole) == f"app-1-5040 is {worded('stopped')}: it is not running"
    assert tr("{ill} is {state}: {detail}", ill="a", state="b", detail="c") == "a is b: c"


def test_a_name_that_programs_compare_stays_what_it_is() -> None:
    with spoken("zh"):
        assert mark("done") == "done"
        assert shown("done") == "完成"
        assert shown("") == "", "which is the catalogue's own head"
        assert worded("PRIMARY") == "PRIMARY"
        assert {worded(name) for name in NAMES}.isdisjoint(NAMES - {"supervisor"})


def test_a_host_of_the_file_keeps_its_name() -> None:
    with spoken("zh"):
        assert placed("proxy") == "proxy"
        assert placed("this machine") == "本机"
        assert placed("built-in example:30:10") == "内置示例:30:10"
        assert placed("cluster.yaml:3:1") == "cluster.yaml:3:1"


def test_the_punctuation_is_that_of_the_language() -> None:
    def joined() -> tuple[str, ...]:
        return (named("a", "b"), clauses(["a", "", "b"]), aside("a"), behind("a"), aside(""), behind(""))

    assert joined() == ("a: b", "a; b", " (a)", ": a", "", "")
    with spoken("zh"):
        assert joined() == ("a：b", "a；b", "（a）", "：a", "", "")
        assert counted(1, "host") == "1 台主机"


@pytest.mark.parametrize("name", ["en", "zh"])
def test_the_question_about_a_path_is_asked_in_both_languages(name: str) -> None:
    def said(status: int) -> str:
        text = tr(
            "{question} answered {status}, expected {status2}{why}",
            **{"question": "GET /ready", "status": status, "status2": 200, "why": ""},
        )
        return tr("after {deadline:g} s: {detail}", deadline=5, detail=text)

    with spoken(name):
        assert [bool(question(said(status))) for status in (404, 405, 410, 403, 500)] == [True] * 3 + [False] * 2
        assert "/ready" in question(said(404))
        silent = tr("{question} gave no answer within {timeout:g} s", question="GET /ready", timeout=404)
        lacking = tr(
            "{question} answered {status} without {contains!r} in its body",
            **{"question": "GET /ready", "status": 404, "contains": "ok"},
        )
        assert not question(silent)
        assert not question(lacking)


SCRIPTS: Final = sorted(SOURCES.rglob("*.sh"))
_QUOTED: Final = r"\"((?:\$\((?:[^()]|\([^()]*\))*\)|\\.|[^\"\\])*)\""
_SAID: Final = (
    re.compile(rf"\b(?:failed|gave_up) {_QUOTED}"),
    re.compile(rf"\becho {_QUOTED} >&2"),
    re.compile(r"\becho '([^']*)' >&2"),
    re.compile(r"\becho \"note ([^\"]*)\" >&3"),
    re.compile(r"\bprintf 'note ([^']*)\\n'"),
)
_VALUE: Final = re.compile(r"\$\((?:[^()]|\([^()]*\))*\)|\$\{[^}]*\}|%s|\$(?:\w+|[*@])(?:\.guard)?")


def test_each_sentence_of_a_script_is_known_and_nothing_else() -> None:
    """A host's shell has no catalogue: what it says is looked up here."""
    texts = [file.read_text(encoding="utf-8") for file in SCRIPTS if "desired" not in file.parts]
    found = {said for text in texts for pattern in _SAID for said in pattern.findall(text)}
    said = [_filled(each) for each in found if not re.fullmatch(r"\$\w+", each)]
    fitting = [next((text for pattern, text in patterns() if pattern.fullmatch(each)), each) for each in said]
    assert [each for each in fitting if each not in SAID] == []
    assert sorted(SAID) == sorted(set(fitting))


def _filled(said: str) -> str:
    return _VALUE.sub("/x", said).replace("\\`", "`")


def test_what_a_script_says_is_told_line_by_line() -> None:
    said = "mv: cannot move it\n/etc/x can't be put in place"
    assert translated(said) == said
    with spoken("zh"):
        assert translated(said) == "mv: cannot move it\n没能把 /etc/x 放到位"
        assert len({translated(re.sub(r"\{\w+\}", "x", text)) for text in SAID}) > 20
