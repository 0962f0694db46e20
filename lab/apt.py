"""The machine's own way to Debian's packages, for the hosts too: mirror, proxy, trust. Pure, but for `settings`."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lab.processes import run

SUITE: Final = "bookworm"
KEYRING: Final = "/usr/share/keyrings/debian-archive-keyring.gpg"
_OURS: Final = (SUITE, f"{SUITE}-updates", f"{SUITE}-security")
_HANDED_ON: Final = re.compile(r'^Acquire::(?:https?::(?!Ca|Ssl)|Check-|Retries)\S* "[^"]*";$')
"""Proxies and what a frozen mirror needs; not where this machine caches, and no names of its files."""
_TRUST: Final = Path("/etc/ssl/certs/ca-certificates.crt")
_TRUST_IN_HOST: Final = "etc/lab/ca-certificates.crt"


@dataclass(frozen=True)
class Apt:
    """`mirror`: where debootstrap fetches from; None means its own default. `files`: for a host, by path without the
    first slash."""

    mirror: str | None
    files: Mapping[str, str]


@dataclass(frozen=True)
class Source:
    uri: str
    suite: str
    components: str

    def __str__(self) -> str:
        return f"deb [signed-by={KEYRING}] {self.uri} {self.suite} {self.components}"


def settings() -> Apt:
    """Read from this machine, which may be another Debian, or an Ubuntu: then its sources say nothing about ours."""
    directory = Path("/etc/apt/sources.list.d")
    paths = [Path("/etc/apt/sources.list"), *sorted(directory.glob("*.list")), *sorted(directory.glob("*.sources"))]
    texts = {path.name: path.read_text() for path in paths if path.is_file()}
    trust = _TRUST.read_text() if _TRUST.exists() else ""
    return build(texts, run(["apt-config", "dump"]), os.environ, trust)


def build(texts: Mapping[str, str], dump: str, environment: Mapping[str, str], trust: str) -> Apt:
    """`texts`: files of sources by name; `dump`: what `apt-config dump` says; `trust`: the certificates for https."""
    sources = [source for name, text in texts.items() for source in _sources(name, text) if source.suite in _OURS]
    mirror = next((source.uri for source in sources if source.suite == SUITE), None)
    options = [line for line in dump.splitlines() if _HANDED_ON.match(line)]
    options += _proxies(environment)
    files = {}
    if mirror:
        files["etc/apt/sources.list"] = "".join(f"{source}\n" for source in sources)
    if trust and any(source.uri.startswith("https:") for source in sources):
        files[_TRUST_IN_HOST] = trust
        options.append(f'Acquire::https::CaInfo "/{_TRUST_IN_HOST}";')
    return Apt(mirror, files | {"etc/apt/apt.conf.d/90lab": "".join(f"{line}\n" for line in options)})


def _proxies(environment: Mapping[str, str]) -> Iterator[str]:
    for scheme in ("http", "https"):
        value = environment.get(f"{scheme}_proxy") or environment.get(f"{scheme.upper()}_PROXY")
        if value:
            yield f'Acquire::{scheme}::Proxy "{value}";'


def _sources(name: str, text: str) -> Iterable[Source]:
    return _deb822(text) if name.endswith(".sources") else _one_line(text)


def _one_line(text: str) -> Iterator[Source]:
    for line in text.splitlines():
        words = re.sub(r"\[.*?\]", "", line.partition("#")[0]).split()
        if len(words) >= 4 and words[0] == "deb":
            yield Source(words[1], words[2], " ".join(words[3:]))


def _deb822(text: str) -> Iterator[Source]:
    for stanza in re.split(r"\n\s*\n", text):
        lines = [line for line in stanza.splitlines() if line and not line.startswith("#")]
        fields = {key.lower(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
        if "deb" not in shlex.split(fields.get("types", "")) or fields.get("enabled", "yes").lower() == "no":
            continue
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                yield Source(uri, suite, fields.get("components", ""))
