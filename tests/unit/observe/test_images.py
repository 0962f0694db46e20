"""Containers and their image, in the words of the archive that it came from."""

from __future__ import annotations

import pytest

from corral.model.machine import Machine
from corral.model.resources import File
from corral.model.software import Image
from corral.observe.images import loaded_ids, note_path
from corral.observe.machine_parse import machine_in
from corral.observe.question import question_of
from tests.unit.observe.recorded import COMPOSE, stdout, with_files
from tests.unit.plan.cluster_of import cluster_of

STATE = "/var/lib/corral/obs/state"
TAGGED = "78d482c8593180f3eb30210c0c312e548ca3c73fe61c4f9eb96ac6e63c357075"
"""What docker called the image when it was recorded."""
ARCHIVE, OLDER = "a" * 64, "b" * 64


def seen(notes: dict[str, str], image: str = TAGGED) -> Machine:
    """The recorded host, whose containers were made from `image`; `notes` are what was written down, by image name."""
    told = with_files(stdout("app-208"), {note_path(STATE, name): note for name, note in notes.items()})
    before, mark, files = told.partition(b"\036files\n")
    rows = [
        line + f'\t"sha256:{image}"'.encode() if line.count(b"\t") == 3 and b'"Status"' in line else line
        for line in before.split(b"\n")
    ]
    cluster = cluster_of(COMPOSE)
    question = question_of(cluster, cluster.host_by_name["app-208"])
    return machine_in(question, b"\n".join(rows) + mark + files, {})


def images(machine: Machine) -> tuple[set[str], set[str]]:
    """Of the name, and of the containers."""
    software = {each.sha256 for each in machine.owned.software if isinstance(each, Image)}
    return software, {unit.image for unit in machine.owned.units}


def test_without_a_note_both_are_dockers_words() -> None:
    machine = seen({})
    assert images(machine) == ({TAGGED}, {TAGGED})
    assert len(machine.listeners) == len(seen({}, "").listeners), "a row on a state is no container of a port"


@pytest.mark.parametrize(
    ("given", "image", "found"),
    [
        (TAGGED, TAGGED, ({ARCHIVE}, {ARCHIVE})),
        (TAGGED, OLDER, ({ARCHIVE}, {OLDER})),  # loaded, and not restarted yet
        (OLDER, OLDER, ({TAGGED}, {ARCHIVE})),  # somebody has loaded another one since
    ],
)
def test_what_was_loaded_is_known_by_its_archive(given: str, image: str, found: tuple[set[str], set[str]]) -> None:
    machine = seen({"obs-tiny:1": f"{ARCHIVE} {given} obs-tiny:1\n"}, image)
    assert images(machine) == found
    assert machine.owned.files == ()


@pytest.mark.parametrize("note", ["", "\n", "pending\n", f"{ARCHIVE} {TAGGED}\n"])
def test_a_note_that_cannot_be_read_is_none(note: str) -> None:
    assert images(seen({"obs-tiny:1": note})) == ({TAGGED}, {TAGGED})


def test_notes_lie_by_name() -> None:
    first, other = note_path(STATE, "shop:1"), note_path(STATE, "shop:2")
    assert first != other
    files = [
        File("h", first, "a b shop:1\n"),
        File("h", other, "c d shop:2\n"),
        File("h", f"{STATE}/files/x", "e f g\n"),
    ]
    assert loaded_ids(files) == {"b": "a", "d": "c"}
