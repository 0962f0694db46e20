"""Whose a lab is, and when it may be taken away."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab import labs
from lab.errors import LabError
from lab.places import CHECKOUT
from lab.table import Host


def found(checkout: Path, state: str = "running") -> labs.Found:
    return labs.Found("corral-lab", Host("a-1", "10.108.0.11"), str(checkout), "full", state, "corral-lab-a-1")


def test_docker_s_row_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    marks = {"lab": "corral-lab", "host": "a-1", "address": "10.108.0.11", "kind": "full", "checkout": "/some/where"}
    text = ",".join(f"corral-lab.{key}={value}" for key, value in marks.items())
    row = {"Labels": f"other=1,{text}", "State": "running", "Names": "corral-lab-a-1"}
    monkeypatch.setattr(labs, "rows", lambda *_words: [row])
    assert labs.everything() == [found(Path("/some/where"))]
    assert labs.of("another") == []


@pytest.mark.parametrize("state", ["running", "exited", "created"])
def test_a_lab_of_ours_is_never_abandoned(state: str) -> None:
    assert not labs.is_abandoned([found(CHECKOUT, state)])
    labs.refuse_anothers([found(CHECKOUT, state)])


def test_anothers_that_runs_is_refused_with_the_way_out(tmp_path: Path) -> None:
    hosts = [found(tmp_path), found(tmp_path, "exited")]
    assert not labs.is_abandoned(hosts)
    with pytest.raises(LabError) as caught:
        labs.refuse_anothers(hosts)
    assert str(tmp_path) in caught.value.message
    assert "python -m lab down --name corral-lab" in caught.value.hint


def test_anothers_of_which_nothing_runs_gives_up_its_name_and_is_no_orphan(tmp_path: Path) -> None:
    hosts = [found(tmp_path, "exited")]
    assert labs.is_abandoned(hosts)
    assert not labs.is_orphan(hosts)


def test_a_lab_without_its_checkout_is_an_orphan_even_while_it_runs(tmp_path: Path) -> None:
    assert labs.is_orphan([found(tmp_path / "gone")])
    assert labs.is_abandoned([found(tmp_path / "gone")])


def test_no_hosts_are_nobodys() -> None:
    assert not labs.is_orphan([])
    labs.refuse_anothers([])
