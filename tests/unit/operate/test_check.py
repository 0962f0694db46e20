"""`check` judges the file for each place where its cluster may run: no later verb refuses what it has passed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from corral.errors import InvalidFile
from corral.operate.check import check
from corral.operate.where import Where
from corral.places import PlaceName
from corral.places.playground.state import State, state_of
from tests.language import spoken
from tests.unit.cluster_file.files import SMALL

HOSTS_ONLY = "missing-key"
"""The hosts have no image to run; the playground needs none."""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cluster.yaml").write_text(SMALL)
    return tmp_path / "cluster.yaml"


def codes(file: Path | None, on: PlaceName | None = None) -> list[str]:
    return [problem.code for problem in asyncio.run(check(Where(file, on))).problems]


def with_ssh(file: Path) -> None:
    file.write_text(f"{SMALL}ssh: {{user: ops}}\n")


def test_a_file_that_names_no_way_to_its_hosts_is_for_the_playground(file: Path) -> None:
    assert HOSTS_ONLY not in codes(file)


def test_one_that_says_how_they_are_reached_is_for_both(file: Path) -> None:
    with_ssh(file)
    found = codes(file)
    assert HOSTS_ONLY in found
    assert len(found) == len(set(found)), "what both have to say is said once"
    assert set(found) == {*codes(file, "playground"), *codes(file, "hosts")}


def test_the_way_to_one_host_is_enough(file: Path) -> None:
    file.write_text(SMALL.replace("two: 10.0.0.2", "two: {address: 10.0.0.2, ssh: {user: ops}}"))
    assert HOSTS_ONLY in codes(file)


def test_so_is_one_that_runs_on_its_hosts(file: Path) -> None:
    """As the journal beside it tells."""
    (file.parent / ".corral" / "shop" / "journal").mkdir(parents=True)
    assert HOSTS_ONLY in codes(file)


def test_the_user_may_choose_one(file: Path) -> None:
    assert HOSTS_ONLY in codes(file, "hosts")
    with_ssh(file)
    assert HOSTS_ONLY not in codes(file, "playground")


def test_the_example_is_for_the_playground(file: Path) -> None:
    file.unlink()
    begun = state_of("noticeboard")
    begun.prepare()
    begun.add_facts()
    assert set(codes(None)) <= set(codes(None, "playground"))
    with pytest.raises(InvalidFile, match="runs on this machine only"):
        codes(None, "hosts")


def test_in_the_users_language(file: Path) -> None:
    with_ssh(file)
    english = codes(file)
    with spoken("zh"):
        assert codes(file) == english


def test_nobody_needs_the_secrets_for_it(file: Path) -> None:
    """As in a pipeline, which has the file and no key."""
    with_ssh(file)
    state = state_of("shop")
    state.prepare()
    for secrets in (file.parent / ".corral" / "shop" / "secrets.yaml", state.secrets_file):
        secrets.parent.mkdir(parents=True, exist_ok=True)
        secrets.write_text("-----BEGIN AGE ENCRYPTED FILE-----\n")
    assert HOSTS_ONLY in codes(file)


def test_nothing_is_left_behind(file: Path) -> None:
    with_ssh(file)
    codes(file)
    assert sorted(path.name for path in file.parent.iterdir()) == ["cluster.yaml"]
    assert not State(file.parent / "state").root.exists()
