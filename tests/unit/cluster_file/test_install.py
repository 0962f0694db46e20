"""How programs come to the hosts: every form that can be written, and what is said against the others."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from corral.cluster_file.json_schema import json_schema
from corral.cluster_file.show import as_yaml, shown
from corral.model.cluster import Install
from tests.unit.cluster_file.files import SMALL, load, only, problems

VALIDATOR = Draft202012Validator(json_schema())
SHA256 = "0123456789abcdef" * 4
FORMS = [
    ("package", Install()),
    ("none", Install("none")),
    ("{package: nginx-full}", Install(name="nginx-full")),
    ("{package: libc6:amd64}", Install(name="libc6:amd64")),
    ("{archive: a b.tar, version: 6.0.5}", Install("archive", source="a b.tar", version=(6, 0, 5))),
    (
        f"{{archive: ../a.tgz, sha256: {SHA256}, version: '10.20.3000'}}",
        Install("archive", "", "../a.tgz", SHA256, (10, 20, 3000)),
    ),
    (
        f"{{archive: /a, sha256: {SHA256.upper()}, version: 1.0.0}}",
        Install("archive", "", "/a", SHA256, (1, 0, 0)),
    ),
    (
        f"{{archive: /a, sha256: {'1' * 64}, version: 1.0.0}}",  # a number for YAML
        Install("archive", "", "/a", "1" * 64, (1, 0, 0)),
    ),
    ("{archive: /a, sha256: , version: 1.0.0}", Install("archive", source="/a", version=(1, 0, 0))),
]
WRONG = [
    (
        "pakage",
        "bad-value",
        "",
        "must be one of package, none, {package: NAME}, {archive: FILE, sha256: …, version: …}",
    ),
    ("''", "bad-value", "", "not an empty text"),
    ("5", "wrong-type", "", "not 5"),
    ("true", "wrong-type", "", "not true"),
    ("[package]", "wrong-type", "", "not a list"),
    ("{}", "bad-value", "", "must be one of package"),
    ("{archive: }", "bad-value", "", "must be one of package"),
    ("{sha256: x}", "bad-value", "", "must be one of package"),
    ("{package: a b}", "bad-value", "package", "must be a package's name, not the text 'a b'"),
    ("{package: -y}", "bad-value", "package", "must be a package's name"),
    ("{package: [a]}", "wrong-type", "package", "not a list"),
    ("{package: a, version: 1.0.0}", "unknown-key", "version", "is not a key that goes with `package:`"),
    ("{archive: a, version: 1.10}", "bad-value", "version", "such as 6.0.5, not the text '1.10'"),
    ("{archive: a, version: 6.0.5-rc1}", "bad-value", "version", "must be a version of three numbers"),
    ("{archive: a, version: 6.0.5, sha256: abc}", "bad-value", "sha256", "must be 64 hexadecimal digits"),
    ("{archive: [a], version: 6.0.5}", "wrong-type", "archive", "must be the path of a tar file, not a list"),
    ("{archive: '', version: 6.0.5}", "bad-value", "archive", "not an empty text"),
    ("{archive: a, package: a, version: 6.0.5}", "unknown-key", "package", "goes with `archive:`"),
    ("{archive: a}", "missing-key", "version", "is missing: the configuration depends on it"),
    ("{archive: a, version: }", "missing-key", "version", "is missing"),
]


def database(install: str) -> str:
    return SMALL.replace("database:\n", f"database:\n  install: {install}\n")


def plain(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


@pytest.mark.parametrize(("written", "install"), FORMS)
def test_forms(written: str, install: Install) -> None:
    loaded = load(database(written))
    assert loaded.spec.database.install == install
    again = load(as_yaml(shown(loaded)))
    assert again.spec == loaded.spec, "what `corral show` prints is the same"


@pytest.mark.parametrize("written", [written for written, _ in FORMS if "1" * 64 not in written])
def test_the_json_schema_lets_them_in(written: str) -> None:
    VALIDATOR.validate(plain(database(written)))
    VALIDATOR.validate(shown(load(database(written))))


@pytest.mark.parametrize(("written", "code", "key", "words"), WRONG)
def test_what_is_none_of_them(written: str, code: str, key: str, words: str) -> None:
    problem = only(database(written))
    assert problem.code == code
    assert problem.message.startswith(f"database.install{'.' if key else ''}{key} ")
    assert words in problem.message
    assert problem.where.startswith("cluster.yaml:11:")


@pytest.mark.parametrize("written", [written for written, *_ in WRONG if written != "{archive: a, version: }"])
def test_nor_does_the_json_schema_let_it_in(written: str) -> None:
    assert not VALIDATOR.is_valid(plain(database(written)))


def test_all_faults_of_one_are_said_at_their_own_places() -> None:
    lines = ["", "archive: a.tar", "version: 1.10", "sha256: zz", "versoin: 6.0.5"]
    found = problems(database("\n    ".join(lines)))
    assert [(problem.where, problem.code) for problem in found] == [
        ("cluster.yaml:13:14", "bad-value"),
        ("cluster.yaml:14:13", "bad-value"),
        ("cluster.yaml:15:5", "unknown-key"),
    ]
    assert found[2].hint == "Did you mean 'version'?"


def test_a_misspelt_version_is_not_missing_too() -> None:
    problem = only(database("{archive: a.tar, versoin: 6.0.5}"))
    assert (problem.code, problem.where) == ("unknown-key", "cluster.yaml:11:29")


def test_a_misspelt_word_is_guessed() -> None:
    assert only(database("pakage")).hint == "Did you mean 'package'?"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("app:\n", "app:\n  release: package\n", "app.release must be one of none, {archive: FILE, sha256: …}, not"),
        (
            "app:\n",
            "app:\n  release: {package: shop}\n",
            "app.release must be one of none, {archive: FILE, sha256: …}.",
        ),
        ("app:\n", "app:\n  release: {archive: a, version: 1.0.0}\n", "app.release.version is not a key that goes"),
        ("app:\n", "app:\n  install: {archive: a}\n", "app.install must be one of package, none, {package: NAME}."),
        (
            "app:\n",
            "time: {install: {archive: a}}\napp:\n",
            "time.install must be one of package, none, {package: NAME}.",
        ),
    ],
)
def test_not_every_way_is_for_everything(old: str, new: str, message: str) -> None:
    """A release is a tar file or none; docker and chrony are more than one program in one directory."""
    text = SMALL.replace(old, new, 1)
    assert only(text).message.startswith(message)
    assert not VALIDATOR.is_valid(plain(text))


@pytest.mark.parametrize("release", ["none", "{archive: shop.tgz}", f"{{archive: shop.tgz, sha256: {SHA256}}}"])
def test_a_release_needs_no_version(release: str) -> None:
    text = SMALL.replace("app:\n", f"app:\n  release: {release}\n")
    loaded = load(text)
    assert loaded.spec.app.release.version is None
    assert load(as_yaml(shown(loaded))).spec == loaded.spec
    VALIDATOR.validate(plain(text))


def test_nothing_behind_the_key_is_the_default() -> None:
    spec = load(database("").replace("app:\n", "app:\n  release:\n  install:\n")).spec
    assert (spec.database.install, spec.app.install, spec.app.release) == (Install(), Install(), Install("none"))
