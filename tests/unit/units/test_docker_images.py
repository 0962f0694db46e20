"""Images, and those that containers were made from, as docker tells of them."""

from __future__ import annotations

import json

import pytest

from corral.units.docker_inspect import found_containers, image_id
from tests.unit.units.test_compose import AT, ID, row


@pytest.mark.parametrize(
    ("column", "image"), [("", ""), ("\tnull", ""), ('\t"sha256:78d4"', "78d4"), ('\t"78d4"', "78d4")]
)
def test_the_image_that_a_container_was_made_from(column: str, image: str) -> None:
    """Corral 0.1.0 didn't ask for it."""
    [unit] = found_containers("one", {ID: "one-5001"}, [f"{row()}{column}"], AT + 60)
    assert unit.image == image


def test_what_is_told_of_others_is_no_state() -> None:
    described = f"{ID}\tcorral-shop\tone-5001\t/corral-shop-one-5001\t{{}}"
    assert found_containers("one", {ID: "one-5001"}, [described], AT + 60) == ()


@pytest.mark.parametrize(
    ("name", "tags", "known"),
    [
        ("shop:1.2", ["shop:1.2"], True),
        ("docker.io/library/shop:1.2", ["shop:1.2"], True),
        ("shop", ["shop:latest"], True),
        ("registry:5000/shop", ["registry:5000/shop:latest"], True),
        ("shop:1.2", ["shop:1.3"], False),
        ("shop:1.2", ["workshop:1.2"], False),
        ("workshop:1.2", ["shop:1.2"], False),
        ("example.com/shop:1.2", ["shop:1.2"], False),
        ("shop@sha256:0123", [], True),
    ],
)
def test_the_image_that_is_asked_for(name: str, tags: list[str], known: bool) -> None:
    for more in ("", "\tnull"):
        lines = [row(), f"sha256:78d482\tnull\tnull\t{json.dumps(tags)}{more}"]
        assert image_id(name, lines) == ("78d482" if known else "")
