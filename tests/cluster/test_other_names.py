"""What was renamed in the file: the cluster, its database's hosts. Nothing begins empty beside what is there."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.cluster.harness import TestCluster

pytestmark = pytest.mark.cluster


def refused(cluster: TestCluster) -> list[tuple[str, str]]:
    done = cluster.run("up", "--detach", "--format", "json", code=1)
    return [
        (each["code"], each["message"]) for each in json.loads(done.stdout)["problems"] if each["severity"] == "error"
    ]


def test_names_in_the_file(tiny: TestCluster) -> None:
    tiny.text = tiny.text.replace("members: [d]", "members: [d, e, f]").replace(
        "d: 10.0.0.4", "d: 10.0.0.4, e: 10.0.0.5, f: 10.0.0.6"
    )
    tiny.file.write_text(tiny.text)
    tiny.up()
    other = tiny.text.replace(f"name: {tiny.name}", f"name: {tiny.name}-2")
    tiny.file.write_text(other)
    assert [code for code, _ in refused(tiny)] == ["name-changed"]
    assert not tiny.root.with_name(f"{tiny.name}-2").joinpath("hosts").exists()

    renamed = tiny.text.replace("e: 10.0.0.5, f:", "east: 10.0.0.5, fast:").replace("[d, e, f]", "[d, east, fast]")
    tiny.file.write_text(renamed)
    running = refused(tiny)
    assert [code for code, _ in running] == ["data-left-behind", "data-left-behind"]
    assert "those of its member are in the directory of e" in running[0][1]
    tiny.file.write_text(tiny.text)
    tiny.run("down")
    tiny.file.write_text(renamed)
    assert refused(tiny) == running
    assert not (tiny.root / "hosts" / "east" / "data").exists()

    tiny.file.write_text(other)
    done = tiny.run("plan", "--on", "playground")
    assert f"carried out as the cluster {tiny.name}, whose data are still here" in done.stderr
    tiny.file.write_text(tiny.text)
    tiny.up()


def test_a_port_of_another_cluster_is_told_by_its_name(tiny: TestCluster) -> None:
    """Another file, with the same addresses."""
    tiny.up()
    directory = tiny.directory / "second"
    directory.mkdir()
    text = tiny.text.replace(f"name: {tiny.name}", f"name: {tiny.name}-2")
    second = replace(tiny, directory=directory, name=f"{tiny.name}-2", text=text)
    try:
        found = refused(second)
        assert {code for code, _ in found} == {"port-taken"}
        assert all(f"of your cluster {tiny.name}." in message for _, message in found), found
    finally:
        second.end()
