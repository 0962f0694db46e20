"""A lab's addresses never are another's."""

from __future__ import annotations

from typing import Any

import pytest

from lab.errors import LabError
from lab.network import check
from lab.table import bridge_of, table


def route(destination: str, device: str = "eth0") -> dict[str, Any]:
    return {"dst": destination, "dev": device}


@pytest.mark.parametrize("destination", ["10.108.0.0/24", "10.0.0.0/8", "10.108.0.77", "10.108.0.128/25"])
def test_a_route_that_meets_the_network_is_named(destination: str) -> None:
    with pytest.raises(LabError) as caught:
        check(table(), [route("default"), route(destination, "wg0")], {})
    assert "10.108.0.0/24" in caught.value.message
    assert destination in caught.value.message
    assert "wg0" in caught.value.message
    assert "--subnet" in caught.value.hint


@pytest.mark.parametrize("destination", ["default", "0.0.0.0/0", "10.109.0.0/24", "10.107.0.0/16", "192.168.0.0/16"])
def test_other_routes_are_no_matter(destination: str) -> None:
    check(table(), [route(destination)], {})


def test_the_labs_own_route_is_no_matter() -> None:
    check(table(), [route("10.108.0.0/24", table().bridge)], {})


def test_a_route_without_an_interface_counts() -> None:
    with pytest.raises(LabError, match="no interface"):
        check(table(), [{"type": "blackhole", "dst": "10.108.0.0/24"}], {})


def test_another_lab_is_named_with_what_takes_it_down() -> None:
    bridge = bridge_of("other")
    with pytest.raises(LabError) as caught:
        check(table(), [route("10.108.0.0/24", bridge)], {bridge: "other"})
    assert "the lab other" in caught.value.message
    assert "python -m lab down --name other" in caught.value.hint
