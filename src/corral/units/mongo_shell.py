"""MongoDB's shell, mongosh or the older mongo, signed in by a file that only its user can read. Pure.

The password stands in that file and nowhere else: no command line, no environment, no history. The shell reads the
file as it starts, and the first thing that the file says is to remove it.
"""

from __future__ import annotations

import json
from typing import Final

from corral.shell import beside, call, given

PROGRAMS: Final = ("mongosh", "mongo")
"""In the order in which they are looked for."""

_SHELL: Final = beside(__file__, "mongo_shell.sh")


def sign_in(path: str, url: str) -> str:
    """What the file at `path` says: go away, and connect to `url`. Both shells understand it."""
    remove = '(typeof removeFile === "function" ? removeFile : require("fs").unlinkSync)'
    return f"{remove}({json.dumps(path)});\ndb = connect({json.dumps(url)});\n"


def arguments(program: str, path: str) -> tuple[str, ...]:
    """The command line of `program` that reads the file and goes on as a shell. The older one knows `--nodb` too."""
    return program, "--quiet", "--nodb", "--shell", path


def asking() -> str:
    """A script that says the path of the shell that a host has, and fails where it has none."""
    return _SHELL.before(call("which_shell", *PROGRAMS))


def putting(directory: str, path: str, text: str) -> str:
    """A script that puts the file there. It holds the password, so it goes in by stdin."""
    return _SHELL.before(given(text, "put_sign_in", directory, path))


def running(directory: str, command: tuple[str, ...]) -> str:
    """A script that is the shell."""
    return _SHELL.before(call("signed_in", directory, *command))


def removing(directory: str) -> str:
    """A script that removes what a cut session has left."""
    return call("rm", "-rf", directory)
