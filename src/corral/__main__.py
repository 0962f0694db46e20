"""The console script. Nothing is imported before a Ctrl-C is known to end it quietly."""

import io
import sys

from corral import tuned
from corral.late import late

command_line = late("corral.cli.main")


def print_what_can_be_shown() -> None:
    """A terminal or locale that isn't UTF-8 gets ? for what it can't show, such as ✔, instead of a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def main() -> None:
    """`corral`, and `python -m corral`."""
    tuned.begin()
    print_what_can_be_shown()
    try:
        command_line.run()
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        tuned.end()


if __name__ == "__main__":
    main()
