"""Where secrets can be seen: command lines of processes, files of any kind on the hosts, what commands say."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from tests.lab.faults import on_all
from tests.lab.harness import LabCluster

PAUSE = 0.002
"""Seconds between two looks: the machine has other things to do than this."""
YOUNG = 0.5
"""Seconds for which a process may still become another program."""


def forms(secrets: Iterable[str]) -> list[bytes]:
    """As they are, as a URL has them, and as base64 has them within any text."""
    found: dict[bytes, None] = {}
    for secret in secrets:
        found[secret.encode()] = None
        found[quote(secret, safe="").encode()] = None
        for shift in range(3):
            text = base64.b64encode(b"-" * shift + secret.encode()).rstrip(b"=")
            found[text[(0, 2, 3)[shift] : -1][:60]] = None  # the edges depend on what is beside it; lines have 76
    return list(found)


def seen_in(text: str | bytes, secrets: Iterable[str]) -> bool:
    content = text.encode() if isinstance(text, str) else text
    return any(form in content for form in forms(secrets))


class Watch(threading.Thread):
    """Reads the command lines of all processes as they come: the hosts' are processes of this machine, too.

    A young process is looked at again and again, since it may become another program yet.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__(daemon=True)
        self._forms = forms(secrets)
        self._over = threading.Event()
        self._known: dict[str, float] = {}
        """By process id, when it was first seen."""
        self.rounds = 0
        self.seen: set[str] = set()
        """All the command lines, so that a test can tell that the right ones were among them."""
        self.leaks: set[str] = set()

    def run(self) -> None:
        while not self._over.wait(PAUSE):
            now = time.monotonic()
            there = [place.name for place in Path("/proc").iterdir() if place.name.isdigit()]
            self._known = {name: self._known.get(name, now) for name in there}
            for name, since in self._known.items():
                if now - since < YOUNG:
                    self._look(Path("/proc", name, "cmdline"))
            self.rounds += 1

    def _look(self, place: Path) -> None:
        try:
            line = place.read_bytes()
        except OSError:  # it has ended meanwhile
            return
        words = line.replace(b"\0", b" ").decode(errors="replace")
        if words in self.seen:
            return
        self.seen.add(words)
        if any(form in line for form in self._forms):
            self.leaks.add(words)

    def end(self) -> None:
        self._over.set()
        self.join(60)


@contextmanager
def watching(secrets: Iterable[str]) -> Iterator[Watch]:
    watch = Watch(secrets)
    watch.start()
    try:
        yield watch
    finally:
        watch.end()


_PATTERNS = "/run/lab-patterns"
_FILES = f"""
grep -rlaF -f {_PATTERNS} --exclude-dir=proc --exclude-dir=sys --exclude-dir=dev / 2>/dev/null |
    grep -vx {_PATTERNS} || :
rm {_PATTERNS}
"""
"""Every file that a host has, also those in memory."""


def files_with(cluster: LabCluster, secrets: Iterable[str]) -> dict[str, set[str]]:
    """By host, all files in which any of `secrets` stands."""
    patterns = b"\n".join(forms(secrets)) + b"\n"
    for host in cluster.spec["hosts"]:
        _give(cluster, host, patterns)
    found = on_all(cluster, _FILES)
    return {host: set(text.splitlines()) for host, text in found.items()}


def _give(cluster: LabCluster, host: str, content: bytes) -> None:
    from lab.docker import docker

    docker("exec", "--interactive", cluster.lab.table.container(host), "sh", "-c", f"cat >{_PATTERNS}", stdin=content)


def open_to_all(cluster: LabCluster, files: Mapping[str, Iterable[str]]) -> str:
    """Those of `files`, by host, that anybody there could read."""
    script = 'for file; do ! runuser -u nobody -- test -r "$file" || echo "$file"; done'
    return "".join(cluster.on(host, "sh", "-c", script, "sh", *paths) for host, paths in files.items())


def texts_with(texts: Mapping[str, str | bytes], secrets: Iterable[str]) -> list[str]:
    """The names of those in which any of `secrets` stands."""
    wanted = list(secrets)
    return [name for name, text in texts.items() if seen_in(text, wanted)]


def machine_files_with(directory: Path, secrets: Iterable[str]) -> set[str]:
    """On the controlling machine: relative to `directory`."""
    wanted = list(secrets)
    return {
        str(path.relative_to(directory))
        for path in directory.rglob("*")
        if path.is_file() and seen_in(path.read_bytes(), wanted)
    }
