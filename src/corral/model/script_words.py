"""What Corral's own scripts say on hosts, which have one language, in the user's."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from corral.language import language, mark, shown

SAID: Final = (
    mark("{path} can't be made"),
    mark("{path} can't be written"),
    mark("{path} has changed since the plan was made"),
    mark("the directory of {path} can't be made"),
    mark("the owner of {path} can't be set to {owner}"),
    mark("the new {path} was refused, and the old one stays"),
    mark("{path} can't be put in place"),
    mark("{path} can't be removed"),
    mark("{path} is a link to {target}, and neither is deleted: delete what is in {same} yourself, then the link"),
    mark("{path} is a link to {target}: remove the link, which leaves alone what it leads to"),
    mark("{path} is a directory: move it to another place"),
    mark("{path} is no plain file: move it to another place"),
    mark("what root owns in {path} can't be given to {owner}"),
    mark("the restart policy of {container} can't be set"),
    mark("systemd can't read {path}: {reason}"),
    mark("systemd doesn't read {path}, but {other} in its place"),
    mark("chronyd can't read what it is given"),
    mark("{path} is not read when this host starts: systemd-sysctl.service is {state}"),
    mark("{holder} still holds the lock {lock} after {seconds} s: let it end, or end it"),
    mark("{holder} holds the lock {lock}: waiting for it, at most {seconds} s"),
    mark("apt-get update failed, so what is known of packages may be old: {reason}"),
    mark("{packages}: installed, though apt-get failed for another reason: {reason}"),
    mark("{packages}: installed, though dnf failed at first: {reason}"),
    mark("{path} can't be emptied"),
    mark("{path} is empty, and stays because a file system is mounted there"),
    mark("{path} can't be deleted"),
    mark("{manager} can't install {packages}"),
    mark("{image} can't be pulled"),
    mark("{service} can't be enabled"),
    mark("{services} can't be switched off"),
    mark("chronyd doesn't read {path}: confdir {directory} is missing in {main}"),
    mark("logrotate doesn't take {path}: {words}"),
    mark("logrotate doesn't read {path}: include {directory} is missing in its configuration"),
    mark("there is no room for a file with the output of the installation"),
    mark("the SHA-256 of what arrived is not the one in the cluster file"),
    mark("docker compose is not installed"),
    mark("a script of an earlier run is still at work there"),
    mark("flock, of util-linux, is missing"),
    mark("{file} is busy"),
    mark("{command} failed: {reason}"),
    mark("{command} failed"),
)
"""Each a whole line. A test compares them with the scripts."""
_FIELD: Final = re.compile(r"\\\{(\w+)\\\}")


def translated(said: str) -> str:
    """`said` with the lines that are of this table in the user's language; other programs' are as they are."""
    return said if language() == "en" else "\n".join(map(_line, said.split("\n")))


def _line(line: str) -> str:
    for pattern, text in patterns():
        if found := pattern.fullmatch(line):
            return shown(text).format(**found.groupdict())
    return line


@cache
def patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """The longer ones first: `the directory of /x can't be made` is also what `{path} can't be made` fits."""
    ordered = sorted(SAID, key=len, reverse=True)
    return tuple((re.compile(_FIELD.sub(r"(?P<\1>.+)", re.escape(text))), text) for text in ordered)
