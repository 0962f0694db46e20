"""What is on the hosts, judged by the programs that it is for, by systemd, and by an ordinary user who looks around."""

from __future__ import annotations

from tests.lab import judges
from tests.lab.harness import LabCluster

WIDEST = {"mongod": 1.5, "app": 1.5, "nginx": 2.7, "keepalived": 2.7}
"""docs/hosts.md has the same figures."""


def program_of(unit: str, cluster: LabCluster) -> str:
    return unit.removeprefix(f"corral-{cluster.name}-").removesuffix(".service").partition("@")[0]


def test_systemd_finds_nothing_wrong(board: LabCluster, pair: LabCluster) -> None:
    for cluster in (board, pair):
        files = cluster.everywhere(lambda host, cluster=cluster: "\n".join(judges.unit_files(cluster, host)))  # type: ignore[misc]
        assert sum(map(bool, files.values())) == {"board": 4, "pair": 4}[cluster.name]
        for host, names in files.items():
            if names:
                assert judges.what_systemd_says(cluster, host) == "", host


def test_units_are_as_tight_as_they_are_said_to_be(board: LabCluster, pair: LabCluster) -> None:
    worst: dict[str, float] = {}
    for cluster in (board, pair):
        for host in cluster.spec["hosts"]:
            for unit, score in judges.exposure(cluster, host).items():
                program = program_of(unit, cluster)
                worst[program] = max(worst.get(program, 0.0), score)
    print("exposure by systemd-analyze security:", *(f"{name} {score}" for name, score in sorted(worst.items())))
    assert {name: worst[name] for name in WIDEST} == WIDEST


def test_programs_find_nothing_wrong_with_their_files(board: LabCluster, pair: LabCluster) -> None:
    judged = set()
    for cluster in (board, pair):
        for host in cluster.spec["hosts"]:
            said = judges.what_programs_say(cluster, host)
            assert not any(said.values()), (host, said)
            judged |= {path.rpartition("/")[2].replace(cluster.name, "NAME") for path in said}
    assert judged == {"nginx.conf", "keepalived.conf", "compose.yaml", "corral-NAME.conf", "corral-NAME"}


def test_everything_listens_where_it_must_and_nowhere_else(board: LabCluster, pair: LabCluster) -> None:
    """P14 and D09: instances on the host's own address, mongod there and on 127.0.0.1."""
    for host, address in board.spec["hosts"].items():
        found = {(listener.address, listener.port) for listener in judges.listeners(board, host)}
        wanted = {
            "proxy": {(address, 80)},
            "app": {(address, port) for port in range(5040, 5045)},
            "db": {(address, 27017), ("127.0.0.1", 27017)},
            "time": set(),
        }[host.partition("-")[0]]
        worker = {(address, 5140)} if host == "app-108" else set()
        assert found == wanted | worker, host
    for host, address in pair.spec["hosts"].items():
        found = {(listener.address, listener.port) for listener in judges.listeners(pair, host)}
        wanted = {
            "proxy": {("0.0.0.0", 80)},  # noqa: S104 - the address that moves is on one of them only
            "app": {(address, port) for port in range(5040, 5043)},
            "db": {(address, 27017), ("127.0.0.1", 27017)},
        }[host.partition("-")[0]]
        assert found == wanted, host


def test_files_belong_to_whom_they_must(board: LabCluster, pair: LabCluster) -> None:
    """As the table in docs/hosts.md has it."""
    database = judges.modes(board, "db-216")
    assert database["/etc/corral/board/keyfile"] == "400 corral-board-db"
    assert database["/etc/corral/board/mongod.conf"] == "644 root"
    assert database["/var/lib/corral/board/mongod"] == "700 corral-board-db"
    proxy = judges.modes(board, "proxy-100")
    assert proxy["/etc/corral/board/nginx.conf"] == "600 root"
    assert proxy["/etc/logrotate.d/corral-board"] == "644 root"
    app = judges.modes(board, "app-108")
    assert app["/etc/corral/board/compose.yaml"] == "644 root"
    assert app["/etc/corral/board/instances/app-108-5040.yaml"] == "600 root"
    moving = judges.modes(pair, "proxy-1")
    assert moving["/etc/corral/pair/keepalived.conf"] == "600 root"
    assert moving["/etc/corral/pair/check-proxy"] == "755 root"
    services = judges.modes(pair, "app-1")
    assert services["/etc/corral/pair/instances/app-1-5040.sh"] == "600 corral-pair-app"
    for cluster in (board, pair):
        for host in cluster.spec["hosts"]:
            for path, mode in judges.modes(cluster, host).items():
                assert mode.split()[0][-1] in "0145", f"{path} on {host} can be written by everybody: {mode}"


def test_a_secret_that_everybody_can_read_would_be_found(pair: LabCluster) -> None:
    leaks = judges.Leaks(pair, ["made-up-by-this-test"])
    pair.sh("db-1", "echo x=made-up-by-this-test >/etc/corral/pair/leak; echo made-up-by-this-test >/var/log/leak")
    try:
        assert sorted(leaks.on("db-1")) == ["/etc/corral/pair/leak", "/var/log/leak", "/var/log/leak"]
    finally:
        pair.on("db-1", "rm", "/etc/corral/pair/leak", "/var/log/leak")


def test_no_secret_can_be_read_by_everybody(board: LabCluster, pair: LabCluster) -> None:
    for cluster in (board, pair):
        leaks = judges.Leaks(cluster, list(cluster.secrets().values()))
        assert len(leaks.values) == 7
        for host in cluster.spec["hosts"]:
            assert leaks.on(host) == [], host
        kept = [path for path in cluster.store.rglob("*") if path.is_file() and path.name != "secrets.yaml"]
        assert kept
        for path in kept:
            assert not [value for value in leaks.values if value in path.read_text()], path
