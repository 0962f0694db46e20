"""Names and addresses of a lab's hosts."""

from __future__ import annotations

import pytest

from lab.errors import LabError
from lab.table import Host, bridge_of, table


def test_the_default_hosts_are_those_of_the_reference_cluster() -> None:
    default = table()
    assert [(host.name, host.address) for host in default.hosts] == [
        ("proxy-100", "10.108.0.100"),
        ("app-108", "10.108.0.108"),
        ("app-208", "10.108.0.208"),
        ("db-216", "10.108.0.216"),
        ("db-217", "10.108.0.217"),
        ("db-218", "10.108.0.218"),
        ("time-123", "10.108.0.123"),
    ]
    assert (str(default.network), default.gateway) == ("10.108.0.0/24", "10.108.0.1")
    assert default.container("app-108") == "corral-lab-app-108"


def test_hosts_of_ones_own() -> None:
    assert table("mine", "192.168.7", ["a-1=11"]).hosts == (Host("a-1", "192.168.7.11"),)


@pytest.mark.parametrize(
    "text", ["a-1", "a-1=", "=11", "a-1=x", "a-1=1", "a-1=255", "A=11", "a_1=11", "a-1=1.2", "a-1=²"]
)
def test_what_is_no_host_is_named(text: str) -> None:
    with pytest.raises(LabError) as caught:
        table(hosts=[text])
    assert text in str(caught.value)


@pytest.mark.parametrize("subnet", ["10.108", "10.108.0.0", "10.108.0/24", "a.b.c", "300.1.1", "8.8.8", ""])
def test_what_is_no_private_subnet_is_refused(subnet: str) -> None:
    with pytest.raises(LabError):
        table(subnet=subnet)


@pytest.mark.parametrize("name", ["", "Lab", "-lab", "lab-", "la b", "../lab", "l" * 50])
def test_a_name_is_a_host_name_and_a_directory(name: str) -> None:
    with pytest.raises(LabError):
        table(name)


@pytest.mark.parametrize("hosts", [["a-1=11", "a-1=12"], ["a-1=11", "a-2=11"], ["a-1=11", "a-2=011"]])
def test_names_and_addresses_are_there_once(hosts: list[str]) -> None:
    with pytest.raises(LabError, match="two hosts have the"):
        table(hosts=hosts)


def test_a_host_that_is_unknown_is_answered_with_the_known_ones() -> None:
    with pytest.raises(LabError, match="there is no host app-1 in corral-lab; its hosts are proxy-100, app-108"):
        table().host("app-1")


def test_hosts_that_are_there_already_join() -> None:
    wanted = table(hosts=["a-1=11", "a-2=12"])
    joined = wanted.joined([Host("a-2", "10.108.0.12"), Host("a-3", "10.108.0.13")])
    assert [host.name for host in joined.hosts] == ["a-1", "a-2", "a-3"]


def test_a_host_that_is_there_with_another_address_is_refused() -> None:
    with pytest.raises(LabError, match="two hosts have the name a-1"):
        table(hosts=["a-1=11"]).joined([Host("a-1", "10.108.0.12")])


def test_the_bridges_name_fits_and_is_the_labs_own() -> None:
    names = {bridge_of(name) for name in ("corral-lab", "corral-lab2", "l" * 40)}
    assert len(names) == 3
    assert all(len(name) <= 15 for name in names)
