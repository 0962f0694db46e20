"""What the program ssh makes of its configuration for one host: for what asyncssh reads otherwise, or not at all.

ssh is asked by `ssh -G`, and its answer is written as a configuration that asyncssh reads: without conditions, and
without what ssh would do anyway.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from asyncssh.encryption import get_encryption_algs
from asyncssh.kex import get_kex_algs
from asyncssh.mac import get_mac_algs

from corral.files import expanded
from corral.transport.ssh_settings import SshSettings

_ONE_WORD: Final = ("identityfile", "certificatefile", "identityagent", "hostkeyalias")
_AS_IT_IS: Final = (
    "hostname",
    "user",
    "port",
    "identitiesonly",
    "proxyjump",
    "proxycommand",
    "userknownhostsfile",
    "globalknownhostsfile",
    "compression",
    "addressfamily",
    "bindaddress",
    "pubkeyauthentication",
)
_ALGORITHMS: Final = {"ciphers": get_encryption_algs, "kexalgorithms": get_kex_algs, "macs": get_mac_algs}
_INCLUDES: Final = 16
"""How deep files may include others, as ssh has it."""
_CONDITION: Final = re.compile(r"^\s*match\b.*\bexec\b", re.IGNORECASE | re.MULTILINE)
_INCLUDE: Final = re.compile(r"^\s*include[ \t=]+(.+)$", re.IGNORECASE | re.MULTILINE)
_PLACE: Final = re.compile(r"(?P<file>/.*?):? line (?P<line>\d+)")

Answer = Mapping[str, Sequence[str]]


class Unanswered(Exception):
    """ssh can't be asked, or refuses the configuration, in its own words."""


def needs_ssh(files: Sequence[str], depth: int = 0) -> bool:
    """Whether a condition of `files`, or of what they include, runs a program: asyncssh reads such a line otherwise."""
    return any(_runs_programs(text, depth) for text in _texts(files))


def _runs_programs(text: str, depth: int) -> bool:
    if _CONDITION.search(text):
        return True
    return depth < _INCLUDES and any(needs_ssh(files, depth + 1) for files in _included(text))


def _texts(files: Sequence[str]) -> Iterator[str]:
    for file in files:
        try:
            yield Path(file).read_text(errors="replace")
        except OSError:  # whoever reads it for its words says so
            continue


def _included(text: str) -> Iterator[list[str]]:
    for line in _INCLUDE.findall(text):
        for pattern in line.replace('"', "").split():
            path = expanded(pattern)
            path = path if path.is_absolute() else expanded("~/.ssh") / path
            yield [str(file) for file in Path(path.anchor).glob(str(path.relative_to(path.anchor)))]


def is_there() -> bool:
    return shutil.which("ssh") is not None


def rewritten(settings: SshSettings, file: str) -> str:
    """What `file` says of the host, without conditions. Raises Unanswered."""
    wishes = {"Port": settings.port, "User": settings.user, "ProxyJump": "none" if settings.jump else ""}
    words = [word for name, value in wishes.items() if value for word in ("-o", f"{name}={value}")]
    said = _answer(("-F", file, *words, "--", settings.address), settings.timeout)
    usual = _usual(settings.timeout)
    return "".join(
        f"{name} {value}\n"
        for name, values in said.items()
        if values != usual.get(name)
        for value in _readable(name, values)
    )


@cache
def _usual(timeout: float) -> Answer:
    """What ssh does without any configuration."""
    return _answer(("-F", "none", "--", "x"), timeout)


def _answer(words: Sequence[str], timeout: float) -> Answer:
    try:
        done = subprocess.run(
            ["ssh", "-G", *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unanswered(str(error)) from None
    if done.returncode:
        raise Unanswered((done.stderr.strip().splitlines() or [f"ssh -G: {done.returncode}"])[0])
    answer: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        name, _, value = line.partition(" ")
        answer.setdefault(name, []).append(value)
    return answer


def _readable(name: str, values: Sequence[str]) -> Iterator[str]:
    if name in _AS_IT_IS:
        yield from values
    elif name in _ONE_WORD:
        yield from map(shlex.quote, values)
    elif name in _ALGORITHMS:
        known = {each.decode() for each in _ALGORITHMS[name]()}
        if chosen := [each for each in values[0].split(",") if each in known]:
            yield ",".join(chosen)


def line_of(reason: str) -> str:
    """The line of a file that `reason` names; empty where it names none."""
    found = _PLACE.search(reason)
    if not found:
        return ""
    try:
        lines = Path(found["file"]).read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return lines[int(found["line"]) - 1].strip() if 0 < int(found["line"]) <= len(lines) else ""
