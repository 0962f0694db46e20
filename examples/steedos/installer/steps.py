"""The install's steps, each of which leaves a mark when it is done."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .failure import InstallError
from .npm import Npm
from .progress import Step, step
from .tree import NODE_PACKAGE, Tree

PROOF = "require('bcrypt'); require('fibers'); require.resolve('steedos-server'); console.log(process.versions.node)"
PROOF_WITHIN = 60
"""Seconds; it takes 0.2."""
NO_DISTUTILS = Path(__file__).parent / "python312"


def install(tree: Tree) -> None:
    """Raises InstallError in the words for the user."""
    tree.state.mkdir(exist_ok=True)
    tree.mark.unlink(missing_ok=True)  # before anything else goes: from here to the end start.sh refuses the tree
    if not tree.has_node():
        _fetch_node(tree)
    npm = _bundled_npm(tree)
    if not tree.has_packages():
        _fetch_packages(tree, npm)
    _compile(tree, npm)
    _prove(tree)
    tree.mark.write_text(tree.digest)


def _fetch_node(tree: Tree) -> None:
    npm = Npm(("npm",), tree.state, {})
    package = f"{NODE_PACKAGE}@{tree.node_version}"
    with step("registry", f"{package} is on offer"):
        npm.run(["view", package, "version", "--fetch-timeout=15000", "--fetch-retries=1"], tree.root / "node")
    with step("node", f"Node {tree.node_version}"):
        tree.node_mark.unlink(missing_ok=True)
        npm.run(["ci", "--ignore-scripts"], tree.root / "node")
        if not (tree.node.is_file() and tree.npm.is_file()):
            raise InstallError(
                f"npm says it is done, and {tree.node} is not there: remove {tree.root}/node/node_modules."
            )
        tree.node_mark.write_text(tree.node_digest)


def _bundled_npm(tree: Tree) -> Npm:
    """The npm that comes with Node 14, run by it: another Node's npm would compile for that one."""
    environment = {
        "PATH": f"{tree.node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "npm_config_nodedir": str(tree.node_home),
        "NODE_GYP_FORCE_PYTHON": sys.executable,
    }
    if not importlib.util.find_spec("distutils"):
        environment["PYTHONPATH"] = str(NO_DISTUTILS)
    return Npm((str(tree.node), str(tree.npm)), tree.state, environment)


def _fetch_packages(tree: Tree, npm: Npm) -> None:
    pending = tree.locked_packages()
    total = len(pending)

    def count(log: Path, current: Step) -> None:
        pending[:] = [manifest for manifest in pending if not manifest.exists()]
        files = log.read_bytes().count(b"npm http fetch")
        current.note(f"{total - len(pending):,} of {total:,} packages, {files:,} files fetched or found in the cache")

    with step("packages", f"{total:,} packages") as current:
        modules = tree.root / "node_modules"
        if modules.exists():
            # npm would do it, without a word; what is counted must be this run's.
            current.note("taking away what an earlier run left")
            tree.packages_mark.unlink(missing_ok=True)
            shutil.rmtree(modules)
        npm.run(["ci", "--ignore-scripts"], tree.root, lambda log: count(log, current))
        if tree.lost():
            raise InstallError(
                f"npm says it is done, and {tree.lost()[0]} is not there: remove {modules} and run this again."
            )
        tree.packages_mark.write_text(tree.digest)


def _compile(tree: Tree, npm: Npm) -> None:
    with step("bcrypt", f"compiled for Node {tree.node_version}") as current:
        arguments = ["rebuild", "bcrypt", "--no-ignore-scripts", "--build-from-source", "--script-shell=/bin/sh"]
        npm.run(arguments, tree.root, lambda _: current.note("compiling"))


def _prove(tree: Tree) -> None:
    with step("proof", "bcrypt, fibers and steedos-server are found by Node"):
        run = subprocess.run(
            [tree.node, "-e", PROOF], cwd=tree.root, capture_output=True, text=True, timeout=PROOF_WITHIN, check=False
        )
        if run.returncode or run.stdout.strip() != tree.node_version:
            said = next((line for line in run.stderr.splitlines() if "Error" in line), run.stdout.strip())
            raise InstallError(
                f"Node {tree.node_version} can't load what was installed ({said}): "
                f"remove {tree.root / 'node_modules'} and run this again."
            )
