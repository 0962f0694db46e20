"""The commented example, which is the documentation too."""

from __future__ import annotations

import re

import pytest

from corral.cluster_file.build import build, direct_placement
from corral.cluster_file.example import example_text, init_text
from corral.cluster_file.parse import load_text
from corral.cluster_file.tree import keys
from corral.errors import InvalidFile
from tests.unit.cluster_file.files import load

OPTIONAL = re.compile(r"^( *)# ((?:  )*)((?:[a-z_]+|[A-Z_]+):.*)$", re.MULTILINE)


def test_it_is_right() -> None:
    loaded = load_text(example_text())
    assert loaded.spec.name == "noticeboard"
    assert loaded.spec.app.command == ("corral-noticeboard",)
    assert loaded.spec.app.version == "1.0"
    assert loaded.spec.app.websocket and loaded.spec.app.websocket.path == "/ws"
    assert loaded.spec.app.health.contains == "ok"
    assert loaded.warnings == ()


def test_every_key_is_in_it() -> None:
    words = set(re.findall(r"\b([a-z_]+)\b(?=:|,|})", example_text()))
    missing = {str(path[-1]) for path in keys()} - words
    assert missing == set()


def test_what_is_commented_out_is_right_too() -> None:
    """Each line of an optional key is let in; those of one section that is left out come together."""
    text = OPTIONAL.sub(lambda line: f"{line[1]}{line[2]}{line[3]}", example_text())
    assert text != example_text()
    spec = load(text).spec
    assert spec.ssh.user == "deploy"
    assert spec.playground.network == "127.108.0.0/16"
    assert spec.app.workers.health == "none"
    assert spec.app.env["LOG_LEVEL"] == "info"


def test_defaults_in_its_comments_are_the_defaults() -> None:
    given = load_text(example_text()).spec
    text = OPTIONAL.sub(lambda line: f"{line[1]}{line[2]}{line[3]}", example_text())
    opened = load(text).spec
    for key in (
        "read_timeout",
        "websocket_timeout",
        "shutdown_timeout",
        "max_fails",
        "fail_timeout",
        "keepalive",
    ):
        assert getattr(opened.proxy, key) == getattr(given.proxy, key), key
    assert opened.app.health == given.app.health
    assert opened.proxy.not_found == given.proxy.not_found
    assert opened.playground.port == given.playground.port
    assert (opened.database.replica_set, opened.database.name) == (
        given.database.replica_set,
        given.database.name,
    )


def test_another_name() -> None:
    text = init_text("my-shop")
    spec = load(text).spec
    assert (spec.name, spec.database.replica_set, spec.database.name) == ("my-shop", "my-shop", "my_shop")
    assert "# replica_set: my-shop " in text
    assert "# name: my_shop " in text
    assert "command: corral-noticeboard" in text
    assert init_text("noticeboard") == example_text()
    assert build(spec, direct_placement(spec), load(text).directory).name == "my-shop"


@pytest.mark.parametrize("name", ["", "My", "a b", "1a", "a" * 31, "a\n"])
def test_names_that_no_cluster_has(name: str) -> None:
    with pytest.raises(InvalidFile):
        init_text(name)
