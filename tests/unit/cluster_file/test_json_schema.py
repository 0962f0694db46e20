"""The JSON Schema that ships with the package."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from corral.cluster_file.example import example_text
from corral.cluster_file.json_schema import json_schema
from corral.cluster_file.parse import load_text
from corral.cluster_file.show import shown
from corral.cluster_file.tree import keys
from tests.unit.cluster_file.files import SMALL

EXAMPLES = Path(__file__).parents[3] / "examples"
VALIDATOR = Draft202012Validator(json_schema())


def plain(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def test_the_shipped_file_is_up_to_date() -> None:
    """Write it anew with `corral show --schema > src/corral/cluster_file/cluster.schema.json`."""
    shipped = files("corral.cluster_file").joinpath("cluster.schema.json").read_text(encoding="utf-8")
    assert json.loads(shipped) == json_schema()


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(json_schema())


def test_every_key_is_described() -> None:
    schema = json_schema()
    properties = [section["properties"] for section in (schema, *schema["$defs"].values())]
    for key, value in ((key, value) for section in properties for key, value in section.items()):
        assert value.get("description"), key
    assert {path[-1] for path in keys()} == {key for section in properties for key in section}


def test_the_examples_and_what_they_take_away_are_let_in() -> None:
    text = (EXAMPLES / "steedos" / "cluster.yaml").read_text()
    VALIDATOR.validate(plain(text))
    VALIDATOR.validate(
        plain(text.replace("  env:\n", "  env:\n    NODE_ENV:\n").replace("app:\n", "app:\n  health:\n"))
    )
    VALIDATOR.validate(plain((EXAMPLES / "hello" / "cluster.yaml").read_text()))


def test_defaults_are_as_a_file_has_them() -> None:
    definitions = json_schema()["$defs"]
    assert definitions["Proxy"]["properties"]["read_timeout"]["default"] == "1m"
    assert definitions["Proxy"]["properties"]["max_body_size"]["default"] == "100M"
    assert definitions["Ssh"]["properties"]["sudo"]["default"] is False
    assert "default" not in definitions["Workers"]["properties"]["first_port"]
    assert definitions["Proxy"]["properties"]["install"]["default"] == "package"
    assert definitions["App"]["properties"]["release"]["default"] == "none"
    assert "default" not in definitions["Ssh"]["properties"]["port"]
    assert definitions["App"]["required"] == ["hosts"]


@pytest.mark.parametrize("text", [example_text(), SMALL])
def test_files_that_are_right(text: str) -> None:
    VALIDATOR.validate(plain(text))
    VALIDATOR.validate(shown(load_text(text)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: shop", "name: Shop"),
        ("name: shop", "nam: shop"),
        ("hosts: [one]", "hosts: []"),
        ("one: 10.0.0.1", "o_e: 10.0.0.1"),
        ("command: node main.js", "comand: node"),
        ("command: node main.js", "command: node\n  instances: 0"),
        ("command: node main.js", "command: node\n  env: {1A: x}"),
        ("members: [one]", "members: {one: {priorty: 1}}"),
        ("hosts: [one]", "hosts: [one]\n  balance: sticky"),
        ("hosts: [one]", "hosts: [one]\n  read_timeout: 5x"),
    ],
)
def test_files_that_are_not(old: str, new: str) -> None:
    assert old in SMALL
    assert not VALIDATOR.is_valid(plain(SMALL.replace(old, new, 1)))
