"""Which place a verb means when nobody says it: the table of decision 10."""

from __future__ import annotations

from pathlib import Path

import pytest

from corral.cluster_file.parse import load_file
from corral.places import place_of, recorded_place_of
from corral.places.hosts.store import store_of
from corral.places.playground.state import state_of
from tests.free_addresses import unique_name

FILE = """\
name: {name}
hosts: {{one: 10.0.0.1}}
proxy: {{hosts: [one]}}
app: {{command: serve, hosts: [one]}}
database: {{members: [one]}}
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cluster file that nobody else has, and a home for what is kept of it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    file = tmp_path / "cluster.yaml"
    file.write_text(FILE.format(name=unique_name()))
    return file


@pytest.mark.parametrize(
    ("ssh", "kept", "applied", "looks", "looks_at_records"),
    [
        (False, False, False, "playground", "playground"),
        (True, False, False, "playground", "hosts"),
        (True, True, False, "playground", "playground"),
        (True, True, True, "hosts", "hosts"),
        (False, True, True, "hosts", "hosts"),
    ],
)
def test_a_verb_means_the_place_where_its_cluster_is(
    file: Path, ssh: bool, kept: bool, applied: bool, looks: str, looks_at_records: str
) -> None:
    if ssh:
        file.write_text(f"{file.read_text()}ssh: {{user: deploy}}\n")
    loaded = load_file(file)
    if kept:
        state_of(loaded.spec.name).root.mkdir(parents=True)
    if applied:
        store_of(loaded).journal.mkdir(parents=True)
    assert (place_of(loaded, None), recorded_place_of(loaded, None)) == (looks, looks_at_records)
    assert recorded_place_of(loaded, "playground") == "playground"
