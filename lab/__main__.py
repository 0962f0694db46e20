"""`python -m lab COMMAND`."""

from __future__ import annotations

import sys

from lab.arguments import parse
from lab.commands import COMMANDS
from lab.errors import LabError


def main() -> int:
    """Exit status 0, or 1 when the lab can't, or that of the command that `exec` ran; 2 for wrong arguments."""
    try:
        arguments = parse(sys.argv[1:])
        return COMMANDS[arguments.verb](arguments)
    except LabError as error:
        sys.stderr.write(f"lab: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("lab: interrupted; the same command again goes on\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
