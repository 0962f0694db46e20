"""What Corral renders for the Steedos example on its real addresses, as lines that a document can be held to."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

from corral.cluster_file.build import build, direct_placement
from corral.cluster_file.parse import Loaded, load_text
from corral.cluster_file.show import as_yaml, shown
from corral.desired.database import mongod_conf, replica_set
from corral.desired.instances import start_script
from corral.desired.nginx import render_nginx
from corral.model.cluster import Cluster, Instance
from corral.model.resources import FoundReplicaSet, HostFacts, MemberFacts
from corral.plan.replica_set import preview

ROOT: Final = Path(__file__).parents[3]
EXAMPLE: Final = ROOT / "examples" / "steedos" / "cluster.yaml"
Lines = frozenset[str]

_NGINX: Final = {"nginx < 1.29.6": (1, 22, 1), "nginx ≥ 1.29.6": (1, 31, 3)}
_TOKEN: Final = re.compile(r"""#[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[;{}]|[^\s;{}"']+""")


def load(text: str) -> Loaded:
    return load_text(text, EXAMPLE.name, EXAMPLE.parent)


def lines_of(loaded: Loaded) -> dict[str, Lines]:
    """By the name under which a document speaks of it; nginx.conf for a version on each side of 1.29.6."""
    cluster = build(loaded.spec, direct_placement(loaded.spec), PurePosixPath(EXAMPLE.parent), EXAMPLE.name)
    first = cluster.database.members[0]
    texts = {
        "mongod.conf": mongod_conf(cluster.database, first, first.host).splitlines(),
        "corral show": as_yaml(shown(loaded, cluster)).splitlines(),
        "corral up --dry-run": _first_run(cluster),
        **{instance.name: _environment(cluster, instance) for instance in cluster.app.instances},
    }
    return {
        **{label: _nginx_conf(cluster, version) for label, version in _NGINX.items()},
        **{label: frozenset(unquoted(line.strip("# -")) for line in lines) for label, lines in texts.items()},
    }


def unquoted(text: str) -> str:
    """`text` with single blanks, and without the quotes around a word that needs none."""
    return re.sub(r'"([^"\s]+)"', r"\1", " ".join(text.split()))


def stands_in(claim: str, lines: Lines) -> bool:
    """Whether a whole line reads like `claim`; its `…` stands for anything."""
    pattern = re.compile(".*".join(map(re.escape, unquoted(claim).split("…"))))
    return any(pattern.fullmatch(line) for line in lines)


def with_value(document: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """`document` with another value at `path`."""
    key, _, rest = path.partition(".")
    inner = document.get(key)
    return {**document, key: with_value(inner or {}, rest, value) if rest else value}


def _nginx_conf(cluster: Cluster, version: tuple[int, int, int]) -> Lines:
    host, port = cluster.proxy.hosts[0], cluster.proxy.ports[0]
    text = render_nginx(cluster.proxy, cluster.app.instances, host, port, HostFacts(host.name, nginx_version=version))
    tokens = iter([token for token in _TOKEN.findall(text) if not token.startswith("#")])
    return frozenset(unquoted(line) for line in _statements(tokens))


def _statements(tokens: Iterator[str]) -> list[str]:
    """Every directive, every block's first line and every block as a whole; at the end the outermost level in one."""
    deeper: list[str] = []
    level: list[str] = []
    words: list[str] = []
    for token in tokens:
        if token == "}":
            break
        if token == ";":
            level.append(f"{' '.join(words)};")
            words = []
        elif token == "{":
            head = f"{' '.join(words)} {{"
            words = []
            inner = _statements(tokens)
            deeper += [*inner[:-1], head]
            level.append(f"{head} {inner[-1]} }}")
        else:
            words.append(token)
    return [*deeper, *level, " ".join(level)]


def _first_run(cluster: Cluster) -> tuple[str, ...]:
    """The steps of the database on new machines, as `--dry-run` prints them."""
    wanted = replica_set(cluster.database)
    empty = FoundReplicaSet(facts=tuple(MemberFacts(member.name, "UNINITIALIZED") for member in wanted.members))
    return preview(wanted, empty)


def _environment(cluster: Cluster, instance: Instance) -> list[str]:
    """A start script's lines; its variables as NAME=value, as the shell understands them."""
    script = start_script(cluster.app, instance).splitlines()
    return [shlex.split(line)[1] if line.startswith("export ") else line for line in script]
