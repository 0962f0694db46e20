"""What real hosts are to hold: who owns what, in which stage, and what makes a process start anew."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corral.desired.assemble import assemble
from corral.desired.systemd_keeper import SystemdKeeper
from corral.model.identity import account, service_of
from corral.model.resources import Desired, Lane
from corral.model.software import Archive, Image, Package, Service
from tests.unit.desired.real_clusters import (
    PAIR,
    REFERENCE,
    changed,
    cluster_of,
    directory_at,
    facts_of,
    file_at,
    units_of,
    wanted,
)

CONFIG = "/etc/corral/shop"


def packages(desired: Desired, host: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """The stage of each package of `host`, and what of it is kept off."""
    found = [each for each in desired.software if isinstance(each, Package) and each.host == host]
    return {package.name: (package.stage, package.keep_off) for package in found}


def software(desired: Desired, kind: type, host: str) -> list[object]:
    return [each for each in desired.software if isinstance(each, kind) and each.host == host]


def test_each_unit_has_a_definition_that_systemd_knows_by_its_name() -> None:
    """Or it is a service of compose.yaml."""
    for text, cluster in ((REFERENCE, "shop"), (PAIR, "pair")):
        desired = wanted(text)
        for unit in desired.units:
            path = "/etc/systemd/system/" + service_of(cluster, unit.id)
            template = path.replace(f"@{unit.name}", "@")
            held = {file.path for file in desired.files if file.host == unit.host}
            if cluster == "shop" and unit.role in ("web", "worker"):
                assert f'"{unit.name}":' in file_at(desired, unit.host, f"{CONFIG}/compose.yaml").content
            else:
                assert {path, template} & held, unit.name
            assert unit.name in dict(desired.gates)


def test_the_key_and_the_data_are_mongods_alone() -> None:
    desired = wanted(REFERENCE)
    key = file_at(desired, "db-217", f"{CONFIG}/keyfile")
    assert (key.content, key.mode, key.owner) == ("${secret:keyfile}\n", 0o400, "corral-shop-db")
    data = directory_at(desired, "db-217", "/var/lib/corral/shop/mongod")
    assert (data.mode, data.owner, data.stage) == (0o700, "corral-shop-db", "database")
    elsewhere = directory_at(wanted(PAIR), "three", "/data/mongo")
    assert (elsewhere.mode, elsewhere.owner) == (0o700, "corral-pair-db")


def test_secrets_lie_in_files_of_their_owner_alone() -> None:
    for text in (REFERENCE, PAIR):
        for file in wanted(text).files:
            if "${secret:" in file.content or "${env:" in file.content:
                assert file.mode & 0o077 == 0, file.path


def test_the_accounts_come_in_the_first_stage_that_needs_one() -> None:
    desired = wanted(PAIR)
    path = "/etc/sysusers.d/corral-pair.conf"
    one, three = file_at(desired, "one", path), file_at(desired, "three", path)
    assert (one.stage, three.stage) == ("database", "database")
    assert one.after == (("systemd-sysusers", path),)
    assert [line.split()[1] for line in three.content.splitlines()[1:]] == ["corral-pair-db"]
    held = {file.host: file.stage for file in wanted(REFERENCE).files if file.path.startswith("/etc/sysusers.d")}
    assert held == {"proxy-100": "proxy", "db-216": "database", "db-217": "database", "db-218": "database"}


def test_the_applications_account_has_one_number_on_all_hosts() -> None:
    """Its files may lie on a storage that all hosts share; a long cluster name changes nothing of that."""
    desired = wanted(changed(PAIR, ("name: pair", "name: a-name-of-thirty-characters-ab")))
    lines = {
        file.host: [line for line in file.content.splitlines() if "Application" in line]
        for file in desired.files
        if file.path.startswith("/etc/sysusers.d")
    }
    assert lines["one"] == lines["two"] != []
    name, number = lines["one"][0].split()[1:3]
    assert name == account("a-name-of-thirty-characters-ab", "app")
    assert 400 <= int(number) < 900


def test_programs_come_as_the_file_says() -> None:
    desired = wanted(REFERENCE)
    assert packages(desired, "db-216") == {
        "chrony": ("time", ()),
        "mongodb-org-server": ("database", ("mongod.service",)),
    }
    assert packages(desired, "proxy-100") == {
        "chrony": ("time", ()),
        "nginx": ("proxy", ("nginx.service",)),
        "logrotate": ("proxy", ()),
    }
    assert packages(desired, "app-108") == {
        "chrony": ("time", ()),
        "docker.io": ("application", ()),
        "docker-compose": ("application", ()),
    }
    assert software(desired, Service, "app-108") == [
        Service("app-108", "chrony.service"),
        Service("app-108", "docker.service"),
    ]
    image = software(desired, Image, "app-108")[0]
    assert isinstance(image, Image)
    assert (image.name, image.source) == ("example.com/shop:1.22.2", "/srv/mine/shop.tar")


def test_red_hats_family_has_its_own_names() -> None:
    desired = wanted(REFERENCE, family="rhel")
    assert set(packages(desired, "app-108")) == {"chrony", "docker-ce", "docker-compose-plugin"}
    assert {p.manager for p in desired.software if isinstance(p, Package)} == {"dnf"}
    assert Service("db-216", "chronyd.service") in desired.software
    conf = file_at(desired, "db-216", "/etc/chrony.d/corral-shop.conf")
    assert conf.after == (("systemctl", "restart", "chronyd.service"),)


@pytest.mark.parametrize(
    ("install", "names"),
    [
        ("{package: docker-ce}", {"docker-ce", "docker-compose-plugin"}),
        ("{package: moby-engine}", {"moby-engine", "docker-compose"}),
        ("none", set()),
    ],
)
def test_docker_comes_as_the_file_says(install: str, names: set[str]) -> None:
    desired = wanted(changed(REFERENCE, ("  runtime: compose\n", f"  runtime: compose\n  install: {install}\n")))
    assert set(packages(desired, "app-208")) - {"chrony"} == names
    assert Service("app-208", "docker.service") in desired.software


def test_archives_lie_below_opt_and_their_programs_are_run() -> None:
    desired = wanted(PAIR)
    paths = {each.path: each for each in software(desired, Archive, "one") if isinstance(each, Archive)}
    assert {path: each.stage for path, each in paths.items()} == {
        "/opt/corral/mongodb-cccccccccccc": "database",
        "/opt/corral/pair/releases/bbbbbbbbbbbb": "application",
        "/opt/corral/nginx-aaaaaaaaaaaa": "proxy",
    }
    units = units_of(desired)
    assert units["mongod.one"].program[0] == "/opt/corral/mongodb-cccccccccccc/bin/mongod"
    assert units["nginx.one"].program[0] == "/opt/corral/nginx-aaaaaaaaaaaa/sbin/nginx"
    assert units["one-5040"].directory == "/opt/corral/pair/releases/bbbbbbbbbbbb/web"
    check = dict(desired.checks)["/etc/corral/pair/nginx.conf"]
    assert (check[0], check[-1]) == ("/opt/corral/nginx-aaaaaaaaaaaa/sbin/nginx", "{}")


def test_programs_that_the_user_sees_to_are_taken_where_they_are() -> None:
    text = changed(
        PAIR,
        (f'{{archive: nginx.tgz, sha256: {"a" * 64}, version: "1.31.3"}}', "none"),
        (f'{{archive: mongodb.tgz, sha256: {"c" * 64}, version: "8.0.4"}}', "none"),
        (f"release: {{archive: app.tgz, sha256: {'b' * 64}}}", "release: none"),
        ("directory: web", "directory: /home/deploy/web"),
    )
    desired = wanted(text, mongod_path="/opt/mongo/mongod", nginx_path="/usr/local/sbin/nginx")
    assert set(packages(desired, "one")) == {"chrony", "logrotate", "keepalived"}
    assert software(desired, Archive, "one") == []
    units = units_of(desired)
    assert units["mongod.one"].program[0] == "/opt/mongo/mongod"
    assert units["nginx.one"].program[0] == "/usr/local/sbin/nginx"
    script = file_at(desired, "one", "/etc/corral/pair/instances/one-5040.sh")
    assert "\ncd /home/deploy/web || exit 1\n" in script.content
    unit = file_at(desired, "one", "/etc/systemd/system/corral-pair-app@.service")
    assert "\nProtectHome=read-only\n" in unit.content


def test_what_a_path_is_made_of_must_be_known() -> None:
    cluster = cluster_of(PAIR)
    unknown = replace(cluster, app=replace(cluster.app, release=replace(cluster.app.release, sha256="")))
    with pytest.raises(ValueError, match=r"the sha256 of /srv/mine/app\.tgz must be known"):
        assemble(unknown, facts_of(cluster), SystemdKeeper(unknown))


def test_an_application_without_a_release_has_to_say_where_it_is() -> None:
    text = changed(PAIR, (f"  release: {{archive: app.tgz, sha256: {'b' * 64}}}\n", ""))
    with pytest.raises(ValueError, match="must be an absolute path on the hosts, not web"):
        wanted(text)


def test_the_storage_is_the_applications_and_is_never_open() -> None:
    storage = directory_at(wanted(PAIR), "two", "/srv/100% mine")
    assert (storage.mode, storage.owner, storage.stage) == (0o750, "corral-pair-app", "application")
    with_containers = directory_at(wanted(REFERENCE), "app-108", "/srv/shop/storage")
    assert (with_containers.mode, with_containers.owner) == (0o755, "")


def test_an_instance_has_its_own_drain_lane_and_signal() -> None:
    units = units_of(wanted(REFERENCE))
    web = units["app-208-5041"]
    assert (web.stop_signal, web.stop_timeout, web.drain, web.lane) == ("INT", 20.0, 5.0, None)
    assert units_of(wanted(PAIR))["two-5040"].lane == Lane("two", 5)


@pytest.mark.parametrize(
    ("edit", "started_anew"),
    [
        (("election_timeout", "election_timeout"), set()),
        (('GREETING: "It', 'GREETING: "it'), {"one-5040", "two-5040"}),
        (("b" * 64, "d" * 64), {"one-5040", "two-5040"}),
        (("timeout: 500ms", "timeout: 9s"), {"one-5040", "two-5040"}),
        (("/data/mongo", "/data/other"), {"mongod.one", "mongod.two", "mongod.three"}),
        (("8.0.4", "8.0.5"), set()),  # the archive says what runs: another one is another path
        (("1.31.3", "1.31.4"), set()),
    ],
)
def test_only_what_depends_on_it_starts_anew(edit: tuple[str, str], started_anew: set[str]) -> None:
    text = PAIR + "# election_timeout\n"
    before, after = units_of(wanted(text)), units_of(wanted(changed(text, edit)))
    assert {name for name, unit in before.items() if after[name].revision != unit.revision} == started_anew


@pytest.mark.parametrize(
    ("before", "after", "restarts"),
    [
        ((1, 22, 1), (1, 27, 3), False),
        ((1, 27, 3), (1, 27, 4), True),  # keepalive_min_timeout
        ((1, 27, 4), (1, 29, 5), False),
        ((1, 29, 5), (1, 29, 6), True),  # nginx's own sticky cookie
        ((1, 29, 6), (1, 29, 7), True),  # keepalive 0
        ((1, 29, 7), (1, 31, 3), False),
        (None, (1, 22, 1), False),
        ((1, 31, 3), (1, 28, 0), True),  # and back
    ],
)
def test_nginx_starts_anew_when_its_package_takes_what_the_running_one_refuses(
    before: tuple[int, int, int] | None, after: tuple[int, int, int], restarts: bool
) -> None:
    """The new program's `nginx -t` accepts it, and the master that runs would refuse it at every reload."""
    old, new = (units_of(wanted(REFERENCE, nginx_version=version))["nginx.proxy-100"] for version in (before, after))
    assert (old.revision != new.revision) == restarts
    assert restarts or old.reload_revision == new.reload_revision


def test_one_containers_change_is_no_others() -> None:
    cluster = cluster_of(REFERENCE)
    first = cluster.app.instances[0]
    other = replace(first, environment=(*first.environment, ("MORE", "1")))
    after = replace(cluster, app=replace(cluster.app, instances=(other, *cluster.app.instances[1:])))
    before, now = (units_of(assemble(each, facts_of(cluster), SystemdKeeper(each))) for each in (cluster, after))
    assert [name for name, unit in before.items() if now[name].revision != unit.revision] == [first.name]


def test_which_image_has_the_name_is_no_part_of_a_revision() -> None:
    """Or everybody would restart when Corral first knows it; the plan compares it with the containers' own."""
    cluster = cluster_of(REFERENCE)
    after = replace(cluster, app=replace(cluster.app, image_sha256="e" * 64, image_manifest="f" * 64))
    before, now = (assemble(each, facts_of(cluster), SystemdKeeper(each)) for each in (cluster, after))
    assert units_of(before) == units_of(now)
    assert software(now, Image, "app-108") == [Image("app-108", cluster.app.image)]
    [image] = [each for each in now.software if isinstance(each, Image) and each.host == "app-108"]
    assert image.ids == {"e" * 64, "f" * 64}


def test_a_virtual_address_is_listened_for_everywhere_and_failed_over() -> None:
    desired = wanted(PAIR)
    nginx = file_at(desired, "two", "/etc/corral/pair/nginx.conf").content
    assert '        listen "10.0.0.2:80";\n        listen "0.0.0.0:80";\n' in nginx
    unit = units_of(desired)["keepalived.two"]
    gate = dict(desired.gates)["keepalived.two"]
    assert (unit.role, gate.kind) == ("failover", "process")
    other = units_of(wanted(changed(PAIR, ("router_id: 7", "router_id: 8"))))["keepalived.two"]
    assert (other.revision == unit.revision, other.reload_revision == unit.reload_revision) == (True, False)
    assert "keepalived" not in packages(wanted(REFERENCE), "proxy-100")


def test_an_ipv6_address_is_listened_for_as_one() -> None:
    desired = wanted(changed(PAIR, ("address: 10.0.0.9", "address: fd00::9")))
    assert '        listen "[::]:80";\n' in file_at(desired, "one", "/etc/corral/pair/nginx.conf").content


def test_proxies_of_which_one_has_a_name_find_each_other_by_multicast() -> None:
    desired = wanted(changed(PAIR, ("two: 10.0.0.2", "two: two.example.com")))
    assert "unicast" not in file_at(desired, "one", "/etc/corral/pair/keepalived.conf").content


def test_held_back_instances_get_nothing_from_any_proxy() -> None:
    desired = wanted(PAIR, frozenset({"two-5040"}))
    for host in ("one", "two"):
        text = file_at(desired, host, "/etc/corral/pair/nginx.conf").content
        assert [line for line in text.splitlines() if " down;" in line and "10.0.0.2:5040" in line]
        assert units_of(desired)[f"nginx.{host}"].leaves_out == ("two-5040",)
    before = units_of(wanted(PAIR))
    assert {n for n, u in units_of(desired).items() if u.revision != before[n].revision} == set()


def test_the_kernel_is_set_by_the_version_and_only_when_asked_to() -> None:
    path = "/etc/systemd/system/corral-shop-thp.service"
    assert "echo never >" in file_at(wanted(REFERENCE), "db-216", path).content
    assert "echo never >" in file_at(wanted(REFERENCE, mongod_version=(7, 0, 99)), "db-216", path).content
    assert "echo always >" in file_at(wanted(REFERENCE, mongod_version=(8, 0, 0)), "db-216", path).content
    unknown = {file.path for file in wanted(REFERENCE, mongod_version=None).files}
    assert path not in unknown
    assert "/etc/sysctl.d/90-corral-shop.conf" in unknown
    untuned = wanted(changed(REFERENCE, ("cache_size: 1G}", "cache_size: 1G, tune: false}")))
    assert not {"/etc/sysctl.d/90-corral-shop.conf", path} & {file.path for file in untuned.files}
    assert "thp" not in file_at(untuned, "db-216", "/etc/systemd/system/corral-shop-mongod.service").content


def test_a_setting_that_a_host_refuses_stops_nothing() -> None:
    path = "/etc/sysctl.d/90-corral-shop.conf"
    assert file_at(wanted(REFERENCE), "db-216", path).after == (("-", "sysctl", "-q", "-p", path),)


def test_huge_pages_are_set_anew_once_systemd_knows_the_new_definition() -> None:
    """The commands of one change run after the last file that names them: that file has to be this one."""
    named = [file for file in wanted(REFERENCE).files if file.host == "db-216" and file.stage == "database"]
    last = [file for file in named if ("systemctl", "daemon-reload") in file.after][-1]
    assert last.after == (("systemctl", "daemon-reload"), ("systemctl", "try-restart", "corral-shop-thp.service"))


def test_without_time_servers_no_clock_is_touched() -> None:
    text = REFERENCE.partition("time: {")[0].replace("  time-123: 192.168.0.123\n", "")
    desired = wanted(text)
    assert not [file for file in desired.files if "chrony" in file.path]
    assert "chrony" not in packages(desired, "db-216")
    assert {each.stage for each in desired.directories} == {"database", "application", "proxy"}


def test_everybody_may_pass_through_corrals_directories() -> None:
    desired = wanted(REFERENCE)
    for host in ("proxy-100", "app-108", "db-216", "time-123"):
        for path in ("/etc/corral", CONFIG, "/var/lib/corral", "/var/lib/corral/shop", "/var/lib/corral/shop/state"):
            directory = directory_at(desired, host, path)
            assert (directory.mode, directory.stage, directory.owner) == (0o755, "time", "")
