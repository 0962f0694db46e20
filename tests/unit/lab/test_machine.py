"""What the machine must have, and what is said where it hasn't."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from lab import machine
from lab.errors import LabError


def test_each_missing_package_is_named_once(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = {"docker", "dockerd", "debootstrap"}
    monkeypatch.setattr(shutil, "which", lambda program: None if program in absent else "/usr/bin/it")
    assert machine.missing() == ["debootstrap", "docker.io"]


def test_what_can_t_be_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "require_root", lambda: None)
    monkeypatch.setattr(shutil, "which", lambda _program: None)
    with pytest.raises(
        LabError, match=r"no apt-get to install it: containerd debootstrap docker\.io iproute2 iptables"
    ):
        machine.prepare()


def test_what_is_installed_is_said_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "require_root", lambda: None)
    monkeypatch.setattr(shutil, "which", lambda program: None if program == "debootstrap" else "/usr/bin/it")
    done: list[str] = []
    monkeypatch.setattr(machine, "say", done.append)
    monkeypatch.setattr(machine, "run_to_log", lambda command, _log: done.append(" ".join(command)))
    machine.prepare()
    assert done == [
        "installing on this machine, by apt-get: debootstrap",
        "apt-get update",
        "apt-get install -y --no-install-recommends debootstrap",
    ]


def test_without_root_nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(LabError) as caught:
        machine.prepare()
    assert "root" in caught.value.message
    assert "sudo" in caught.value.hint


def test_the_kernel_s_limit_on_watches_is_raised_and_never_lowered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(machine, "say", said.append)
    setting = tmp_path / "max_user_instances"
    setting.write_text("128\n")
    machine.allow_many_hosts(setting)
    assert setting.read_text() == "2048\n"
    assert said == ["fs.inotify.max_user_instances is 2048 now; it was 128, too few for many hosts"]
    setting.write_text("65536\n")
    machine.allow_many_hosts(setting)
    assert setting.read_text() == "65536\n"
    with pytest.raises(LabError, match="too few for many hosts, and can't be set"):
        machine.allow_many_hosts(Path("/proc/sys/kernel/cap_last_cap"))
