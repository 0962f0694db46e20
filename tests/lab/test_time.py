"""One time for all hosts, without the rest of the world: the servers agree, and everybody follows them."""

from __future__ import annotations

from tests.lab.harness import A_RUN, LabCluster, until

LOCAL = "7F7F0101"
"""What chronyd calls its own clock as a reference: 127.127.1.1."""


def selected(cluster: LabCluster, host: str) -> list[str]:
    """The source that chronyd on `host` follows, by its address: one, or none yet."""
    rows = [row.split(",") for row in cluster.on(host, "chronyc", "-n", "-c", "sources").splitlines()]
    return [row[2] for row in rows if row[1] == "*"]


def reference(cluster: LabCluster, host: str) -> list[str]:
    """Its reference and its stratum."""
    return cluster.on(host, "chronyc", "-n", "-c", "tracking").split(",")[:3]


def test_two_servers_agree_on_one_of_them(board: LabCluster) -> None:
    """In orphan mode one of them goes by its own clock, and the other follows it."""
    servers = {name: board.lab.addresses[name] for name in board.spec["time"]["servers"]}
    seen = until(
        lambda: {name: reference(board, name) for name in servers},
        lambda found: sorted(row[0] == LOCAL for row in found.values()) == [False, True],
        seconds=A_RUN,
        pause=2,
    )
    [leader] = [name for name, row in seen.items() if row[0] == LOCAL]
    [follower] = [name for name in servers if name != leader]
    assert seen[leader][2] == "10"
    assert seen[follower][1:] == [servers[leader], "11"]


def test_everybody_else_follows_them(board: LabCluster) -> None:
    servers = {board.lab.addresses[name] for name in board.spec["time"]["servers"]}
    others = [host for host in board.spec["hosts"] if host not in board.spec["time"]["servers"]]
    assert len(others) == 5
    for host in others:
        [source] = until(lambda host=host: selected(board, host), bool, A_RUN, pause=1)  # type: ignore[misc]
        assert source in servers, host


def test_nobody_steps_a_clock_without_end(board: LabCluster) -> None:
    """T06: a step in the first updates only, as both Debian's file and Corral's have it."""
    for host in board.spec["hosts"]:
        said = board.sh(host, "grep -rh '^makestep' /etc/chrony")
        assert set(said.splitlines()) <= {"makestep 1.0 3", "makestep 1 3"}, host


def test_verify_measures_the_clocks(board: LabCluster) -> None:
    checks = board.until_verified()
    assert checks["clocks agree"]["seen"].startswith("21 pairs of hosts")
    assert checks["chrony keeps the time"]["seen"].startswith("it follows a time server on all 7 hosts")
