"""The console script. Nothing is imported before a Ctrl-C is known to end it quietly."""

import gc
import io
import os
import sys


def set_up() -> None:
    """Tune Python for a program that imports much and ends soon."""
    gc.set_threshold(200_000, 20, 20)  # imports make objects, and no garbage: looking for it is a twentieth of a start
    sys.setswitchinterval(0.0005)  # a thread that imports lets the loop go on at once: a tenth of an unchanged apply
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # or it searches all that is installed for some


def print_what_can_be_shown() -> None:
    """A terminal or locale that isn't UTF-8 gets ? for what it can't show, such as ✔, instead of a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def main() -> None:
    """`corral`, and `python -m corral`."""
    set_up()
    print_what_can_be_shown()
    try:
        from corral.cli.main import run

        run()
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        gc.freeze()  # or Python searches all that was imported for garbage before it ends: a tenth of a second


if __name__ == "__main__":
    main()
