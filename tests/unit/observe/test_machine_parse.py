"""What real hosts wrote, as machines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corral.model.at_boot import UNLINKED, AtBoot
from corral.model.ends import ended
from corral.model.identity import read_back
from corral.model.machine import (
    Disk,
    Docker,
    Listener,
    Machine,
    Memory,
    PackageState,
    Process,
    Program,
    Security,
    ServiceState,
    System,
    Tracking,
)
from corral.model.resources import Directory, FoundUnit, digest
from corral.model.software import Archive, Image, Package, Service
from corral.observe.machine_parse import machine_in
from corral.observe.question import question_of
from tests.unit.observe.recorded import SECRETS, SYSTEMD, app_208, machine, one, stdout, with_files
from tests.unit.plan.cluster_of import cluster_of


def asked(told: bytes) -> Machine:
    """The host `one`, had it told this."""
    cluster = cluster_of(SYSTEMD)
    return machine_in(question_of(cluster, cluster.host_by_name["one"]), told, SECRETS)


def test_a_system() -> None:
    assert one()[1].system == System(
        root=True,
        user="deploy",
        architecture="x86_64",
        family="debian",
        distribution="Debian GNU/Linux 12 (bookworm)",
        kernel="6.18.44-fc-v669",
        systemd=252,
        cores=2,
        boot_id="21f9149d-613b-4ecc-b5c4-379215a538b7",
        machine_id="21af540d8cc34bac94202d224d7bc8aa",
        addresses=one()[1].system.addresses,
        uptime=2915.03,
        clock=1795551028.7859783,
        zone="Etc/UTC",
        interface="eth0",
        journal_persistent=True,
    )
    assert {"127.0.0.1", "10.108.0.218"} <= one()[1].system.addresses


def test_memory_and_disks() -> None:
    _, machine = one()
    assert machine.memory == Memory(24684084 << 10, 23720692 << 10, 60, "madvise")
    assert machine.disk("/var/lib/corral/obs/mongod") == Disk("/var/lib/corral/obs/mongod", 81863409664, "overlay")
    assert machine.disk("/srv") is None
    assert app_208()[1].disk("/var/lib/docker") == Disk("/var/lib/docker", 81845821440, "ext4")


def test_programs_and_packages() -> None:
    _, machine = one()
    assert machine.program("nginx") == Program("nginx", "/usr/sbin/nginx")
    assert machine.program("mongod") is None
    assert machine.package("nginx") == PackageState("nginx", "1.22.1-9+deb12u11")
    assert machine.package("mongodb-org-server") == PackageState("mongodb-org-server"), "no lists: not known"


def test_listeners_and_whose_they_are() -> None:
    listeners = {(each.address, each.port): each for each in one()[1].listeners}
    assert listeners["0.0.0.0", 80] == Listener("tcp", "0.0.0.0", 80, 1058, "nginx", "nginx.service")  # noqa: S104
    assert listeners["::", 80].service == "nginx.service"
    ours = listeners["10.108.0.218", 5040]
    assert (ours.service, ours.unit) == ("corral-obs-app@one-5040.service", "one-5040")
    assert listeners["127.0.0.1", 27017].unit == "mongod.one"
    assert listeners["0.0.0.0", 5041].unit == ""  # noqa: S104


def test_a_published_port_is_its_containers() -> None:
    [listener] = app_208()[1].listeners
    assert (listener.port, listener.command, listener.container) == (5042, "docker-proxy", "wiki")
    assert (listener.service, listener.unit) == ("", "")


def test_services_are_the_distributions_own() -> None:
    services = {state.names: state for state in one()[1].services}
    assert services[("nginx",)] == ServiceState(("nginx",), enabled=False, active=True)
    assert services[("chrony",)].active
    assert not any(name.startswith("corral-") for names in services for name in names)
    assert list(one()[1].active("chrony", "chronyd", "ntp")) == ["chrony"]


def test_the_process_of_a_mongod() -> None:
    assert one()[1].processes == (
        Process(read_back("one", "mongod.one"), 1048, "/usr/bin/python3.11", None, 20000, 1000),
    )


def test_docker_and_time() -> None:
    found = app_208()[1].docker
    assert replace(found, strangers=()) == Docker(running=True, compose=("docker-compose",), compose_version=(1, 29, 2))
    assert found.strangers == ("wiki",)
    assert one()[1].docker == Docker(running=False, compose=("docker-compose",))
    assert one()[1].tracking == Tracking("Normal", 0.0, 0.0)
    assert app_208()[1].tracking is None
    assert one()[1].security == Security()


def test_units_under_systemd_with_their_revisions() -> None:
    units = {unit.name: unit for unit in one()[1].owned.units}
    assert set(units) == {"mongod.one", "one-5040", "one-5041"}, "corral-obs-app-nginx.service is of another cluster"
    assert units["one-5040"] == FoundUnit(
        read_back("one", "one-5040"),
        "running",
        revision="r1",
        pid=1049,
        proven=True,
        started="1795551008",
        at_boot=AtBoot("systemd", "corral-obs-app@one-5040.service", "enabled"),
    )
    assert (units["one-5041"].state, units["one-5041"].detail) == ("failed", "it ended with exit status 3")


BOOT = b"""\
\036boot
wanted corral-obs-mongod.service
wanted corral-obs-app@one-5041.service
masked corral-obs-app@one-5041.service
masked docker.socket
masked-runtime chrony.service
instead /etc/systemd/system/corral-obs-app@one-5040.service
instead /etc/systemd/system/corral-obs-app-app@one-5040.service
"""


def test_what_will_be_there_when_the_host_starts_is_on_the_disk() -> None:
    """systemd calls all three enabled, as they were at its last reload."""
    found = asked(stdout("one").replace(b"\036systemd\n", BOOT + b"\036systemd\n"))
    states = {unit.name: unit.at_boot.state for unit in found.owned.units if unit.at_boot}
    assert states == {"mongod.one": "enabled", "one-5040": UNLINKED, "one-5041": "masked"}
    assert {"docker.socket", "chrony.service"} < found.masked
    assert found.instead == ("/etc/systemd/system/corral-obs-app@one-5040.service",), "the other is of another cluster"


def test_runtime_definitions_are_the_clusters_own_files() -> None:
    mine, theirs = (f"/run/systemd/system/corral-obs-{name}.service" for name in ("app@one-5040", "app-app@one-5040"))
    found = asked(with_files(stdout("one"), {mine: "[Service]\n", theirs: "[Service]\n"}))
    assert [file.path for file in found.owned.files] == [mine]


def test_units_in_containers() -> None:
    units = {unit.name: unit for unit in app_208()[1].owned.units}
    assert set(units) == {"app-208-5040", "app-208-5041", "app-208-5042"}
    assert (units["app-208-5040"].state, units["app-208-5040"].revision) == ("running", "r1")
    assert units["app-208-5040"].proven is False, "its stamp is of another process"
    assert units["app-208-5041"].state == "failed"
    assert units["app-208-5041"].detail.startswith("it ended with exit status 3, and was restarted ")
    assert (units["app-208-5042"].state, units["app-208-5042"].detail) == ("failed", f"it {ended(137)}")


def test_files_with_mode_owner_digest_and_without_secrets() -> None:
    files = {file.path: file for file in app_208()[1].owned.files}
    assert set(files) == {"/etc/corral/obs/compose.yaml", "/etc/corral/obs/instances/app-208-5040.yaml"}
    environment = files["/etc/corral/obs/instances/app-208-5040.yaml"]
    assert environment.content == "PASSWORD: ${secret:probe}\n"
    assert environment.raw == digest("PASSWORD: s3cretpassword\n")
    assert (environment.mode, environment.owner) == (0o600, "nobody")
    assert files["/etc/corral/obs/compose.yaml"].owner == ""


def test_what_corral_writes_down_is_no_file_of_the_plans() -> None:
    _, machine = app_208()
    assert not any("anna" in file.content for file in machine.owned.files)
    assert not any("/state/" in file.path for file in machine.owned.files)


def test_directories_and_software() -> None:
    owned = app_208()[1].owned
    assert Directory("app-208", "/var/lib/corral/obs/state") in owned.directories
    assert Directory("app-208", "/etc/corral") in owned.directories
    assert Archive("app-208", "/opt/corral/obs/releases/0123456789ab") in owned.software
    assert sum(isinstance(each, Archive) for each in owned.software) == 1
    assert Image("app-208", "obs-tiny:1") in owned.software
    [image] = [each for each in owned.software if isinstance(each, Image)]
    assert image.sha256 == "78d482c8593180f3eb30210c0c312e548ca3c73fe61c4f9eb96ac6e63c357075"
    assert Service("app-208", "docker.service") not in owned.software, "it runs, and isn't enabled"


def test_one_package_of_a_group_stands_for_all() -> None:
    packages = {each.name for each in app_208()[1].owned.software if isinstance(each, Package)}
    assert {"docker.io", "docker-ce", "docker-compose", "docker-compose-plugin", "chrony"} <= packages


def test_a_package_whose_service_is_still_in_the_way_is_not_done_with() -> None:
    """Corral's mark is there: it began to install nginx, and nginx.service runs."""
    software = one()[1].owned.software
    assert Package("one", "chrony") in software
    assert Package("one", "nginx") not in software


def test_without_the_mark_the_package_was_there_before_corral() -> None:
    assert Package("one", "nginx") in asked(with_files(stdout("one"), {})).owned.software
    marked = with_files(stdout("one"), {"/var/lib/corral/obs/state/packages/nginx": ""})
    assert Package("one", "nginx") not in asked(marked).owned.software


def test_an_installation_that_was_cut_off_is_done_again() -> None:
    """The service is still masked, as it is while its package is installed."""
    marked = with_files(stdout("one"), {"/var/lib/corral/obs/state/packages/nginx": ""})
    running = b"Id=nginx.service\nNames=nginx.service\nLoadState=loaded\nActiveState=active\nSubState=running\n"
    state = (
        b"Id=nginx.service\nNames=nginx.service\nLoadState=%s\nActiveState=inactive\nSubState=dead\nUnitFileState=%s"
    )
    assert running in marked
    for load, file, done in ((b"masked", b"masked-runtime", False), (b"loaded", b"disabled", True)):
        told = marked.replace(running + b"UnitFileState=disabled", state % (load, file))
        assert told != marked
        assert (Package("one", "nginx") in asked(told).owned.software) is done


def test_without_root_little_is_told_and_nothing_fails() -> None:
    _, rootless = machine(SYSTEMD, "one", "rootless")
    assert rootless.system.root is False
    assert rootless.system.systemd == 252
    assert rootless.owned.units == ()


def test_silence_is_unknown() -> None:
    found = asked(b"\036files\n")
    assert found.system == System(tar=False, journal_persistent=False)
    assert found.memory == Memory()
    assert not any((found.disks, found.listeners, found.services, found.processes, found.owned.units))
    assert isinstance(found, Machine)


@pytest.mark.parametrize("size", [0, 100, 5000])
def test_an_answer_that_is_cut_off_is_none(size: int) -> None:
    with pytest.raises(ValueError, match="cut off"):
        asked(stdout("one")[:size])


def test_files_that_are_cut_off_are_none() -> None:
    told = stdout("app-208")
    for end in (told.index(b"PASSWORD:") + 5, told.index(b"/etc/corral/obs/compose.yaml"), len(told) - 512):
        with pytest.raises(ValueError, match="did not arrive completely"):
            asked(told[:end])
