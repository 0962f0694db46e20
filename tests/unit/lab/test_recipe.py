"""What is in the images, and that a change of it is a new image."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from lab import debian, faults, recipe
from lab.apt import Apt
from lab.artifacts import container_image

BOOT = Path(recipe.__file__).parent / "host" / recipe.BOOT.lstrip("/")


def test_a_digest_is_stable_and_each_image_has_its_own() -> None:
    assert recipe.digest("base") == recipe.digest("base")
    assert recipe.digest("base") != recipe.digest("full")


@pytest.mark.parametrize("name", ["BASE", "FINISH", "START"])
def test_a_change_of_the_base_changes_both(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = recipe.digest("base"), recipe.digest("full")
    monkeypatch.setattr(recipe, name, "x" if name == "START" else ("x",))
    assert recipe.digest("base") != before[0]
    assert recipe.digest("full") != before[1]


def test_a_change_of_what_is_installed_changes_one(monkeypatch: pytest.MonkeyPatch) -> None:
    before = recipe.digest("base"), recipe.digest("full")
    monkeypatch.setattr(recipe, "INSTALL", ("x",))
    assert recipe.digest("base") == before[0]
    assert recipe.digest("full") != before[1]


def test_a_hosts_files_have_two_modes(tmp_path: Path) -> None:
    plain, program = tmp_path / "etc/plain", tmp_path / "bin/program"
    for path, mode in ((plain, 0o600), (program, 0o700)):
        path.parent.mkdir()
        path.write_text("text")
        path.chmod(mode)
    assert recipe.files(tmp_path) == {"bin/program": (0o755, "text"), "etc/plain": (0o644, "text")}


def test_a_bare_host_has_no_python_and_none_of_what_is_to_be_installed() -> None:
    assert not any(package.startswith(("python", "nginx", "docker", "chrony")) for package in recipe.BASE)


def test_the_first_process_is_among_the_files_and_may_be_run() -> None:
    assert recipe.files()[recipe.BOOT.lstrip("/")][0] == 0o755
    assert recipe.BOOT in recipe.START


@pytest.mark.skipif(shutil.which("dash") is None, reason="dash is Debian's sh, and not here")
@pytest.mark.parametrize(
    "script",
    [BOOT.read_text(), faults.FILL, faults.UNFILL, recipe.FINISH[0], recipe.INSTALL[0], container_image.FINISH],
    ids=lambda script: script.strip().splitlines()[-1][:40],
)
def test_scripts_are_what_a_hosts_shell_reads(script: str) -> None:
    done = subprocess.run(["dash", "-n"], input=script, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_debootstrap_makes_the_smallest_variant_from_the_machines_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "settings", lambda: Apt("http://mirror.test/debian", {}))
    words = debian.debootstrap(debian.System(["a", "b"], []), Path("/root-of-it"))
    assert words == [
        "debootstrap",
        "--variant=minbase",
        "--include=a,b",
        "bookworm",
        "/root-of-it",
        "http://mirror.test/debian",
    ]
