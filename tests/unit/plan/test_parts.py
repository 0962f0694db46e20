"""Parts of a plan, its end, and what it was made from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corral.model.identity import read_back
from corral.model.only import Only, hosts_of
from corral.model.resources import File, FileRecord, FoundUnit, Observed, digest
from corral.model.software import Package, Stage
from corral.plan.actions import Plan, RemoveFile, RemoveTree, WriteFile
from corral.plan.basis import SET, basis_of, changed_since
from corral.plan.diff import leftover_files, raw_digest
from corral.plan.effects import effects
from corral.plan.order import make_plan
from corral.plan.part import part_of
from corral.plan.restart import restart_plan
from corral.plan.retire import DATABASE, retire_plan
from tests.unit.plan.cluster_of import REFERENCE, cluster_of, desired_of, in_place, kept_here, with_unit

CLUSTER = cluster_of(REFERENCE)
DESIRED = desired_of(REFERENCE)
WHOLE = in_place(DESIRED)
FIRST = make_plan("ref", DESIRED, Observed())
DRAINED = REFERENCE.replace("interval: 1s}", "interval: 1s}, stop: {drain: 5s}")


def only(*, hosts: str = "", stages: str = "") -> Only:
    return Only(frozenset(hosts.split()), frozenset(stages.split()))


def test_everything_is_the_plan_itself() -> None:
    assert part_of(FIRST, only(), CLUSTER) is FIRST
    assert hosts_of(only(), CLUSTER) == {"p", "a", "b", "d1", "d2", "d3"}


def test_a_host_is_all_that_happens_on_it() -> None:
    part = part_of(FIRST, only(hosts="a"), CLUSTER)
    assert {action.host for action in part.actions()} == {"a"}
    assert [action for action in FIRST.actions() if action.host == "a"] == list(part.actions())
    assert hosts_of(only(hosts="a"), CLUSTER) == {"a"}


def test_a_member_brings_the_replica_set_with_it() -> None:
    part = part_of(FIRST, only(hosts="d2"), CLUSTER)
    assert {action.host for action in part.actions()} == {"d2", ""}
    assert "replica set ref" in [action.id for action in part.actions()]


@pytest.mark.parametrize(
    ("stage", "hosts"),
    [("database", {"d1", "d2", "d3"}), ("application", {"a", "b"}), ("proxy", {"p"})],
)
def test_a_stage_is_all_of_its_hosts(stage: str, hosts: set[str]) -> None:
    part = part_of(FIRST, only(stages=stage), CLUSTER)
    assert [each.name for each in part.stages] == [stage]
    assert {action.host for action in part.actions()} - {""} == hosts == hosts_of(only(stages=stage), CLUSTER)


def test_clocks_are_everywhere() -> None:
    assert hosts_of(only(stages="time"), CLUSTER) == {host.name for host in CLUSTER.hosts}


def test_what_has_left_the_file_is_stopped_on_the_chosen_hosts_alone() -> None:
    gone = replace(
        WHOLE,
        units=(
            *WHOLE.units,
            FoundUnit(read_back("a", "a-5045"), "running"),
            FoundUnit(read_back("b", "b-5045"), "running"),
        ),
    )
    plan = make_plan("ref", DESIRED, gone)
    assert [action.id for action in part_of(plan, only(hosts="b"), CLUSTER).actions()] == ["unit b-5045"]
    assert part_of(plan, only(stages="application"), CLUSTER).changes == 0


def test_a_member_gives_up_its_vote_before_it_is_stopped() -> None:
    """Of a set of three, two leave: stopped with their votes, they would take the majority with them."""
    wider = in_place(desired_of(REFERENCE.replace("d3: {}}", "d3: {}, a: {}, b: {}}")))
    ids = [action.id for action in part_of(make_plan("ref", DESIRED, wider), only(hosts="a b"), CLUSTER).actions()]
    assert ids.index("replica set ref") < ids.index("unit mongod.a") < ids.index("unit mongod.b")
    complete = replace(wider, replica_set=WHOLE.replica_set)
    plan = part_of(make_plan("ref", DESIRED, complete), only(hosts="a"), CLUSTER)
    assert [action.id for action in plan.actions() if action.id.startswith(("replica", "unit mongod"))] == [
        "unit mongod.a"
    ]


def moved_worker() -> Plan:
    moved = REFERENCE.replace("workers: {instances: 1}", "workers: {instances: 1, hosts: [b]}")
    return make_plan("ref", desired_of(moved), WHOLE)


def test_a_worker_that_moves_stops_where_it_was_before_it_starts() -> None:
    part = part_of(moved_worker(), only(hosts="b"), CLUSTER)
    units = [action.summary for action in part.actions() if "worker" in action.id and action.id.startswith("unit ")]
    assert units == ["stop a-worker-5140 (no longer in the cluster file)", "start b-worker-5140 (new)"]
    assert {action.host for action in part.actions()} == {"a", "b"}


def test_a_worker_that_starts_elsewhere_is_not_started_along() -> None:
    part = part_of(moved_worker(), only(hosts="a"), CLUSTER)
    assert [action.id for action in part.actions() if action.id.startswith("unit ")] == ["unit a-worker-5140"]
    assert part_of(moved_worker(), only(hosts="d1"), CLUSTER).changes == 0


def test_an_instance_that_the_proxies_may_know_of_is_not_stopped() -> None:
    """Until the proxies are in the part; what else has left the file on that host waits with it."""
    six = in_place(desired_of(REFERENCE.replace("instances: 5", "instances: 6")))
    plan = make_plan("ref", DESIRED, six)
    assert part_of(plan, only(hosts="b"), CLUSTER).changes == 0
    ids = [action.id for action in part_of(plan, only(hosts="b p"), CLUSTER).actions()]
    assert ids.index("unit nginx.p") < ids.index("unit b-5045")
    assert "unit a-5045" not in ids


def test_the_end_begins_at_the_front() -> None:
    """Nobody is sent to an instance that is gone, and no instance loses its database."""
    keepalived = FoundUnit(read_back("p", "keepalived.p"), "running")
    trees = (RemoveTree("d1", "/var/lib/corral/ref", DATABASE),)
    plan = retire_plan("ref", replace(WHOLE, units=(*WHOLE.units, keepalived)), trees)
    [stage] = plan.stages
    assert stage.name == "retire"
    waves = [[action.id for action in wave] for wave in stage.waves]
    assert waves[0] == ["unit keepalived.p"]
    assert waves[1] == ["unit nginx.p"]
    assert len(waves[2]) == 11
    assert waves[3] == ["unit mongod.d1", "unit mongod.d2", "unit mongod.d3"]
    assert set(waves[4]) == {f"file {file.path} on {file.host}" for file in WHOLE.files}
    assert waves[5] == ["tree /var/lib/corral/ref on d1"]
    assert list(effects(plan))[-1] == "DELETES the database of d1"
    assert Plan.from_json(plan.to_json()) == plan


def test_of_nothing_there_is_no_end() -> None:
    assert retire_plan("ref", Observed(), ()).changes == 0


def test_removed_files_are_taken_in_too() -> None:
    paths = ("/etc/systemd/system/corral-ref-nginx.service", "/etc/chrony/conf.d/corral-ref.conf", "/etc/corral/ref/x")
    files = tuple(replace(WHOLE.files[0], path=path) for path in paths)
    actions = retire_plan("ref", Observed(files=files), ()).stages[0].waves[0]
    assert [getattr(action, "after", None) for action in actions] == [
        (("systemctl", "daemon-reload"),),
        (("systemctl", "try-restart", "chrony.service"),),
        (),
    ]


def test_a_removal_that_nobody_has_taken_in_is_gone_on_with() -> None:
    """A run was cut off after the file went: what is left of it is its note."""
    chrony = "/etc/chrony.d/corral-ref.conf"
    wanted = DESIRED.files[0]
    records = (
        FileRecord("a", chrony, "abc", pending=True),
        FileRecord("b", chrony, "abc"),
        FileRecord("a", "/etc/corral/ref/x", "abc", pending=True),
        FileRecord(wanted.host, wanted.path, "abc", pending=True),
    )
    again = RemoveFile("a", chrony, "", (("systemctl", "try-restart", "chronyd.service"),))
    assert leftover_files(DESIRED, Observed(written=records)) == [again]
    assert again in retire_plan("ref", Observed(written=records), ()).actions()
    still = replace(wanted, host="a", path=chrony)
    [removal] = leftover_files(DESIRED, Observed(files=(still,), written=records))
    assert removal.before == raw_digest(still), "it is there: the run was cut off before it went"


def restarted(text: str, observed: Observed, *names: str) -> list[list[str]]:
    plan = restart_plan("ref", desired_of(text), observed, names)
    return [[action.summary for action in wave] for stage in plan.stages for wave in stage.waves]


def test_a_restart_is_of_what_was_asked_for() -> None:
    assert restarted(REFERENCE, WHOLE, "a-5040", "d-nobody") == [
        ["have nginx.p send nothing to a-5040, b-5040"],
        ["restart a-5040 (asked for)"],
        ["have nginx.p send requests to all again"],
    ]
    assert restarted(REFERENCE, WHOLE) == []


def test_the_primary_restarts_last() -> None:
    waves = restarted(REFERENCE, WHOLE, "mongod.d1", "mongod.d2", "mongod.d3")
    assert waves == [
        ["restart mongod.d2 (asked for)"],
        ["restart mongod.d3 (asked for)"],
        ["restart mongod.d1 (asked for; it is the primary, so another one is elected)"],
    ]


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (
            ["d1", "d2"],
            "restarts mongod.d2, mongod.d1, one after the other, the primary last: then another one is elected",
        ),
        (["d1"], "restarts mongod.d1, the primary: then another one is elected"),
        (["d2", "d3"], "restarts mongod.d2, mongod.d3, one after the other"),
        (["d3"], "restarts mongod.d3"),
    ],
)
def test_an_election_is_announced_where_there_is_one(names: list[str], sentence: str) -> None:
    desired, units = desired_of(REFERENCE), [f"mongod.{name}" for name in names]
    plan = restart_plan("ref", desired, WHOLE, units)
    assert list(effects(plan)) == [sentence]


def test_what_a_restart_means_for_those_who_hold_something_open_is_said() -> None:
    plan = restart_plan("ref", desired_of(REFERENCE), WHOLE, ["a-5040"])
    assert list(effects(plan)) == [
        "restarts a-5040",
        "meanwhile the proxies send nothing to 2 instances at a time; none is reloaded for it",
        "open websockets end with their instance; whether they are told why is its application's business",
    ]


@pytest.mark.parametrize(("version", "said"), [((1, 27, 3), True), ((1, 27, 4), False), (None, True)])
def test_what_a_reload_of_an_older_nginx_costs_is_said(version: tuple[int, int, int] | None, said: bool) -> None:
    desired = desired_of(REFERENCE.replace("hosts: [p]", "hosts: [p], read_timeout: 5s"), nginx=version)
    sentences = list(effects(make_plan("ref", desired, in_place(desired_of(REFERENCE, nginx=version)))))
    assert sentences[0] == "reloads nginx.p once"
    assert any("a POST that is sent just then is lost" in each for each in sentences) is said


def test_instances_restart_while_the_proxies_leave_them_alone() -> None:
    waves = restarted(DRAINED, in_place(desired_of(DRAINED)), "a-5040", "b-5040")
    kinds = [sorted({summary.split()[0] for summary in wave}) for wave in waves]
    assert kinds == [["have"], ["restart"], ["have"]]


PAIR = DRAINED.replace("hosts: [p]", "hosts: [p, d1]")
FIVE = in_place(desired_of(PAIR))


def test_a_proxy_that_is_down_keeps_nobody_from_being_left_alone_by_the_other() -> None:
    found = with_unit(FIVE, "nginx.d1", state="stopped")
    assert restarted(PAIR, found, "a-5040") == [
        ["have nginx.p send nothing to a-5040, b-5040"],
        ["restart a-5040 (asked for)"],
        ["have nginx.p send requests to all again"],
    ]


def test_those_whom_a_cut_off_run_has_left_out_are_back_before_others_restart_undrained() -> None:
    """The proxy differs from the file, so it isn't steered otherwise."""
    found = with_unit(in_place(desired_of(DRAINED)), "nginx.p", out=("a-5040", "b-5040"))
    other = DRAINED.replace("hosts: [p]", "hosts: [p], read_timeout: 5s")
    assert restarted(other, found, "b-5044") == [
        ["have nginx.p send requests to all again"],
        ["restart b-5044 (asked for)"],
    ]


def summaries(plan: Plan) -> list[str]:
    return [each.summary for each in plan.actions() if not isinstance(each, WriteFile)]


def test_what_has_left_the_file_runs_on_while_a_proxy_that_is_left_out_knows_of_it() -> None:
    """With a new version the proxies are reloaded before the instances restart, which is no stage of their own."""
    six = in_place(desired_of(PAIR.replace("instances: 5", "instances: 6")))
    plan = make_plan("ref", desired_of(PAIR.replace('"1.0"', '"1.1"')), six)
    assert "stop a-5045 (no longer in the cluster file)" in summaries(plan)
    told = summaries(part_of(plan, Only(without=frozenset(["d1"])), kept_here(PAIR)))
    assert "reload nginx.p (its configuration changed)" in told
    assert not [each for each in told if each.startswith("stop ")]


def test_a_group_that_was_left_out_is_back_whatever_part_is_applied() -> None:
    found = with_unit(in_place(desired_of(DRAINED)), "nginx.p", out=("a-5040", "b-5040"))
    for name in ("b-5041", "b-5043"):
        found = with_unit(found, name, revision="")
    plan = make_plan("ref", desired_of(DRAINED), found)
    assert summaries(part_of(plan, Only(without=frozenset(["b"])), kept_here(DRAINED))) == [
        "have nginx.p send requests to all again"
    ]


def test_the_group_that_an_earlier_run_has_left_out_is_the_first() -> None:
    """Its instances may answer errors, which nginx doesn't ask another one about."""
    found = with_unit(in_place(desired_of(DRAINED)), "nginx.p", out=("a-5042", "b-5042"))
    told = summaries(make_plan("ref", desired_of(DRAINED.replace('"1.0"', '"1.1"')), found))
    assert told[0] == "restart a-5042 (its configuration changed)"
    assert told[2] == "have nginx.p send nothing to a-5040, b-5040"


def test_one_that_starts_just_before_counts_as_one_to_go_to() -> None:
    text = DRAINED.replace("instances: 5", "instances: 1")
    found = with_unit(in_place(desired_of(text)), "b-5040", state="failed")
    told = summaries(make_plan("ref", desired_of(text.replace('"1.0"', '"1.1"')), found))
    assert told[0].startswith("start b-5040")
    assert told[1:3] == [
        "have nginx.p send nothing to a-5040",
        "restart a-5040 (its configuration changed)",
    ]


def test_the_last_one_that_runs_is_restarted_without_keeping_its_visitors_away_first() -> None:
    text = DRAINED.replace("instances: 5", "instances: 1")
    alone = with_unit(in_place(desired_of(text)), "b-5040", state="failed")
    assert restarted(text, alone, "a-5040") == [["restart a-5040 (asked for)"]]


def test_what_else_differs_from_the_file_stays_as_it_is() -> None:
    """A proxy whose configuration isn't the file's is left as it is: a reload would bring that into force."""
    other = DRAINED.replace("hosts: [p]", "hosts: [p], read_timeout: 5s").replace('"1.0"', '"1.1"')
    found = with_unit(in_place(desired_of(DRAINED)), "b-5044", state="failed")
    assert restarted(other, found, "a-5040") == [["restart a-5040 (asked for)"]]


def test_what_does_not_run_is_started_by_a_restart() -> None:
    assert restarted(REFERENCE, with_unit(WHOLE, "a-5040", state="stopped"), "a-5040") == [["start a-5040 (asked for)"]]


def test_nothing_is_restarted_where_nothing_runs() -> None:
    """Somebody has stopped the cluster; a restart of a part would start that part."""
    stopped = replace(WHOLE, units=tuple(replace(unit, state="stopped") for unit in WHOLE.units))
    assert restarted(REFERENCE, stopped, "a-5040") == []


def test_an_instance_of_which_nothing_is_there_is_not_started_by_a_restart() -> None:
    """It has no definition yet: that is for apply."""
    more = REFERENCE.replace("hosts: [a, b]", "hosts: [a, b, d1]")
    assert more != REFERENCE
    assert restarted(more, WHOLE, "d1-5040") == []


@pytest.mark.parametrize(
    ("path", "stage", "names", "asked"),
    [
        ("/etc/corral/ref/instances/a-5040.sh", "application", ["a-5040"], True),
        ("/etc/corral/ref/instances/a-5041.sh", "application", ["a-5040"], False),
        ("/etc/corral/ref/compose.yaml", "application", ["a-5040"], True),
        ("/etc/corral/ref/nginx.conf", "proxy", ["a-5040"], False),
    ],
)
def test_a_restart_tells_what_it_brings_into_force(path: str, stage: Stage, names: list[str], asked: bool) -> None:
    """Files that were changed by hand: those that a unit that is restarted may read."""
    desired = desired_of(REFERENCE)
    file = File("a", path, "as it should be", stage=stage)
    found = replace(file, content="by hand", raw=digest("by hand"))
    written = FileRecord("a", path, digest("as it should be"))
    observed = replace(WHOLE, files=(*WHOLE.files, found), written=(*WHOLE.written, written))
    wanted = replace(desired, files=(*desired.files, file))
    plan = restart_plan("ref", wanted, observed, names)
    assert plan.by_hand == ((("a", path),) if asked else ())


def based(observed: Observed) -> Plan:
    plan = make_plan("ref", desired_of(REFERENCE.replace('"1.0"', '"1.1"')), observed)
    return replace(plan, basis=basis_of(observed, [host.name for host in CLUSTER.hosts]))


def test_a_plan_fits_as_long_as_nothing_changes() -> None:
    assert changed_since(based(WHOLE), WHOLE) == []
    assert {name for name, _ in based(WHOLE).basis} == {"p", "a", "b", "d1", "d2", "d3", SET}


def test_what_changes_by_itself_does_not_count() -> None:
    """Among it a directory: the run's own lock makes one."""
    anew = tuple(replace(unit, pid=unit.pid + 1, proven=False) for unit in WHOLE.units)
    found = replace(WHOLE.replica_set, primary="10.0.0.5:27017")
    later = replace(WHOLE, units=anew, replica_set=found, directories=())
    assert changed_since(based(WHOLE), later) == []


def test_a_unit_that_dies_again_and_again_does_not_count() -> None:
    """As after a first start that failed: systemd tries on, and each look may find it alive or dead."""
    looks = [
        replace(WHOLE, units=tuple(replace(unit, revision="", state=state) for unit in WHOLE.units))
        for state in ("failed", "starting", "running")
    ]
    assert all(changed_since(based(first), second) == [] for first in looks for second in looks)


@pytest.mark.parametrize(
    "change",
    [
        {"files": tuple(replace(f, content=f"{f.content}#") if f.host == "a" else f for f in WHOLE.files)},
        {"files": tuple(replace(f, mode=0o640) if f.host == "a" else f for f in WHOLE.files)},
        {"units": tuple(replace(u, revision="x") if u.host == "a" else u for u in WHOLE.units)},
        {"units": tuple(replace(u, state="failed") if u.host == "a" else u for u in WHOLE.units)},
        {"software": (Package("a", "nginx"),)},
        {"written": (FileRecord("a", "/x", "1"),)},
    ],
    ids=["content", "mode", "revision", "state", "software", "record"],
)
def test_another_host_than_the_plan_saw(change: dict[str, object]) -> None:
    later = replace(WHOLE, **change)  # type: ignore[arg-type] # any field
    assert "a" in changed_since(based(WHOLE), later)


def test_a_host_that_the_plan_leaves_alone_may_change() -> None:
    later = replace(WHOLE, software=(Package("d1", "htop"), Package("d2", "htop")))
    assert changed_since(based(WHOLE), later) == []


def test_another_replica_set_than_the_plan_saw() -> None:
    plan = replace(FIRST, basis=basis_of(Observed(), ["a"]))
    assert changed_since(plan, Observed()) == []
    assert changed_since(plan, Observed(replica_set=WHOLE.replica_set)) == [SET]


def test_what_a_plan_means_for_people() -> None:
    assert list(effects(make_plan("ref", DESIRED, WHOLE))) == []
    said = list(effects(FIRST))
    assert said[0].startswith("starts mongod.d1, mongod.d2, mongod.d3, a-5040, a-5041, a-5042 and ")
    assert said[-1] == "changes the replica set ref in 2 steps"
    changed = REFERENCE.replace('"1.0"', '"1.1"').replace("election_timeout: 10s", "cache_size: 1G")
    said = list(effects(make_plan("ref", desired_of(changed), WHOLE)))
    assert said[0].startswith("restarts a-5040, ")
    assert said[1].startswith("restarts mongod.d2, mongod.d3, mongod.d1, one after the other")
