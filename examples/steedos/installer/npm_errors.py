"""npm's forty lines in one sentence."""

from __future__ import annotations

import re
import signal
from pathlib import Path

RERUN = "run this again, it goes on from there"
FETCHING = (
    # npm's error code -> what it means; {host}, {name} and {detail} are filled in
    (
        r"E(TIMEDOUT|NOTFOUND|CONN\w+|AI_AGAIN|NETUNREACH|HOSTUNREACH|PIPE|ADDRNOTAVAIL)|ERR_SOCKET_TIMEOUT|FETCH_ERROR",
        "{host} does not answer ({name}): check the network and the proxy (`npm config get proxy`), "
        "or name a registry that you reach (`npm config set registry URL`)",
    ),
    (
        r"CERT_\w+|UNABLE_TO_\w+|SELF_SIGNED\w+|DEPTH_ZERO\w+|ERR_TLS\w+",
        "{host} shows a certificate that npm does not trust ({name}): "
        "name your network's own authority (`npm config set cafile FILE`)",
    ),
    (r"ENOSPC", "the disk is full: make room"),
    (r"EACCES|EPERM|EROFS", "{path} can't be written ({name}): give it to this user"),
    (r"EINTEGRITY", "{host} hands out another file than the one in the lock: ask who runs it, or name another one"),
    (r"E404|ETARGET", "{host} does not have a package of the lock ({detail}): name another one"),
    (r"E[45]\d\d", "{host} refuses ({name}): sign in to it, or name another one"),
)


def explain(code: int, log: Path, registry: str) -> str:
    """What happened, and the mend. `code` is the exit status, negative for a signal, as subprocess has it."""
    text = log.read_text(errors="replace")
    return f"{_sentence(code, text, registry)} (npm's own words: {log})"


def _sentence(code: int, text: str, registry: str) -> str:
    if code < 0:
        return f"npm was ended by {signal.Signals(-code).name}: {RERUN}."
    name = _error_code(text)
    host = f"the registry {registry}" if registry else "the registry"
    for codes, meaning in FETCHING:
        if re.fullmatch(codes, name):
            return f"{meaning.format(host=host, name=name, path=_path(text), detail=_detail(text))}; then {RERUN}."
    if "gyp ERR!" in text or "node-pre-gyp ERR!" in text:
        return f"bcrypt could not be compiled ({_compiler_error(text)}): mend that, then {RERUN}."
    return f"npm failed with {name or f'exit code {code}'} ({_detail(text)}): {RERUN}, or look into its log."


def _error_code(text: str) -> str:
    """The last one that npm names."""
    found = re.findall(r"^npm (?:ERR!|error) (?:code|errno) ([A-Z]\w+)", text, re.MULTILINE)
    return str(found[-1]) if found else ""


def _path(text: str) -> str:
    found = re.search(r"^npm (?:ERR!|error) path (\S+)", text, re.MULTILINE)
    return found[1] if found else "a file"


def _detail(text: str) -> str:
    lines = re.findall(r"^npm (?:ERR!|error) (?!code|errno|syscall|path|A complete)(\S.*)", text, re.MULTILINE)
    return str(lines[0])[:160] if lines else "it says nothing more"


def _compiler_error(text: str) -> str:
    lines = re.findall(r"^.*(?:fatal error|error: |gyp ERR! stack Error: ).*$", text, re.MULTILINE)
    return re.sub(r"^npm (?:ERR!|error) |^gyp ERR! stack ", "", str(lines[0])).strip()[:160] if lines else "see the log"
