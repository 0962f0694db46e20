"""server.js with stand-ins for Steedos' libraries, on whatever Node this machine has."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.patience import PATIENCE
from tests.unit.examples.steedos import HERE

NODE = shutil.which("node") or ""
PRETENDING = "Object.defineProperty(process.versions, 'node', {value: '14.21.3'}); require('./server.js');"
LIBRARIES = {
    "dotenv-flow": "exports.config = (options) => console.log('env from', options.path);",
    "@steedos/objectql": "exports.getSteedosConfig = () => console.log('settings from', process.cwd());",
    "@steedos/meteor-bundle-runner": """
        console.log('*  MONGO_URL: ' + process.env.MONGO_URL, 'in', process.cwd());
        exports.Fiber = (work) => ({ run: work });
        exports.Profile = { run: (_, work) => work() };
        let listening = () => {};
        exports.loadServerBundles = () => {
          global.Package = { webapp: { WebApp: { onListening: (call) => { listening = call; } } } };
          eval(process.env.STUB_BUNDLES || '');
        };
        exports.callStartupHooks = () => {};
        exports.runMain = () => {
          if (process.env.STUB_BEFORE) eval(process.env.STUB_BEFORE);
          setTimeout(() => { listening(); console.log('listening'); eval(process.env.STUB_AFTER || ''); }, 5);
          setTimeout(() => { console.log('served', process.env.ACCOUNTS_TOKEN_SECRET); process.exit(0); }, 15);
        };""",
    "@steedos/core": "exports.init = () => eval(process.env.STUB_INIT || 'Promise.resolve()');",
}

pytestmark = pytest.mark.skipif(not NODE, reason="no Node on this machine")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(HERE / "server.js", tmp_path)
    shutil.copytree(HERE / "roles", tmp_path / "roles")
    for name, text in LIBRARIES.items():
        library = tmp_path / "node_modules" / name
        library.mkdir(parents=True)
        (library / "index.js").write_text(text)
    return tmp_path


def run(folder: Path, script: str = PRETENDING, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {"PATH": os.environ["PATH"], "MONGO_URL": "mongodb://app:hunter2@127.0.0.1/steedos", **environment}
    return subprocess.run(
        [NODE, "-e", script], cwd=folder, env=given, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def test_settings_come_from_the_role_and_the_rest_from_the_project(folder: Path) -> None:
    done = run(folder, ROLE="worker")
    assert (done.returncode, done.stderr) == (0, "")
    here = folder.resolve()
    assert done.stdout.splitlines()[:3] == [
        f"env from {here}",
        f"settings from {here}/roles/worker",
        f"*  MONGO_URL: mongodb://[redacted]@127.0.0.1/steedos in {here}",
    ]


def secret(folder: Path, **environment: str) -> str:
    return run(folder, **environment).stdout.splitlines()[-1].removeprefix("served ")


def test_the_signing_secret_is_the_same_everywhere_and_nobodys_guess(folder: Path) -> None:
    derived = secret(folder)
    assert len(derived) == 64
    assert secret(folder, ROLE="worker", MONGO_URL="mongodb://app:hunter2@10.0.0.1,10.0.0.2/other") == derived
    assert secret(folder, MONGO_URL="mongodb://app:hunter3@127.0.0.1/steedos") != derived
    assert secret(folder, ACCOUNTS_TOKEN_SECRET="mine", MONGO_URL="mongodb://127.0.0.1/steedos") == "mine"


@pytest.mark.parametrize("url", ["mongodb://127.0.0.1/steedos", "mongodb://app@127.0.0.1/steedos", ""])
def test_without_a_password_there_is_no_start_with_a_secret_that_everybody_knows(folder: Path, url: str) -> None:
    done = run(folder, MONGO_URL=url)
    assert done.returncode == 1
    assert done.stderr.startswith("steedos: MONGO_URL holds no password to sign sign-ins with")
    assert "set ACCOUNTS_TOKEN_SECRET to a long random text" in done.stderr
    assert done.stderr.count("\n") == 1
    assert "settings from" not in done.stdout


@pytest.mark.parametrize(
    "failure",
    [
        {"STUB_BUNDLES": "throw new Error('broken')"},
        {"STUB_INIT": "Promise.reject(new Error('broken'))"},
        {"STUB_BEFORE": "Promise.reject(new Error('broken'))"},
        {"STUB_BEFORE": "setTimeout(() => { throw new Error('broken'); }, 1)"},
        # a library that listens, and so would keep the process alive
        {"STUB_BEFORE": "process.on('uncaughtException', () => {}); setTimeout(() => { throw Error('broken'); }, 1)"},
    ],
)
def test_a_failed_start_ends_the_process(folder: Path, failure: dict[str, str]) -> None:
    done = run(folder, **failure)
    assert done.returncode == 1
    assert "steedos: the start failed: Error: broken" in done.stderr
    assert "served" not in done.stdout


def test_a_failure_of_one_request_does_not_end_a_server(folder: Path) -> None:
    done = run(folder, STUB_AFTER="Promise.reject(new Error('late'))")
    assert done.returncode == 0
    assert "steedos: unhandled rejection: Error: late" in done.stderr
    assert "served" in done.stdout


def test_another_major_version_of_node_is_refused(folder: Path) -> None:
    done = run(folder, PRETENDING.replace("14.21.3", "20.1.0"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("steedos: Steedos 1.22 runs on Node 14 only")
    assert done.stderr.count("\n") == 1
