"""`stop`, `start` and `apply --without` on hosts: what rests stays so, after a reboot too; a dead host stops nobody."""

from __future__ import annotations

from tests.lab.harness import LabCluster
from tests.lab.visitors import Visitors


def codes(cluster: LabCluster) -> list[str]:
    return [problem["code"] for problem in cluster.status()["problems"]]


def test_an_instance_in_a_container_rests(board: LabCluster) -> None:
    with Visitors(f"{board.url}/notes") as visitors:
        board.run("stop", "app-108-5040")
    visitors.assert_all_served()
    status = board.status()
    assert (status["state"], codes(board)) == ("healthy", ["left-stopped"])
    assert [row["state"] for row in status["instances"] if row["name"] == "app-108-5040"] == ["stopped"]
    assert board.report("plan", "--exit-code")["stages"] == []
    containers = board.on("app-108", "docker", "ps", "--all", "--format", "{{.Names}}").split()
    assert "corral-board-app-108-5040" not in containers
    board.run("start", "app-108-5040")
    board.until_healthy()
    board.assert_settled()


def test_a_service_rests_through_a_reboot(pair: LabCluster) -> None:
    pair.run("stop", "app-1-5040")
    unit = "corral-pair-app@app-1-5040.service"
    assert pair.property("app-1", unit, "ActiveState") == "inactive"
    pair.lab.reboot("app-1")
    rows = {row["name"]: row["state"] for row in pair.until_healthy()["instances"]}
    assert rows == {"app-1-5040": "stopped", "app-1-5041": "healthy", "app-1-5042": "healthy"}
    pair.apply()
    assert pair.property("app-1", unit, "ActiveState") == "inactive"
    pair.run("start", "app-1-5040")
    assert {row["state"] for row in pair.until_healthy()["instances"]} == {"healthy"}


def test_a_dead_host_is_left_out_and_the_next_apply_finishes_it(board: LabCluster) -> None:
    board.change(app={"env": {"GREETING": "without app-208"}})
    board.lab.kill("app-208")
    try:
        refused = board.run("apply", "--yes", code=3)
        assert "`corral apply --without app-208` carries out the rest" in refused.stderr
        board.apply("--without", "app-208")
        said = board.on("app-108", "docker", "exec", "corral-board-app-108-5041", "printenv", "GREETING")
        assert said.strip() == "without app-208"
    finally:
        board.lab.start("app-208")
    board.until_healthy()
    starts = [action["unit"]["host"] for action in board.planned() if action["kind"] == "start_unit"]
    assert starts == ["app-208"] * 5
    board.apply()
    board.assert_settled()
