"""Text to values with positions."""

from __future__ import annotations

import pytest

from corral.cluster_file.document import read_document
from corral.cluster_file.positions import Lines, Position, dotted
from corral.errors import InvalidFile


def test_values_are_yaml_1_2() -> None:
    text = "a: [1, 0x1f, 010, 1_000, 2.5, .inf, true, yes, ~, 2024-01-01, '5', 12:30]"
    values = read_document(text, "f").data["a"]
    assert values == [1, 31, 10, 1000, 2.5, float("inf"), True, "yes", None, "2024-01-01", "5", "12:30"]


def test_written_scalars_keep_their_text() -> None:
    document = read_document("v: 1.10\nenv: {A: 0x10, B: True, C: ~}\nw: 1.10", "f", [("v",), ("env", "*")])
    assert document.data == {"v": "1.10", "env": {"A": "0x10", "B": "True", "C": None}, "w": 1.1}


def test_positions_of_keys_and_values() -> None:
    document = read_document("# comment\nfirst:\n  - one\n  - {two: 2}\nlast:\n", "f")
    assert document.keys[("first",)] == (2, 1)
    assert document.values[("first",)] == (3, 3)
    assert document.values[("first", 0)] == (3, 5)
    assert document.keys[("first", 1, "two")] == (4, 6)
    assert document.values[("first", 1, "two")] == (4, 11)
    assert document.values[("last",)] == document.keys[("last",)] == (5, 1), "nothing has the place of its key"


def test_where_goes_to_what_holds_a_path_that_is_not_there() -> None:
    document = read_document("app:\n  env: {A: 1}\n", "cluster.yaml")
    assert document.where(("app", "env", "A")) == "cluster.yaml:2:12"
    assert document.where(("app", "env", "A"), at_key=True) == "cluster.yaml:2:9"
    assert document.where(("app", "health", "path")) == "cluster.yaml:1:1"
    assert document.where(("proxy",)) == "cluster.yaml:1:1"


def test_a_name_in_a_list_can_be_found_by_itself() -> None:
    document = read_document("members: [one, two]", "f")
    assert document.find(("members", "two", "votes")) == ("members", 1)


def test_every_duplicate_key_is_named() -> None:
    document = read_document("a: 1\nb: {c: 1, c: 2}\na: 2\na: 3\n", "f")
    assert document.data == {"a": 1, "b": {"c": 1}}, "the first one counts"
    assert [(problem.code, problem.where) for _path, problem in document.faults] == [
        ("duplicate-key", "f:2:11"),
        ("duplicate-key", "f:3:1"),
        ("duplicate-key", "f:4:1"),
    ]
    assert "line 1" in document.faults[1][1].message


def test_anchors_and_merges() -> None:
    text = "common: &common {a: 1, b: 2}\nown: {b: 3, <<: *common}\nboth: {<<: [*common, {c: 4}]}\n"
    document = read_document(text, "f")
    assert document.data["own"] == {"a": 1, "b": 3}
    assert document.data["both"] == {"a": 1, "b": 2, "c": 4}
    assert document.keys[("own", "a")] == (1, 18)
    assert not document.faults


@pytest.mark.parametrize(
    ("text", "code", "where"),
    [
        ("a: !vault x", "unknown-tag", "f:1:4"),
        ("a: !!binary aGk=", "unknown-tag", "f:1:4"),
        ("? [a]\n: 1", "wrong-type", "f:1:3"),
        ("a: {<<: 5}", "wrong-type", "f:1:9"),
        ('a: "\\0"', "bad-value", "f:1:4"),
        ('a: "\\uD800"', "bad-value", "f:1:4"),
    ],
)
def test_faults_that_leave_the_rest_readable(text: str, code: str, where: str) -> None:
    [(_path, problem)] = read_document(text, "f").faults
    assert (problem.code, problem.where) == (code, where)


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("a: b: c", "f:1:5", "second `: `"),
        ("\ta: b", "f:1:1", "a tab"),
        ("a: [1,\n", "f:1:7", "ends in the middle"),
        ("a: 'x\nb: 2\n", "f:1:4", "never closed"),
        ("a: 1\n- b\n", "f:2:1", "not indented"),
        ("a: *gone", "f:1:4", "alias"),
        ("a: @x", "f:1:4", "can't begin"),
        ("a: 1\n---\nb: 2\n", "f:2:1", "second document"),
        ("a: 1\nb\n", "f:2:2", "no `: `"),
        ("a: \x07", "f:1:4", "U+0007"),
        ("%YAML 3.0\n---\na: 1\n", "f:1:1", "incompatible"),
        ('a: "\\UFFFFFFFF"', "f:1:1", "not YAML"),
        ("a: &a [*a]", "f:1:1", "holds itself"),
        ("a: &a {<<: *a}", "f:1:1", "holds itself"),
        ("a: " + "[" * 500, "f:1:1", "too deeply"),
    ],
)
def test_what_is_not_yaml(text: str, where: str, words: str) -> None:
    with pytest.raises(InvalidFile) as refused:
        read_document(text, "f")
    [problem] = refused.value.problems
    assert (problem.code, problem.where) == ("not-yaml", where)
    assert words in problem.message


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "---\n", "\ufeff"])
def test_empty_files(text: str) -> None:
    with pytest.raises(InvalidFile) as refused:
        read_document(text, "f")
    assert [problem.code for problem in refused.value.problems] in (["empty-file"], ["not-a-mapping"])


@pytest.mark.parametrize("text", ["- a\n", "just words\n", "5\n"])
def test_the_top_must_be_a_mapping(text: str) -> None:
    with pytest.raises(InvalidFile) as refused:
        read_document(text, "f")
    [problem] = refused.value.problems
    assert (problem.code, problem.where) == ("not-a-mapping", "f:1:1")


def test_aliases_that_stand_for_billions_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    with pytest.raises(InvalidFile) as refused:
        read_document("\n".join(lines), "f")
    assert [problem.code for problem in refused.value.problems] == ["too-large"]


def test_positions_never_leave_the_text() -> None:
    assert Lines.of("ab\ncd\n").clamp(2, 0) == Position(2, 3)
    assert Lines.of("ab").clamp(0, 99) == Position(1, 3)
    assert Lines.of("").clamp(0, 0) == Position(1, 1)


def test_paths_are_written_as_people_write_them() -> None:
    assert dotted(("app", "hosts", 2, "x")) == "app.hosts[2].x"
